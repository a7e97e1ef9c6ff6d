import { randomBytes } from 'node:crypto';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Attack, Scene } from '../attack.ts';
import { loopbackPorts } from '../honest/loopback-ports.ts';
import { inParallel, inTime, pause } from './assault.ts';

const JOIN_MS = 20_000;
const TRANSFER_MS = 60_000;
const TRANSFER_BYTES = { short: 40_000_000, full: 400_000_000 } as const;
const CONNECTS = { short: 1_000, full: 10_000 } as const;
const WIDTH = 8;

/** Longer than a device keeps a stranger. */
const STRANGER_MS = 10_000;

/** How long the devices may take to listen, and to have a connection, after they are linked. */
const LOOKS = 100;
const LOOK_MS = 100;

/** Bytes beyond any handshake. */
const FLOOD_BYTES = 1_048_576;

const ended = (socket: Socket): Promise<'ended'> =>
  new Promise((resolve) => {
    // What is not read would keep its end from being heard.
    socket.resume();
    socket.on('error', () => resolve('ended'));
    socket.on('close', () => resolve('ended'));
  });

/** Everything that somebody without a key may try; each is ended by the device. */
const TRIES: readonly (readonly [what: string, begin: (port: number) => Socket])[] = [
  ['silence', (port) => connectTcp(port, '127.0.0.1')],
  ['garbage', (port) => spoken(port, randomBytes(512))],
  ['words of another protocol', (port) => spoken(port, Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n'))],
  ['the beginning of a handshake', (port) => spoken(port, Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]))],
  ['a flood', (port) => spoken(port, Buffer.alloc(FLOOD_BYTES, 22))],
  ['a handshake without a key', (port) => secured(port, null)],
  ['a handshake with a key of its own', (port) => secured(port, randomBytes(16).toString('hex'))],
];

const spoken = (port: number, bytes: Uint8Array): Socket => {
  const socket = connectTcp(port, '127.0.0.1');
  socket.write(bytes);
  return socket;
};

const secured = (port: number, identity: string | null): Socket =>
  connectTls({
    host: '127.0.0.1',
    port,
    minVersion: 'TLSv1.3',
    ciphers: 'TLS_AES_128_GCM_SHA256',
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ...(identity === null ? {} : { pskCallback: () => ({ identity, psk: randomBytes(32) }) }),
  });

const portsOf = async ({ initiator, joiner }: Scene): Promise<readonly number[]> => {
  for (let looks = 0; looks < LOOKS; looks += 1) {
    const each = await Promise.all([initiator, joiner].map(async (device) => loopbackPorts(await device.pids())));
    // The switchboard listens on this machine, too; whoever scans does not know which is which.
    const hasTcp = each.every((ports) => ports.length > 1);
    if (hasTcp) return each.flat();
    await pause(LOOK_MS);
  }
  return [];
};

const tryAll = async (scene: Scene, port: number): Promise<void> => {
  for (const [what, begin] of TRIES) {
    const socket = begin(port);
    let isSecure = false;
    socket.on('secureConnect', () => {
      isSecure = true;
    });
    const end = await inTime(ended(socket), STRANGER_MS);
    socket.destroy();
    scene.tally(end ?? 'left open');
    if (isSecure) scene.breach(`${what} was let in on TCP`);
  }
};

/** Connects and leaves, as whoever scans ports does, while the two move bytes. */
const scan = async (scene: Scene, ports: readonly number[]): Promise<void> => {
  const indexes = Array.from({ length: CONNECTS[scene.scale] }, (_, index) => index);
  await inParallel(indexes, WIDTH, async (index) => {
    if (scene.signal.aborted) return;
    const socket = connectTcp(ports[index % ports.length] ?? 0, '127.0.0.1');
    const left = ended(socket);
    socket.once('connect', () => socket.destroy());
    await left;
    scene.tally('scanned');
  });
};

/** Finds where two linked devices listen on TCP, and tries to get in there, or in between, or in the way. */
export const tcpStranger: Attack = {
  name: 'TCP stranger',
  initiator: 'announced',
  policy: 'accept',
  limitMs: { short: 60_000, full: 240_000 },
  run: async (scene) => {
    const { joiner, initiator, offer, breach, tally, scale } = scene;
    const end = await inTime(joiner.call('timedJoin', offer.words), JOIN_MS);
    if (end?.end.kind !== 'paired') breach('the honest devices did not pair');
    const ports = await portsOf(scene);
    if (ports.length === 0) breach('nothing listens on TCP between linked devices, so that nothing was tried');
    await initiator.call('serveBytes');
    const transfer = inTime(
      joiner.call('sendBytes', TRANSFER_BYTES[scale]).catch((error: unknown) => String(error)),
      TRANSFER_MS,
    );
    const scanning = scan(scene, ports);
    await Promise.all(ports.map((port) => tryAll(scene, port)));
    await scanning;
    const moved = await transfer;
    if (moved === null || typeof moved === 'string')
      breach(`bytes between the devices were stopped: ${moved ?? 'late'}`);
    else {
      tally(moved.transports.includes('tcp') ? 'transfers over TCP' : 'transfers over QUIC');
      if (!moved.isWhole) breach('bytes between the devices were changed');
    }
    return 'code is spent';
  },
};
