import { brandAs, type Candidate, type EndpointId, type SocketAddress } from '@bowline/contracts';
import { fakeClock, seededRandom, settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { type AttemptControl, type AttemptOutcome, candidateSearch, type PlannedAttempt } from '../src/index.ts';

const SELF = brandAs<EndpointId>('self');
const VOUCHED = { name: 'paper', trust: 'vouched' } as const;

const candidate = (name: string, kind: Candidate['kind'] = 'device'): Candidate => ({
  source: 'any',
  kind,
  address: {
    endpointId: brandAs<EndpointId>(name),
    directAddresses: [brandAs<SocketAddress>(`${name}:1`)],
    relayUrls: [],
  },
});

const arrange = () => {
  const clock = fakeClock();
  const attempts: {
    readonly planned: PlannedAttempt;
    readonly control: AttemptControl;
    readonly answer: (outcome: AttemptOutcome<string>) => Promise<void>;
  }[] = [];
  const discarded: string[] = [];
  const released: (readonly [readonly EndpointId[], string | null])[] = [];
  const failures: string[] = [];
  const search = candidateSearch<string>(
    {
      clock,
      random: seededRandom(1),
      attempt: (planned, control) => {
        const { promise, resolve } = Promise.withResolvers<AttemptOutcome<string>>();
        const answer = async (outcome: AttemptOutcome<string>): Promise<void> => {
          resolve(outcome);
          await settle();
        };
        attempts.push({ planned, control, answer });
        return promise;
      },
      hint: () => undefined,
      discard: (decision) => discarded.push(decision),
      release: (endpointIds, decision) => released.push([endpointIds, decision]),
    },
    {
      pauses: { retryMs: 1_000, busyRetryMs: 250 },
      selfId: SELF,
      onFailed: (via, { text }) => failures.push(`${via}: ${text}`),
    },
  );
  return { clock, search, attempts, discarded, released, failures };
};

describe('a race of candidates', () => {
  it('is won by the first decision; the others are let go, and what they decide later is discarded', async () => {
    const { clock, search, attempts, discarded, released } = arrange();
    search.follow(candidate('one'), VOUCHED);
    search.follow(candidate('two'), VOUCHED);
    await attempts[1]?.answer({ kind: 'decided', decision: 'two' });
    expect(await search.decided).toBe('two');
    expect(attempts[0]?.control.signal.aborted).toBe(true);
    await attempts[0]?.answer({ kind: 'decided', decision: 'one' });
    expect(discarded).toEqual(['one']);
    expect(released).toEqual([[['one', 'two'], 'two']]);
    search.follow(candidate('three'), VOUCHED);
    expect([attempts.length, clock.pendingTimerCount]).toEqual([2, 0]);
  });

  it('never attempts this device itself', () => {
    const { search, attempts } = arrange();
    search.follow(candidate('self'), VOUCHED);
    expect([attempts.length, search.isActive()]).toEqual([0, false]);
  });

  it('goes on with the device an endpoint has told of, which is no hearsay', async () => {
    const { search, attempts } = arrange();
    search.follow(candidate('meeting point', 'rendezvous'), VOUCHED);
    await attempts[0]?.answer({ kind: 'told', address: candidate('device').address });
    expect(attempts[1]?.planned).toMatchObject({
      kind: 'device',
      via: 'paper',
      isHearsayOnly: false,
      address: { endpointId: 'device' },
    });
  });

  it('makes a failed attempt again, unless the other side does not hold the code', async () => {
    const { clock, search, attempts, failures } = arrange();
    search.follow(candidate('one'), VOUCHED);
    await attempts[0]?.answer({ kind: 'failed', failure: { text: 'no answer', code: null } });
    await clock.advance(1_000);
    expect(attempts).toHaveLength(2);
    await attempts[1]?.answer({ kind: 'failed', failure: { text: 'wrong', code: 'PROOF_MISMATCH' } });
    await clock.advance(60_000);
    expect([attempts.length, search.isActive(), clock.pendingTimerCount]).toEqual([2, false, 0]);
    expect(failures).toEqual(['paper: no answer', 'paper: wrong']);
  });

  it('knows of a proof until its attempt ends', async () => {
    const { search, attempts } = arrange();
    search.follow(candidate('one'), VOUCHED);
    const [attempt] = attempts;
    expect([attempt?.control.mayTalk(), attempt?.control.mayTalk()]).toEqual([true, false]);
    attempt?.control.noteProof();
    expect(search.hasProof()).toBe(true);
    await attempt?.answer({ kind: 'failed', failure: { text: 'lost', code: null } });
    expect(search.hasProof()).toBe(false);
  });

  it('ends without a decision when it is told to, once', async () => {
    const { search, attempts, released, failures } = arrange();
    search.follow(candidate('one'), VOUCHED);
    search.end();
    search.end();
    expect(await search.decided).toBeNull();
    await attempts[0]?.answer({ kind: 'failed', failure: { text: 'cancelled', code: null } });
    expect([released, failures]).toEqual([[[['one'], null]], []]);
  });
});
