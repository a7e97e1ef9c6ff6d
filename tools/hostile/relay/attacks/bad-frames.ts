import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { FRAME_TYPE, MAX_FRAME_BYTES } from '@bowline/relay-protocol';
import { messageOf, type RawClient, rawClient } from '../../../bench/relay-load/raw-client.ts';
import { addressOf, type Battle, MAX_PENDING, MEBIBYTE, pause, type RelayAttack, times } from '../relay-attack.ts';

const CLIENTS = { short: 300, full: 4_000 };
const WIDTH = 40;

/** How long a client that must be sent away is looked at (the relay waits a second for its last frames), and one that may stay. */
const PATIENCE_MS = 5_000;
const GLANCE_MS = 20;

const key = randomBytes(32);

/** A WebSocket header of a client with this first byte and 64-bit length, masked with zeros. */
const headerOf = (first: number, length: bigint): Buffer => {
  const header = Buffer.alloc(14);
  header.writeUInt16BE((first << 8) | 0xff);
  header.writeBigUInt64BE(length, 2);
  return header;
};

/** What breaks WebSocket, the frames in it, or a bound; each must end its login. */
const MUST_END: readonly (() => Buffer)[] = [
  () => messageOf(Buffer.of(200)),
  () => messageOf(Buffer.concat([Buffer.of(FRAME_TYPE.relayToClientDatagram), key, randomBytes(40)])),
  () => messageOf(Buffer.concat([Buffer.of(FRAME_TYPE.clientToRelayDatagram), key.subarray(0, 31)])),
  () => messageOf(Buffer.concat([Buffer.of(FRAME_TYPE.ping), randomBytes(9)])),
  // Text, reserved bits, an unknown opcode, no mask.
  () => Buffer.of(0x81, 0x80, 0, 0, 0, 0),
  () => Buffer.of(0xf2, 0x80, 0, 0, 0, 0),
  () => Buffer.of(0x83, 0x80, 0, 0, 0, 0),
  () => Buffer.of(0x82, 0x01, 9),
  // Larger than a frame may be, announced and sent.
  () => headerOf(0x82, BigInt(MAX_FRAME_BYTES + 1)),
  () => headerOf(0x82, 2n ** 62n),
  () => Buffer.concat([headerOf(0x82, BigInt(2 ** 20)), Buffer.alloc(2 ** 20)]),
  // A message in thousands of pieces that never ends.
  () => Buffer.concat([Buffer.of(0x02, 0x80, 0, 0, 0, 0), ...Array(2_000).fill(Buffer.of(0, 0x81, 0, 0, 0, 0, 4))]),
];

/** What is foul and allowed: it must cost nobody else anything. */
const MAY_STAY: readonly (() => Buffer)[] = [
  // To everybody and nobody.
  () =>
    Buffer.concat(
      Array.from({ length: 500 }, () =>
        messageOf(Buffer.concat([Buffer.of(FRAME_TYPE.clientToRelayDatagram), randomBytes(32), Buffer.of(0, 1)])),
      ),
    ),
  // Half of the largest frame.
  () => Buffer.concat([headerOf(0x82, BigInt(MAX_FRAME_BYTES)), Buffer.alloc(MAX_FRAME_BYTES / 2, 4)]),
  () => Buffer.concat(Array(1_000).fill(messageOf(Buffer.concat([Buffer.of(FRAME_TYPE.ping), randomBytes(8)])))),
  // A batch of pieces of one byte.
  () =>
    messageOf(
      Buffer.concat([Buffer.of(FRAME_TYPE.clientToRelayDatagramBatch), key, Buffer.of(0, 0, 1), randomBytes(60_000)]),
    ),
];

const FOUL = [...MUST_END, ...MAY_STAY];

const endOf = async ({ socket }: RawClient, patienceMs: number): Promise<'sent away' | 'served'> => {
  const ended = once(socket, 'close').then(() => 'sent away' as const);
  return Promise.race([ended, pause(patienceMs).then(() => 'served' as const)]);
};

const befoul = async ({ scale, target, tally, breach }: Battle): Promise<void> => {
  await times(CLIENTS[scale], WIDTH, async (index) => {
    const client = await rawClient(target.port, 0xc0_0000 + index, { from: addressOf(index % 2_048) });
    client.socket.on('error', () => undefined);
    client.socket.resume();
    const which = index % FOUL.length;
    client.socket.write(FOUL[which]?.() ?? '');
    const end = await endOf(client, which < MUST_END.length ? PATIENCE_MS : GLANCE_MS);
    tally(end);
    if (which < MUST_END.length && end === 'served') breach(`foul message ${which} was put up with`);
    client.socket.destroy();
  });
};

/** Clients that log in and then break every rule there is. */
export const badFrames: RelayAttack = {
  name: 'bad frames',
  allowedGrowthBytes: 64 * MEBIBYTE,
  allowedPending: MAX_PENDING,
  defenceless: null,
  run: befoul,
};
