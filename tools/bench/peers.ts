/**
 * What telling a worker of its peers costs with 10,000 of them: `npm run bench peers`.
 *
 * A scheduler in a thread and in a process is told all of them, then changes one at a time: as the whole list again, and
 * alone. Prints one JSON object for each, with the milliseconds until the worker has taken it (median) and the
 * milliseconds the caller's thread was busy.
 */
import { brandAs, type DeviceId, type DialledPeer } from '@bowline/contracts';
import { reconnectionSchedulerWorker } from '@bowline/reconnection-scheduler';
import { supervise } from '@bowline/supervisor';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { memoryLogger } from '@bowline/testing';

const PEER_COUNT = 10_000;
const ROUNDS = 50;

const entry = new URL(import.meta.resolve('@bowline/reconnection-scheduler/worker'));
const components = { clock: systemClock, random: systemRandom, logger: memoryLogger() };
const peers = Array.from({ length: PEER_COUNT }, (_, index): DialledPeer => {
  return { deviceId: brandAs<DeviceId>(`d-${String(index).padStart(16, '0')}`), link: 'up', dialAfterMs: 0 };
});

const median = (values: readonly number[]): number =>
  Math.round((values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN) * 1_000) / 1_000;

for (const kind of ['inline', 'thread', 'process'] as const) {
  const worker = supervise({ definition: reconnectionSchedulerWorker, options: {}, kind, entry }, components);
  await worker.start();
  for (const scope of ['all', 'some'] as const) {
    const list = { scope, peers: scope === 'all' ? peers : peers.slice(0, 1) };
    const taken: number[] = [];
    const busy: number[] = [];
    await worker.client.request('setPeers', { scope: 'all', peers });
    for (let round = 0; round < ROUNDS; round += 1) {
      const startedMs = performance.now();
      const told = worker.client.request('setPeers', list);
      busy.push(performance.now() - startedMs);
      await told;
      taken.push(performance.now() - startedMs);
    }
    process.stdout.write(`${JSON.stringify({ kind, scope, takenMs: median(taken), busyMs: median(busy) })}\n`);
  }
  await worker.stop();
}
