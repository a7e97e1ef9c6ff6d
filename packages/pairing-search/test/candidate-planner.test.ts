import { brandAs, type Candidate, type EndpointId, type RelayUrl, type SocketAddress } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { candidatePlanner, type PlannedAttempt, type SearchStep } from '../src/index.ts';

const HEARSAY = { name: 'lan', trust: 'hearsay' } as const;
const VOUCHED = { name: 'paper', trust: 'vouched' } as const;
const FINAL = { isFinal: true, isBusy: false };
const AGAIN = { isFinal: false, isBusy: false };

const candidate = (name: string, addresses: readonly string[], relays: readonly string[] = []): Candidate => ({
  source: 'any',
  kind: 'device',
  address: {
    endpointId: brandAs<EndpointId>(name),
    directAddresses: addresses.map((each) => brandAs<SocketAddress>(each)),
    relayUrls: relays.map((each) => brandAs<RelayUrl>(each)),
  },
});

const arrange = () => {
  const planner = candidatePlanner({ retryMs: 1_000, busyRetryMs: 200 }, { ratio: () => 0.5 });
  const steps = (): readonly SearchStep[] => {
    const taken: SearchStep[] = [];
    for (let step = planner.takeStep(); step !== undefined; step = planner.takeStep()) taken.push(step);
    return taken;
  };
  const started = (): readonly PlannedAttempt[] =>
    steps().flatMap((step) => (step.kind === 'start' ? [step.attempt] : []));
  const heard = (name: string, addresses: readonly string[], nowMs = 0): void =>
    planner.found(candidate(name, addresses), HEARSAY, nowMs);
  return { planner, steps, started, heard };
};

describe('a candidate', () => {
  it('is attempted at once, by whatever it was found', () => {
    const { planner, started, heard } = arrange();
    heard('a', ['a:1']);
    planner.found(candidate('b', ['b:1']), VOUCHED, 0);
    expect(started()).toMatchObject([
      { via: 'lan', isHearsayOnly: true, address: { endpointId: 'a' } },
      { via: 'paper', isHearsayOnly: false, address: { endpointId: 'b' } },
    ]);
  });

  it('that is told twice is attempted once, and a new address of it is worth another attempt', () => {
    const { started, heard } = arrange();
    heard('a', ['a:1']);
    heard('a', ['a:1']);
    expect(started()).toHaveLength(1);
    heard('a', ['a:2']);
    expect(started()).toMatchObject([{ address: { directAddresses: ['a:2', 'a:1'] } }]);
  });

  it('whose relays become known is hinted while it is attempted through others', () => {
    const { planner, steps } = arrange();
    planner.found(candidate('a', [], ['one']), VOUCHED, 0);
    steps();
    planner.found(candidate('a', [], ['one', 'two']), VOUCHED, 0);
    expect(steps()).toMatchObject([{ kind: 'hint', address: { relayUrls: ['one', 'two'] } }]);
  });

  it('without an address is not attempted, and keeps no search open', () => {
    const { planner, steps } = arrange();
    planner.found(candidate('a', []), VOUCHED, 0);
    expect(steps()).toEqual([]);
    expect(planner.isActive()).toBe(false);
  });

  it('that failed is attempted again after a pause, sooner when the other side was only busy', () => {
    const { planner, started, heard } = arrange();
    heard('a', ['a:1']);
    const [first] = started();
    planner.failed(first?.attemptId ?? 0, AGAIN, 10);
    expect(planner.nextAtMs(10)).toBe(1_010);
    planner.wake(1_009);
    expect(started()).toEqual([]);
    planner.wake(1_010);
    const [second] = started();
    planner.failed(second?.attemptId ?? 0, { isFinal: false, isBusy: true }, 1_020);
    expect(planner.nextAtMs(1_020)).toBe(1_220);
  });

  it('that does not hold the code is left alone', () => {
    const { planner, started, heard } = arrange();
    heard('a', ['a:1']);
    planner.failed(started()[0]?.attemptId ?? 0, FINAL, 0);
    heard('a', ['a:2'], 5);
    expect(started()).toEqual([]);
    expect([planner.isActive(), planner.nextAtMs(5)]).toEqual([false, null]);
  });

  it('talks on one connection at a time', () => {
    const { planner, started, heard } = arrange();
    heard('a', ['a:1']);
    heard('a', ['a:2']);
    const [one, two] = started().map(({ attemptId }) => attemptId);
    expect([planner.connected(one ?? 0), planner.connected(two ?? 0)]).toEqual([true, false]);
    planner.redundant(two ?? 0);
    planner.failed(one ?? 0, AGAIN, 0);
    expect(planner.nextAtMs(0)).toBe(1_000);
  });

  it('has at most four attempts; the longest makes room for a newer address, unless somebody is reached', () => {
    const { planner, steps, started, heard } = arrange();
    for (let index = 1; index <= 5; index += 1) heard('a', [`a:${index}`], index);
    const [oldest, ...others] = started();
    expect(others).toHaveLength(3);
    expect(planner.nextAtMs(5)).toBe(2_001);
    planner.wake(2_001);
    expect(steps()).toMatchObject([
      { kind: 'end', attemptId: oldest?.attemptId },
      { kind: 'start', attempt: { address: { directAddresses: ['a:5', 'a:4', 'a:3', 'a:2', 'a:1'] } } },
    ]);
    heard('a', ['a:6'], 2_002);
    planner.connected(others[0]?.attemptId ?? 0);
    planner.wake(10_000);
    expect(steps()).toEqual([]);
  });
});

describe('many known by hearsay alone', () => {
  const crowd = () => {
    const arranged = arrange();
    for (let index = 0; index < 33; index += 1) arranged.heard(`liar-${index}`, [`${index}:1`], index);
    return { ...arranged, crowding: arranged.started() };
  };

  it('share 32 places; who has come to nothing makes room after two seconds, the longest first', () => {
    const { planner, steps, crowding } = crowd();
    expect(crowding).toHaveLength(32);
    expect(planner.nextAtMs(40)).toBe(2_000);
    planner.wake(2_000);
    expect(steps()).toMatchObject([
      { kind: 'end', attemptId: crowding[0]?.attemptId },
      { kind: 'start', attempt: { address: { endpointId: 'liar-32' } } },
    ]);
    planner.wake(2_001);
    expect(steps()).toMatchObject([
      { kind: 'end', attemptId: crowding[1]?.attemptId },
      { kind: 'start', attempt: { address: { endpointId: 'liar-0', directAddresses: ['0:1'] } } },
    ]);
  });

  it('give their places at once when they say something wrong', () => {
    const { planner, started, crowding } = crowd();
    planner.failed(crowding[7]?.attemptId ?? 0, FINAL, 50);
    expect(started()).toMatchObject([{ address: { endpointId: 'liar-32' } }]);
  });

  it('take no place from one that has proven the code', () => {
    const { planner, steps, crowding } = crowd();
    const honest = crowding[0]?.attemptId ?? 0;
    planner.connected(honest);
    planner.proven(honest);
    expect(planner.hasProof()).toBe(true);
    planner.wake(2_001);
    expect(steps()).toMatchObject([{ kind: 'end', attemptId: crowding[1]?.attemptId }, { kind: 'start' }]);
  });

  it('hold up nobody who is vouched for, waiting or not', () => {
    const { planner, started } = crowd();
    planner.found(candidate('liar-32', ['right:1']), VOUCHED, 60);
    planner.found(candidate('new', ['new:1']), VOUCHED, 60);
    expect(started()).toMatchObject([
      { isHearsayOnly: false, via: 'paper', address: { endpointId: 'liar-32', directAddresses: ['right:1'] } },
      { isHearsayOnly: false, via: 'lan', address: { endpointId: 'liar-32', directAddresses: ['32:1', 'right:1'] } },
      { isHearsayOnly: false, via: 'paper', address: { endpointId: 'new' } },
    ]);
  });

  it('keep the time of their first candidate while they wait', () => {
    const { planner, started } = crowd();
    planner.wake(2_000);
    const [attempt] = started();
    expect(planner.targetOf(attempt?.attemptId ?? 0)?.discoveredAtMs).toBe(32);
  });

  it('are planned without end in no time, and cost 32 attempts at once at most', () => {
    const { planner, steps } = arrange();
    const open = new Set<number>();
    let peak = 0;
    for (let nowMs = 0; nowMs < 12_000; nowMs += 10) {
      planner.found(candidate(`liar-${nowMs % 977}`, [`${nowMs}:1`]), HEARSAY, nowMs);
      planner.wake(nowMs);
      for (const step of steps()) {
        if (step.kind === 'start') open.add(step.attempt.attemptId);
        if (step.kind === 'end') open.delete(step.attemptId);
      }
      peak = Math.max(peak, open.size);
    }
    expect(peak).toBe(32);
  });
});
