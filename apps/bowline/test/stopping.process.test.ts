import { expect, it } from 'vitest';
import { pairDevices, testDevice, testRelay } from './two-devices.ts';

/** Of everything that happens between SIGTERM and the end of the process. */
const STOP_LIMIT_MS = 1_000;

it('a daemon stops within a second while it dials a device that is away', async () => {
  const { url } = await testRelay();
  const options = ['--relay', url, '--no-mdns'];
  const [laptop, nas] = [testDevice('laptop', options), testDevice('nas', options)];
  await Promise.all([laptop.up(), nas.up()]);
  await pairDevices(nas, laptop);
  // Gone without a word: it is dialled at its last addresses, where nobody answers.
  nas.daemon().process.kill('SIGKILL');
  await nas.daemon().exitCode();
  await laptop.statusWhere(({ peers }) => peers.every(({ state }) => state !== 'connected'));
  expect((await laptop.run('reconnect', 'nas')).exitCode).toBe(0);
  const startedMs = performance.now();
  await laptop.daemon().end();
  expect(performance.now() - startedMs).toBeLessThan(STOP_LIMIT_MS);
});
