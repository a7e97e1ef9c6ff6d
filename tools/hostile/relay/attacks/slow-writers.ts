import { connect, type Socket } from 'node:net';
import { rawClient } from '../../../bench/relay-load/raw-client.ts';
import { addressOf, type Battle, MAX_PENDING, MEBIBYTE, pause, type RelayAttack } from '../relay-attack.ts';

const WRITERS = { short: 200, full: 2_000 };
const DURATION_MS = { short: 12_000, full: 25_000 };
const BYTE_INTERVAL_MS = 200;

const REQUEST = Buffer.from(`GET /relay HTTP/1.1\r\nX-Slow: ${'a'.repeat(4_000)}`);
const FRAME = Buffer.concat([Buffer.of(0x82, 0xfe, 0xff, 0xff, 0, 0, 0, 0, 4), Buffer.alloc(4_000)]);

/** A byte at a time, until the relay has had enough or the attack is over. */
const drip = async (socket: Socket, bytes: Buffer, endsAtMs: number): Promise<void> => {
  for (let at = 0; performance.now() < endsAtMs && !socket.destroyed; at += 1) {
    socket.write(bytes.subarray(at, at + 1));
    await pause(BYTE_INTERVAL_MS);
  }
};

const slowDown = async ({ scale, target, tally, breach }: Battle): Promise<void> => {
  const endsAtMs = performance.now() + DURATION_MS[scale];
  const requests: Socket[] = [];
  const drips: Promise<void>[] = [];
  const clients: Socket[] = [];
  for (let index = 0; index < WRITERS[scale] / 2; index += 1) {
    const from = addressOf(index);
    const request = connect({ host: '127.0.0.1', port: target.port, localAddress: from });
    const { socket } = await rawClient(target.port, 0xe0_0000 + index, { from });
    for (const each of [request, socket]) each.on('error', () => undefined).resume();
    requests.push(request);
    clients.push(socket);
    drips.push(drip(request, REQUEST, endsAtMs), drip(socket, FRAME, endsAtMs));
  }
  await Promise.all(drips);
  const open = requests.filter(({ destroyed }) => !destroyed).length;
  tally('slow requests cut', requests.length - open);
  if (open > 0) breach(`${open} requests took longer than the deadline and were waited for`);
  for (const socket of [...requests, ...clients]) socket.destroy();
};

/** Requests and frames a byte at a time. */
export const slowWriters: RelayAttack = {
  name: 'slow writers',
  allowedGrowthBytes: 64 * MEBIBYTE,
  allowedPending: MAX_PENDING,
  defenceless: null,
  run: slowDown,
};
