import { describe, expect, it } from 'vitest';
import type { Host, PlacementTable, WorkerName } from '../src/index.ts';
import { PLACEMENTS } from '../src/index.ts';
import { killWorker, loopbackDevice, nextEvent, pairHosts } from './loopback-device.ts';

const WORKERS = Object.keys(PLACEMENTS) as readonly WorkerName[];

const everywhere = (kind: 'inline' | 'thread' | 'process'): PlacementTable =>
  Object.fromEntries(
    WORKERS.map((worker) => [worker, worker === 'endpoint' && kind === 'thread' ? 'process' : kind]),
  ) as PlacementTable;

/** The table with one worker elsewhere: each of them in each place it may be and is not by default. */
const MOVED: readonly (readonly [string, Partial<PlacementTable>])[] = WORKERS.flatMap((worker) =>
  (['inline', 'thread', 'process'] as const)
    .filter((kind) => kind !== PLACEMENTS[worker] && !(worker === 'endpoint' && kind === 'thread'))
    .map((kind) => [`${worker} placed ${kind}`, { [worker]: kind }] as const),
);

const CASES: readonly (readonly [string, Partial<PlacementTable>])[] = [
  ...MOVED,
  ['everything inline', everywhere('inline')],
  ['everything in a thread that may be', everywhere('thread')],
  ['everything in a process', everywhere('process')],
];

const linkedAgain = (one: Host, other: Host): Promise<unknown> =>
  Promise.all([one, other].map((host) => nextEvent(host, 'device.connected')));

describe('two devices', () => {
  it.each(CASES)('%s pair, talk, and unpair', async (_what, placement) => {
    const [nas, laptop] = await Promise.all([
      loopbackDevice('nas', { placement }).open(),
      loopbackDevice('laptop', { placement }).open(),
    ]);
    await pairHosts(nas, laptop);
    await nas.send(laptop.device.id, 'hello');
    const removed = nextEvent(laptop, 'device.removed');
    await nas.unpair(laptop.device.id);
    await removed;
    expect([nas.devices(), laptop.devices()]).toEqual([[], []]);
  });
});

/** Workers that can be killed from outside: those in a process of their own. */
describe('a worker in a process of its own that is killed', () => {
  it('loses nothing: not a link, not a message under way, not an unpairing, not a pairing', async () => {
    const placement = everywhere('process');
    const [nas, laptop, phone] = (await Promise.all(
      ['nas', 'laptop', 'phone'].map((name) => loopbackDevice(name, { placement }).open()),
    )) as [Host, Host, Host];
    await pairHosts(nas, laptop);
    for (const worker of WORKERS) {
      // A message under way.
      const sent = nas.send(laptop.device.id, `while ${worker} dies`, { deadlineMs: 40_000 });
      const back = worker === 'endpoint' ? linkedAgain(nas, laptop) : Promise.resolve();
      await killWorker(laptop, worker);
      await Promise.all([sent, back]);
      expect(laptop.devices().map(({ name }) => name)).toEqual(['nas']);
    }
    // A link lost after every worker was started again.
    const again = linkedAgain(nas, laptop);
    await killWorker(nas, 'endpoint');
    await again;
    const { peers } = await laptop.status();
    expect(peers).toMatchObject([{ name: 'nas', state: 'connected' }]);
    // A pairing, by workers that were all started again.
    await pairHosts(laptop, phone);
    // An unpairing while a worker is being started again.
    const removed = nextEvent(phone, 'device.removed');
    await Promise.all([killWorker(laptop, 'reconnection-scheduler'), laptop.unpair(phone.device.id)]);
    await removed;
    expect([laptop.devices().length, phone.devices().length]).toEqual([1, 0]);
  });
});
