import type { Placement } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { type Host, PLACEMENTS, type PlacementTable, type WorkerName } from '../src/index.ts';
import { killWorker, loopbackDevice, nextEvent, pairHosts } from './loopback-device.ts';

const WORKERS = Object.keys(PLACEMENTS) as readonly WorkerName[];

/** The endpoint holds native code, the switchboard is handed connections: neither may be in a thread. */
const mayBe = (worker: WorkerName, kind: Placement): boolean =>
  kind !== 'thread' || (worker !== 'endpoint' && worker !== 'relay-switchboard');

const everywhere = (kind: Placement): PlacementTable =>
  Object.fromEntries(WORKERS.map((worker) => [worker, mayBe(worker, kind) ? kind : 'process'])) as PlacementTable;

/** Everything in one thread but one worker, which is in every other place it may be. */
const MOVED = WORKERS.flatMap((worker) =>
  (['thread', 'process'] as const).filter((kind) => mayBe(worker, kind)).map((kind) => [worker, kind] as const),
);

const open = (name: string, placement: PlacementTable = everywhere('inline')): Promise<Host> =>
  loopbackDevice(name, { placement }).open();

const linked = (one: Host, other: Host): Promise<unknown> =>
  Promise.all([one, other].map((host) => nextEvent(host, 'device.connected')));

const namesOf = (host: Host): readonly string[] => host.devices().map(({ name }) => name);

/** Unpairs; where the store is just being started again nothing has changed, and it is asked for again. */
const unpairWhile = async (killed: Promise<void>, host: Host, other: Host): Promise<void> => {
  const unpaired = host.unpair(other.self.id).then(
    () => true,
    () => false,
  );
  await killed;
  if (await unpaired) return;
  expect(namesOf(host)).toContain(other.self.name);
  await host.unpair(other.self.id);
};

/** Pairs with one code, which may take several joins where a worker dies meanwhile; both agree in the end. */
const pairWhile = async (killed: Promise<void>, initiator: Host, joiner: Host): Promise<void> => {
  const offer = await initiator.pair({ policy: 'accept' });
  let areLinked = false;
  const met = linked(initiator, joiner).then(() => {
    areLinked = true;
  });
  for (let tries = 0; tries < 4 && !areLinked; tries += 1) {
    await joiner.join(offer.ticket).then(
      ({ paired }) => paired.catch(() => undefined),
      () => undefined,
    );
    await killed;
  }
  // One that was left pending heals with its first link.
  await met;
};

describe('a worker that dies, wherever it was placed,', () => {
  it.each(MOVED)(
    '%s in a %s, leaves links, messages, pairings and unpairings as they should be',
    async (worker, kind) => {
      const [nas, laptop] = await Promise.all([
        open('nas'),
        open('laptop', { ...everywhere('inline'), [worker]: kind }),
      ]);
      await pairHosts(nas, laptop);
      const relinked = worker === 'endpoint' ? linked(nas, laptop) : Promise.resolve();
      const sent = [nas.send(laptop.self.id, 'to it'), laptop.send(nas.self.id, 'from it')];
      await Promise.all([killWorker(laptop, worker), relinked, ...sent]);
      const removed = nextEvent(nas, 'device.removed');
      await unpairWhile(killWorker(laptop, worker), laptop, nas);
      // Without its endpoint nobody can be told at once; told on a dial, that counts a minute after the pairing.
      if (worker === 'endpoint') await nas.unpair(laptop.self.id);
      await removed;
      expect([namesOf(nas), namesOf(laptop)]).toEqual([[], []]);
      await pairWhile(killWorker(laptop, worker), nas, laptop);
      await nas.send(laptop.self.id, 'after all');
      expect([namesOf(nas), namesOf(laptop)]).toEqual([['laptop'], ['nas']]);
    },
  );
});

describe('two devices', () => {
  it.each([
    ['inline', everywhere('inline')],
    ['in threads', everywhere('thread')],
    ['in processes', everywhere('process')],
    ['by default', PLACEMENTS],
  ] as const)('with everything %s pair, talk and unpair', async (_where, placement) => {
    const [nas, laptop] = await Promise.all([open('nas'), open('laptop', placement)]);
    await pairHosts(nas, laptop);
    await nas.send(laptop.self.id, 'hello');
    const removed = nextEvent(nas, 'device.removed');
    await laptop.unpair(nas.self.id);
    await removed;
    expect([namesOf(nas), namesOf(laptop)]).toEqual([[], []]);
  });
});
