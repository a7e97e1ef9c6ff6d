import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { memoryLogger } from '@bowline/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LoopbackPort, loopbackPort } from '../src/loopback-port.ts';

let taken: Socket[];
let hasSwitchboard: boolean;
let held: LoopbackPort;
let port: number;
let onTaken: () => void;
const near: Socket[] = [];

const connection = async (): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1');
  near.push(socket);
  socket.on('error', () => undefined);
  socket.resume();
  await once(socket, 'connect');
  return socket;
};
const untilTaken = (count: number): Promise<void> =>
  new Promise((resolve) => {
    onTaken = () => {
      if (taken.length >= count) resolve();
    };
    onTaken();
  });

beforeEach(async () => {
  taken = [];
  hasSwitchboard = true;
  onTaken = () => undefined;
  held = loopbackPort(
    async (socket) => {
      if (!hasSwitchboard) return false;
      taken.push(socket);
      onTaken();
      return true;
    },
    { logger: memoryLogger() },
  );
  port = await held.open();
});

afterEach(async () => {
  for (const socket of [...near.splice(0), ...taken]) socket.destroy();
  await held.close();
});

describe('the loopback port', () => {
  it('is opened once', async () => {
    expect(await held.open()).toBe(port);
  });

  it('hands over what waited for the switchboard, unread, in order', async () => {
    for (const name of ['first', 'second']) (await connection()).write(name);
    held.flow();
    await untilTaken(2);
    const heard = await Promise.all(
      taken.map(async (socket) => {
        const data = once(socket, 'data');
        socket.resume();
        return String((await data)[0]);
      }),
    );
    expect(heard).toEqual(['first', 'second']);
  });

  it('keeps a connection that was not taken for the next switchboard', async () => {
    hasSwitchboard = false;
    held.flow();
    await connection();
    held.hold();
    hasSwitchboard = true;
    held.flow();
    await untilTaken(1);
    expect(taken).toHaveLength(1);
  });

  it('lets nobody pile up connections while there is no switchboard', async () => {
    const sockets: Socket[] = [];
    for (let count = 0; count < 100; count += 1) sockets.push(await connection());
    await Promise.all(sockets.slice(0, 36).map(async (socket) => socket.closed || once(socket, 'close')));
    held.flow();
    await untilTaken(64);
    expect(sockets.filter(({ closed }) => !closed)).toHaveLength(64);
    expect(taken).toHaveLength(64);
  });

  it('is closed with the host', async () => {
    await held.close();
    await expect(connection()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
