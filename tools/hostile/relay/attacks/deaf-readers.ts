import { encodeDatagramToRelay } from '@bowline/relay-protocol';
import { messageOf, type RawClient, rawClient } from '../../../bench/relay-load/raw-client.ts';
import { addressOf, type Battle, MAX_PENDING, MEBIBYTE, type RelayAttack } from '../relay-attack.ts';

/** Cut after ten seconds of taking nothing; longer than that is worth a look. */
const DEAF = { short: 30, full: 200 };
const LOUD = 4;
const DURATION_MS = { short: 14_000, full: 30_000 };

/** The control ends here: by then it has shown what it is for. */
const ENOUGH_BYTES = 1_024 * MEBIBYTE;

/** What a relay may hold for one reader, and what Node and the system's sockets hold besides. */
const HELD_FOR_ONE_BYTES = 1.5 * MEBIBYTE;

/** Resolves when what was written has left, or never will. */
const flushed = (socket: RawClient['socket']): Promise<void> =>
  new Promise((resolve) => void socket.write(Buffer.alloc(0), () => resolve()));

/** Sends to all deaf in turn as fast as the relay reads, until told to stop. */
const shout = async ({ socket }: RawClient, messages: readonly Buffer[], isOver: () => boolean): Promise<void> => {
  while (!isOver() && !socket.destroyed) {
    for (const message of messages) socket.write(message);
    await flushed(socket);
  }
};

const deafen = async ({ scale, target, tally }: Battle): Promise<void> => {
  const clients: RawClient[] = [];
  const come = async (seed: number): Promise<RawClient> => {
    const client = await rawClient(target.port, 0xd0_0000 + seed, { from: addressOf(seed) });
    client.socket.on('error', () => undefined);
    clients.push(client);
    return client;
  };
  const messages: Buffer[] = [];
  for (let seed = 0; seed < DEAF[scale]; seed += 1) {
    const { endpointKey, socket } = await come(seed);
    socket.pause();
    const contents = Buffer.alloc(1_200);
    const one = messageOf(encodeDatagramToRelay({ endpointKey, ecn: 0, segmentBytes: null, contents }));
    messages.push(Buffer.concat(Array(20).fill(one)));
  }
  const endsAtMs = performance.now() + DURATION_MS[scale];
  const before = target.residentBytes();
  const isOver = () => performance.now() > endsAtMs || target.residentBytes() - before > ENOUGH_BYTES;
  const loud = await Promise.all(Array.from({ length: LOUD }, (_, index) => come(1_000 + index)));
  // What they are told, that somebody left, is read.
  for (const { socket } of loud) socket.resume();
  await Promise.all(loud.map((each) => shout(each, messages, isOver)));
  tally('datagrams dropped', await target.metric('datagrams_dropped_total{reason="queue-full"}'));
  tally('cut for taking nothing', await target.metric('left_total{reason="stalled"}'));
  for (const { socket } of clients) socket.destroy();
};

/** Clients that never read, and others that send to them as fast as they can. */
export const deafReaders = (scale: Battle['scale']): RelayAttack => ({
  name: 'readers that never read',
  allowedGrowthBytes: 128 * MEBIBYTE + DEAF[scale] * HELD_FOR_ONE_BYTES,
  allowedPending: MAX_PENDING,
  defenceless: { sendQueueBytes: 2 ** 30, totalQueueBytes: 2 ** 40 },
  run: deafen,
});
