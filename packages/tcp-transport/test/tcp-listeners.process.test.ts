import { once } from 'node:events';
import { connect } from 'node:net';
import { ipOf, portOf, type SocketAddress } from '@bowline/contracts';
import { fakeClock, memoryLogger } from '@bowline/testing';
import { expect, it, onTestFinished } from 'vitest';
import { tcpListeners } from '../src/tcp-listeners.ts';

/** No machine has it (RFC 5737). */
const NOT_HAD = '192.0.2.1';

const listening = () => {
  const clock = fakeClock();
  const logger = memoryLogger();
  const told: (readonly SocketAddress[])[] = [];
  const listeners = tcpListeners({
    clock,
    logger,
    onConnection: (socket) => void socket.destroy(),
    onChanged: (addresses) => void told.push(addresses),
  });
  onTestFinished(() => listeners.stop());
  const failures = () => logger.lines.length;
  return { clock, listeners, told, failures };
};

it('an address that is not to be had yet is tried again, ever less often', async () => {
  const { clock, listeners, failures } = listening();
  listeners.listenAt([NOT_HAD]);
  for (const [tries, waitMs] of [
    [1, 500],
    [2, 1_000],
    [3, 2_000],
  ] as const) {
    await expect.poll(failures).toBe(tries);
    // The same list once more begins nothing anew.
    listeners.listenAt([NOT_HAD]);
    await clock.advance(waitMs - 1);
    expect(failures()).toBe(tries);
    await clock.advance(1);
  }
  await expect.poll(failures).toBe(4);
});

it('an address that is not wanted any more is not tried again', async () => {
  const { clock, listeners, failures } = listening();
  listeners.listenAt([NOT_HAD]);
  await expect.poll(failures).toBe(1);
  listeners.listenAt([]);
  await clock.advance(60_000);
  listeners.listenAt(['127.0.0.1']);
  await expect.poll(() => listeners.addresses).toHaveLength(1);
  expect(failures()).toBe(1);
});

it('one that is to be had is listened at meanwhile, and told', async () => {
  const { listeners, told, failures } = listening();
  listeners.listenAt([NOT_HAD, '127.0.0.1']);
  await expect.poll(() => [failures(), listeners.addresses.length]).toEqual([1, 1]);
  const [address] = told.at(-1) ?? [];
  if (address === undefined) throw new Error('nothing was told');
  const socket = connect(portOf(address), ipOf(address));
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
});
