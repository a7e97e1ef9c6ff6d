import {
  brandAs,
  type Candidate,
  type ChannelDefinition,
  type DiscoveryChannel,
  type DiscoverySourceName,
  type EndpointId,
  type RelayUrl,
  type SearchInput,
  type SearchReport,
  type SearchTarget,
} from '@bowline/contracts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ActorHarness } from './actor-harness.ts';
import { settle } from './fake-clock.ts';

/** One discovery source with a world around it, made anew for every test. */
export interface DiscoveryArrangement<C extends ChannelDefinition> {
  /** The source, not started. */
  readonly harness: ActorHarness<C>;
  /** A target this source finds something for. */
  readonly present: SearchTarget;
  /** A target this source finds nothing for. */
  readonly absent: SearchTarget;
  /** Lets whatever `present` points at show itself once more, where the world outside can do that. */
  readonly repeat?: () => void;
}

/** How {@link discoveryConformance} is told about one implementation. */
export interface DiscoveryImplementation<C extends ChannelDefinition> {
  /** The package's name, for the report of the test run. */
  readonly name: string;
  readonly source: DiscoverySourceName;
  readonly arrange: () => DiscoveryArrangement<C>;
}

/** A search target with every field filled in and valid; its ids belong to nobody. */
export const sampleSearchTarget = (overrides: Partial<SearchTarget> = {}): SearchTarget => ({
  lanTag: 'a1'.repeat(16),
  rendezvousEndpointId: brandAs<EndpointId>('b2'.repeat(32)),
  ticketAddress: null,
  meetingRelayUrls: [brandAs<RelayUrl>('https://one.relay.example/'), brandAs<RelayUrl>('https://two.relay.example/')],
  relayOrderSeed: 'c3'.repeat(16),
  ...overrides,
});

/** How long the suite's searches look, milliseconds. */
const SEARCH_MS = 5_000;

/** Long enough for anything a source might still have planned after a search, milliseconds. */
const LONG_AFTER_MS = 120_000;

/**
 * What every discovery source owes its caller, whatever it looks at. Each implementation runs it in its own tests,
 * and so does every fake that stands in for one.
 *
 * Long because it is a list of facts, each with the test of it.
 */
export const discoveryConformance = <C extends ChannelDefinition>(implementation: DiscoveryImplementation<C>): void => {
  describe(`${implementation.name} as a discovery source`, () => {
    let arrangement: DiscoveryArrangement<C>;
    let harness: ActorHarness<DiscoveryChannel>;

    beforeEach(() => {
      arrangement = implementation.arrange();
      // Whatever else a source can be asked, this suite asks what all can.
      harness = arrangement.harness as unknown as ActorHarness<DiscoveryChannel>;
    });

    afterEach(async () => {
      await harness.actor.stop();
    });

    const found = (searchId: string): Candidate[] =>
      harness
        .toldOf('candidate.found')
        .filter((payload) => payload.searchId === searchId)
        .map((payload) => payload.candidate);

    const open = (searchId: string, target: SearchTarget, signal?: AbortSignal): Promise<SearchReport> => {
      const input: SearchInput = { searchId, target, timeoutMs: SEARCH_MS };
      return harness.client.request('search', input, signal === undefined ? {} : { signal });
    };

    /** Shows the present device several times over the length of a search, then lets its time run out. */
    const runToEnd = async (report: Promise<SearchReport>): Promise<SearchReport> => {
      for (let showing = 0; showing < 4; showing += 1) {
        await settle();
        arrangement.repeat?.();
        await harness.clock.advance(SEARCH_MS / 4);
      }
      return report;
    };

    const expectSilence = async (): Promise<void> => {
      const countBefore = harness.toldOf('candidate.found').length;
      arrangement.repeat?.();
      await harness.clock.advance(LONG_AFTER_MS);
      arrangement.repeat?.();
      await settle();
      expect(harness.toldOf('candidate.found')).toHaveLength(countBefore);
    };

    test('tells no candidate before it is asked', async () => {
      await harness.actor.start();
      await expectSilence();
      expect(harness.toldOf('candidate.found')).toHaveLength(0);
    });

    test('tells what is there and reports how much it was', async () => {
      await harness.actor.start();
      const report = await runToEnd(open('s1', arrangement.present));
      expect(report).toMatchObject({ source: implementation.source, candidateCount: found('s1').length });
      expect(report.candidateCount).toBeGreaterThan(0);
      expect(report.summary).not.toBe('');
    });

    test('tells candidates of its own source that can be dialled and cloned', async () => {
      await harness.actor.start();
      await runToEnd(open('s1', arrangement.present));
      for (const candidate of found('s1')) {
        expect(candidate.source).toBe(implementation.source);
        const { relayUrls, directAddresses } = candidate.address;
        expect(relayUrls.length + directAddresses.length).toBeGreaterThan(0);
        expect(structuredClone(candidate)).toEqual(candidate);
      }
    });

    test('tells each address once within a search', async () => {
      await harness.actor.start();
      await runToEnd(open('s1', arrangement.present));
      const addresses = found('s1').map((candidate) => JSON.stringify([candidate.kind, candidate.address]));
      expect(new Set(addresses).size).toBe(addresses.length);
    });

    test('tells the same addresses again in the next search', async () => {
      await harness.actor.start();
      await runToEnd(open('s1', arrangement.present));
      await runToEnd(open('s2', arrangement.present));
      const addressesOf = (searchId: string) => new Set(found(searchId).map(({ address }) => JSON.stringify(address)));
      expect(addressesOf('s2')).toEqual(addressesOf('s1'));
    });

    test('keeps two searches at once apart', async () => {
      await harness.actor.start();
      const [present, absent] = [open('s1', arrangement.present), open('s2', arrangement.absent)];
      await runToEnd(present);
      expect(found('s1').length).toBeGreaterThan(0);
      expect(found('s2')).toHaveLength(0);
      expect((await absent).candidateCount).toBe(0);
    });

    test('answers a search for what is not there in time, and says why', async () => {
      await harness.actor.start();
      const report = await runToEnd(open('s1', arrangement.absent));
      expect(report).toMatchObject({ source: implementation.source, candidateCount: 0 });
      expect(report.summary).not.toBe('');
      expect(found('s1')).toHaveLength(0);
    });

    test('tells nothing after its answer', async () => {
      await harness.actor.start();
      await runToEnd(open('s1', arrangement.present));
      await expectSilence();
    });

    test('keeps no timer of a search that is over', async () => {
      await harness.actor.start();
      const timersBefore = harness.clock.pendingTimerCount;
      await runToEnd(open('s1', arrangement.present));
      const controller = new AbortController();
      const cancelled = open('s2', arrangement.present, controller.signal);
      controller.abort();
      await cancelled;
      expect(harness.clock.pendingTimerCount).toBeLessThanOrEqual(timersBefore);
    });

    test('ends and tells nothing more once the search is cancelled', async () => {
      await harness.actor.start();
      const controller = new AbortController();
      const report = open('s1', arrangement.present, controller.signal);
      await settle();
      controller.abort();
      await report;
      await expectSilence();
    });

    test('tells nothing for a search cancelled before it began', async () => {
      await harness.actor.start();
      await open('s1', arrangement.present, AbortSignal.abort());
      await expectSilence();
      expect(found('s1')).toHaveLength(0);
    });

    test('ends open searches when it stops, and leaves no timer behind', async () => {
      await harness.actor.start();
      const report = open('s1', arrangement.present);
      await settle();
      await harness.actor.stop();
      expect((await report).source).toBe(implementation.source);
      expect(harness.clock.pendingTimerCount).toBe(0);
      await expectSilence();
    });

    test.each(['never started', 'stopped'])('answers at once and tells nothing while it is %s', async (state) => {
      if (state === 'stopped') {
        await harness.actor.start();
        await harness.actor.stop();
      }
      const report = await open('s1', arrangement.present);
      expect(report).toMatchObject({ source: implementation.source, candidateCount: 0 });
      await expectSilence();
      expect(harness.clock.pendingTimerCount).toBe(0);
    });

    test('starts and stops once, however often it is asked', async () => {
      await Promise.all([harness.actor.start(), harness.actor.start()]);
      await harness.actor.start();
      expect((await runToEnd(open('s1', arrangement.present))).candidateCount).toBeGreaterThan(0);
      await Promise.all([harness.actor.stop(), harness.actor.stop()]);
      await harness.actor.stop();
      expect(harness.clock.pendingTimerCount).toBe(0);
    });

    test('stops without ever having been started', async () => {
      await harness.actor.stop();
      expect(harness.told).toHaveLength(0);
    });

    test.each(badSearches)('refuses a search with %s', async (_what, change) => {
      await harness.actor.start();
      const input = change({ searchId: 's1', target: arrangement.present, timeoutMs: SEARCH_MS });
      await expect(harness.client.request('search', input)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      await expectSilence();
      expect(harness.toldOf('candidate.found')).toHaveLength(0);
    });
  });
};

type Change = (input: SearchInput) => SearchInput;

const withTarget =
  (change: Readonly<Record<string, unknown>>): Change =>
  (input) => ({ ...input, target: { ...input.target, ...change } });

const withTicket = (change: Readonly<Record<string, unknown>>): Change =>
  withTarget({
    ticketAddress: { endpointId: 'd4'.repeat(32), relayUrls: [], directAddresses: [], ...change },
  });

const badSearches: readonly (readonly [string, Change])[] = [
  ['no id', (input) => ({ ...input, searchId: '' })],
  ['an endless id', (input) => ({ ...input, searchId: 'x'.repeat(129) })],
  ['no time', (input) => ({ ...input, timeoutMs: 0 })],
  ['a time that is no number', (input) => ({ ...input, timeoutMs: Number.NaN })],
  ['endless time', (input) => ({ ...input, timeoutMs: Number.POSITIVE_INFINITY })],
  ['no target', (input) => ({ ...input, target: null as unknown as SearchTarget })],
  ['a short tag', withTarget({ lanTag: 'a1' })],
  ['an upper-case tag', withTarget({ lanTag: 'A1'.repeat(16) })],
  ['a seed that is no text', withTarget({ relayOrderSeed: 7 })],
  ['an endpoint id that is none', withTarget({ rendezvousEndpointId: 'g'.repeat(64) })],
  ['a relay that is none', withTarget({ meetingRelayUrls: ['ftp://relay.example/'] })],
  ['relays without end', withTarget({ meetingRelayUrls: Array(65).fill('https://relay.example/') })],
  ['relays that are no list', withTarget({ meetingRelayUrls: 'https://relay.example/' })],
  ['half a relay of its own', withTarget({ ownRelayCount: 0.5 })],
  ['a hint of nothing', withTarget({ hints: [''] })],
  ['hints without end', withTarget({ hints: Array(9).fill('nas:1') })],
  ['hints that are no list', withTarget({ hints: 'nas:1' })],
  ['a ticket of another shape', withTarget({ ticketAddress: 'ticket' })],
  ['a ticket left out', withTarget({ ticketAddress: undefined })],
  ['a ticket without an endpoint', withTicket({ endpointId: '' })],
  ['a ticket whose relay is none', withTicket({ relayUrls: ['not a url'] })],
  ['a ticket whose address has no port', withTicket({ directAddresses: ['192.0.2.1'] })],
  ['a ticket with addresses without end', withTicket({ directAddresses: Array(65).fill('192.0.2.1:1') })],
];
