import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { UPGRADE } from '../../../bench/relay-load/raw-client.ts';
import {
  addressOf,
  type Battle,
  MAX_PENDING,
  MAX_PENDING_PER_ADDRESS,
  MEBIBYTE,
  OPEN_DOOR,
  pause,
  type RelayAttack,
  times,
} from '../relay-attack.ts';

const CONNECTS = { short: 2_000, full: 20_000 };

/** Connections held open at once, more than a relay's table takes. */
const HELD = { short: 4_500, full: 6_000 };
const WIDTH = 100;

/** Honest clients on their way in meanwhile. */
const HONEST = 8;

const ONE_ADDRESS = '127.8.0.1';

const knock = async (port: number, from: string): Promise<Socket> => {
  const socket = connect({ host: '127.0.0.1', port, localAddress: from });
  // Read, so that it notices when the relay cuts it.
  socket.on('error', () => undefined).resume();
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined);
  return socket;
};

/** Gone at once, garbage, half a request, or a whole one and then silence. */
const BURDENS = ['', 'garbage\r\n\r\n', 'GET /relay HTTP/1.1\r\nHost: re', UPGRADE];

const connectFromOne = async ({ scale, target, tally }: Battle): Promise<void> => {
  const held: Socket[] = [];
  await times(CONNECTS[scale], WIDTH, async (index) => {
    const socket = await knock(target.port, ONE_ADDRESS);
    tally(socket.destroyed ? 'refused at once' : 'connected');
    socket.write(BURDENS[index % BURDENS.length] ?? '');
    if (index % BURDENS.length === 0) socket.destroy();
    else held.push(socket);
  });
  await pause(500);
  tally('cut by the relay', held.filter(({ destroyed }) => destroyed).length);
  for (const socket of held) socket.destroy();
};

/** Thousands of connections from one address. */
export const connectsFromOne: RelayAttack = {
  name: 'connects from one address',
  allowedGrowthBytes: 48 * MEBIBYTE,
  allowedPending: MAX_PENDING_PER_ADDRESS + HONEST,
  defenceless: OPEN_DOOR,
  run: connectFromOne,
};

const connectFromMany = async ({ scale, target, tally }: Battle): Promise<void> => {
  const held: Socket[] = [];
  await times(CONNECTS[scale] + HELD[scale], WIDTH, async (index) => {
    const socket = await knock(target.port, addressOf(index % 2_048));
    tally('connected');
    socket.write(BURDENS[2 + (index % 2)] ?? '');
    held.push(socket);
    if (held.length > HELD[scale]) held.shift()?.destroy();
  });
  tally('cut by the relay', held.filter(({ destroyed }) => destroyed).length);
  await pause(2_000);
  for (const socket of held) socket.destroy();
};

/** Half-open connections from thousands of addresses, more at once than the relay has room for. */
export const connectsFromMany: RelayAttack = {
  name: 'half-open connections from many addresses',
  allowedGrowthBytes: 192 * MEBIBYTE,
  allowedPending: MAX_PENDING,
  defenceless: OPEN_DOOR,
  run: connectFromMany,
};
