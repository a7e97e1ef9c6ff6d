/**
 * A neighbour that floods a network: `neighbour.ts ADDRESS…`, its addresses there. It says whatever it likes, as fast as it
 * is asked to, repeats every tag it hears with places of its own, and answers there with a key of its own. Runs until it is ended.
 */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { ledger } from '../raw/ledger.ts';
import { rawEndpoint } from '../raw/raw-endpoint.ts';

const PORT = 5_353;
const GROUP = '224.0.0.251';

/** As many as starved a pairing by words. */
const PACKETS_PER_SECOND = 1_500;
const TURN_MS = 10;

/** Places of its own that it says a device is at. */
const CLAIMS = 20;

/** What is worth repeating of a record of ours, as it stands in the packet. */
const SAID = /(?:tag|presence|id)=[0-9a-f]{32,64}/g;

/** Records repeated; the one heard longest ago gives way. */
const MAX_REPEATED = 16;

const name = (text: string): Buffer =>
  Buffer.concat([
    ...text.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);

const record = (owner: Buffer, type: number, data: Buffer): Buffer => {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(120, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, fixed, data]);
};

const SERVICE = name('_bowline._udp.local');

/** A record as a device would say it, of a name that was never heard. */
const announcement = (texts: readonly string[], port: number, addresses: readonly string[]): Buffer => {
  const instance = `bowline-${randomBytes(8).toString('hex')}`;
  const [owner, host] = [name(`${instance}._bowline._udp.local`), name(`${instance}.local`)];
  const strings = [...texts, `port=${port}`].map((text) =>
    Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]),
  );
  const service = Buffer.concat([Buffer.from([0, 0, 0, 0, port >> 8, port & 255]), host]);
  const records = [
    record(SERVICE, 12, owner),
    record(owner, 33, service),
    record(owner, 16, Buffer.concat(strings)),
    ...addresses.map((address) => record(host, 1, Buffer.from(address.split('.').map(Number)))),
  ];
  const header = Buffer.from([0, 0, 0x84, 0, 0, 0, 0, records.length, 0, 0, 0, 0]);
  return Buffer.concat([header, ...records]);
};

const question = Buffer.concat([
  Buffer.from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
  SERVICE,
  Buffer.from([0, 12, 0, 1]),
]);

const addresses = process.argv.slice(2);
const impostors = await Promise.all(
  addresses.map((address) => rawEndpoint({ ledger: ledger(), bindAddresses: [`${address}:0`] })),
);
for (const impostor of impostors) impostor.onConnection(() => undefined);
const heard = new Map<string, readonly string[]>();

const voiceAt = async (address: string): Promise<Socket> => {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.bind(PORT, '0.0.0.0');
  await once(socket, 'listening');
  socket.addMembership(GROUP, address);
  return socket;
};
/** Each sends from an address of its own; one bound to that hears no multicast. */
const ear = await voiceAt(addresses[0] ?? '');
ear.on('message', (packet, { address }) => {
  if (addresses.includes(address)) return;
  const said = packet.toString('latin1').match(SAID);
  if (said === null) return;
  const texts = [...new Set(said)];
  heard.delete(texts.join());
  heard.set(texts.join(), texts);
  for (const key of heard.keys()) {
    if (heard.size <= MAX_REPEATED) break;
    heard.delete(key);
  }
});
const voices = await Promise.all(
  addresses.map(async (address) => {
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    socket.bind(PORT, address);
    await once(socket, 'listening');
    socket.setMulticastInterface(address);
    socket.setMulticastTTL(255);
    return socket;
  }),
);

let count = 0;
const claims = Array.from({ length: CLAIMS }, (_, index) => `10.77.0.${100 + index}`);
const sayOne = (): void => {
  count += 1;
  const nth = count % voices.length;
  const port = impostors[nth]?.port ?? 9;
  const repeated = [...heard.values()];
  const texts = repeated[count % Math.max(1, repeated.length)];
  const packet =
    count % 10 === 0
      ? question
      : count % 2 === 0 && texts !== undefined
        ? announcement(texts, port, claims)
        : announcement([`id=${randomBytes(32).toString('hex')}`], port, []);
  voices[nth]?.send(packet, PORT, GROUP, () => undefined);
};
setInterval(() => {
  for (let index = 0; index < (PACKETS_PER_SECOND * TURN_MS) / 1_000; index += 1) sayOne();
}, TURN_MS);
process.stdout.write('flooding\n');
