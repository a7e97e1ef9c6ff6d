import {
  brandAs,
  type Candidate,
  type ChannelClient,
  type DiscoveryChannel,
  type DiscoverySource,
  type EndpointId,
  type RelayUrl,
  type SearchReport,
} from '@bowline/contracts';
import { fakeClock, memoryLogger, sampleSearchTarget, seededRandom, settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { type AttemptOutcome, sourceSearch } from '../src/index.ts';

/** A source that is told what to say. */
const source = (name: string) => {
  const report = Promise.withResolvers<SearchReport>();
  const listeners = new Set<(payload: never) => void>();
  const client = {
    request: () => report.promise,
    on: (_event: string, listener: (payload: never) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  } as unknown as ChannelClient<DiscoveryChannel>;
  const listed: DiscoverySource = { name, trust: 'vouched', client };
  return {
    listed,
    listeners,
    say: (endpoint: string, relays: readonly string[] = ['relay'], searchId = 's1') => {
      const address = {
        endpointId: brandAs<EndpointId>(endpoint),
        directAddresses: [],
        relayUrls: relays.map((each) => brandAs<RelayUrl>(each)),
      };
      const candidate: Candidate = { source: 'claimed', kind: 'device', address };
      for (const listener of listeners) listener({ searchId, candidate } as never);
    },
    report: async (summary: string) => {
      report.resolve({ source: 'claimed', candidateCount: 0, summary });
      await settle();
    },
    fail: async () => {
      report.reject(new Error('no such worker'));
      await settle();
    },
  };
};

const arrange = () => {
  const clock = fakeClock();
  const [one, two] = [source('one'), source('two')];
  const answers: ((outcome: AttemptOutcome<string>) => void)[] = [];
  const vias: string[] = [];
  const ending = new AbortController();
  const around = Promise.withResolvers<string>();
  const end = sourceSearch<string, string>(
    {
      clock,
      random: seededRandom(1),
      logger: memoryLogger(),
      attempt: ({ via }, control) => {
        vias.push(via);
        control.mayTalk();
        control.noteProof();
        const { promise, resolve } = Promise.withResolvers<AttemptOutcome<string>>();
        answers.push(resolve);
        return promise;
      },
      hint: () => undefined,
      discard: () => undefined,
      release: () => undefined,
    },
    {
      searchId: 's1',
      target: sampleSearchTarget(),
      sources: [one.listed, two.listed],
      timeoutMs: 12_000,
      pauses: { retryMs: 1_000, busyRetryMs: 250 },
      selfId: brandAs<EndpointId>('self'),
      signal: ending.signal,
      lookAround: () => around.promise,
    },
  );
  return { clock, one, two, answers, vias, ending, around, end };
};

describe('a search by several sources', () => {
  it('is decided by the first, told by the name of its source in the list, and leaves nothing behind', async () => {
    const { clock, one, two, answers, vias, end } = arrange();
    two.say('device');
    two.say('device', ['relay'], 'another search');
    answers[0]?.({ kind: 'decided', decision: 'found' });
    expect(await end).toEqual({ kind: 'decided', decision: 'found' });
    expect(vias).toEqual(['two']);
    expect([one.listeners.size, two.listeners.size, clock.pendingTimerCount]).toEqual([0, 0, 0]);
  });

  it('ends early when all have given up and nothing is under way, with what each of them found out', async () => {
    const { one, two, answers, around, end } = arrange();
    one.say('device', ['relay-1', 'relay-2']);
    await one.report('one candidate');
    await two.fail();
    answers[0]?.({ kind: 'failed', failure: { text: 'wrong proof', code: 'PROOF_MISMATCH' } });
    around.resolve('quiet');
    expect(await end).toEqual({
      kind: 'nobody',
      circumstances: 'quiet',
      findings: {
        hint: 'PROOF_MISMATCH',
        sources: [
          {
            via: 'one',
            summary: 'one candidate',
            failures: ['wrong proof'],
            relayUrls: ['relay-1', 'relay-2'],
            isOfDevice: true,
            problem: null,
          },
          {
            via: 'two',
            summary: 'the source is not working on this device',
            failures: [],
            relayUrls: [],
            isOfDevice: false,
            problem: null,
          },
        ],
      },
    });
  });

  it('waits 5 s longer for a handshake whose other side has proven the code', async () => {
    const { clock, one, answers, around, end } = arrange();
    one.say('device');
    await clock.advance(16_999);
    answers[0]?.({ kind: 'decided', decision: 'late' });
    expect(await end).toEqual({ kind: 'decided', decision: 'late' });
    around.resolve('unasked');
  });

  it('is won by a handshake that ends while it looks around', async () => {
    const { clock, one, answers, end } = arrange();
    one.say('device');
    await clock.advance(17_000);
    answers[0]?.({ kind: 'decided', decision: 'at the last moment' });
    expect(await end).toEqual({ kind: 'decided', decision: 'at the last moment' });
  });

  it('says that sources were still looking when the time was over', async () => {
    const { clock, around, end } = arrange();
    around.resolve('quiet');
    await clock.advance(12_500);
    const ended = await end;
    const summaries = ended.kind === 'nobody' ? ended.findings.sources.map(({ summary }) => summary) : [];
    expect(summaries).toEqual(Array(2).fill('still looking when the time was over'));
  });

  it('is cancelled by its signal', async () => {
    const { clock, one, ending, end } = arrange();
    one.say('device');
    ending.abort();
    expect(await end).toEqual({ kind: 'cancelled' });
    expect(clock.pendingTimerCount).toBe(0);
  });
});
