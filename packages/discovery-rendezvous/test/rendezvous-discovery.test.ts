import { brandAs, type RelayUrl, type SearchTarget } from '@bowline/contracts';
import { actorHarness, discoveryConformance, sampleSearchTarget, settle } from '@bowline/testing';
import { describe, expect, test } from 'vitest';
import { discoveryRendezvousWorker, rendezvousDiscovery } from '../src/index.ts';

const [one, two, three] = ['one', 'two', 'three'].map((name) =>
  brandAs<RelayUrl>(`https://${name}.relay.example/`),
) as [RelayUrl, RelayUrl, RelayUrl];

const startedHarness = async (options = {}) => {
  const harness = actorHarness(rendezvousDiscovery(options));
  await harness.actor.start();
  return harness;
};

const searchFor = (overrides: Partial<SearchTarget>, searchId = 's1') => ({
  searchId,
  target: sampleSearchTarget({ meetingRelayUrls: [one, two, three], ...overrides }),
  timeoutMs: 10_000,
});

discoveryConformance({
  name: 'discovery-rendezvous',
  source: 'rendezvous',
  arrange: () => ({
    harness: actorHarness(rendezvousDiscovery()),
    present: sampleSearchTarget({ meetingRelayUrls: [one, two, three] }),
    absent: sampleSearchTarget({ meetingRelayUrls: [] }),
  }),
});

describe('the rendezvous source', () => {
  test('offers the derived endpoint on the first relay at once', async () => {
    const harness = await startedHarness();
    const report = harness.client.request('search', searchFor({}));
    await settle();
    expect(harness.told).toEqual([
      {
        event: 'candidate.found',
        payload: {
          searchId: 's1',
          candidate: {
            source: 'rendezvous',
            kind: 'rendezvous',
            address: { endpointId: 'b2'.repeat(32), relayUrls: [one], directAddresses: [] },
          },
        },
      },
    ]);
    await harness.actor.stop();
    expect((await report).summary).toBe('stopped');
  });

  test('adds one relay every stagger, and keeps those before', async () => {
    const harness = await startedHarness({ staggerMs: 100 });
    const report = harness.client.request('search', searchFor({}));
    const offers = () => harness.toldOf('candidate.found').map(({ candidate }) => candidate.address.relayUrls);
    await harness.clock.advance(99);
    expect(offers()).toEqual([[one]]);
    await harness.clock.advance(1);
    expect(offers()).toEqual([[one], [one, two]]);
    await harness.clock.advance(100);
    expect(offers()).toEqual([[one], [one, two], [one, two, three]]);
    await harness.clock.advance(9_800);
    expect(offers()).toHaveLength(3);
    expect(await report).toEqual({
      source: 'rendezvous',
      candidateCount: 3,
      summary: 'nobody there in 10 s on relays one.relay.example, two.relay.example, three.relay.example',
    });
  });

  test('reports only the relays it had time to offer', async () => {
    const harness = await startedHarness();
    const report = harness.client.request('search', { ...searchFor({}), timeoutMs: 200 });
    await harness.clock.advance(200);
    expect((await report).summary).toBe('nobody there in 0.2 s on relay one.relay.example');
  });

  test('answers at once with relays disabled', async () => {
    const harness = await startedHarness();
    const report = await harness.client.request('search', searchFor({ meetingRelayUrls: [] }));
    expect(report).toEqual({ source: 'rendezvous', candidateCount: 0, summary: 'relays are disabled' });
    expect(harness.told).toHaveLength(0);
  });

  test('offers no more relays than allowed', async () => {
    const harness = await startedHarness({ maxRelays: 2 });
    const report = harness.client.request('search', searchFor({}));
    await harness.clock.advance(10_000);
    expect((await report).candidateCount).toBe(2);
    expect(harness.toldOf('candidate.found').at(-1)?.candidate.address.relayUrls).toEqual([one, two]);
  });

  test('says it was cancelled', async () => {
    const harness = await startedHarness();
    const controller = new AbortController();
    const report = harness.client.request('search', searchFor({}), { signal: controller.signal });
    await settle();
    controller.abort();
    expect(await report).toEqual({ source: 'rendezvous', candidateCount: 1, summary: 'cancelled' });
    expect(harness.clock.pendingTimerCount).toBe(0);
  });

  test('refuses the id of a search that is still open, and takes it again afterwards', async () => {
    const harness = await startedHarness();
    const first = harness.client.request('search', searchFor({}));
    await settle();
    await expect(harness.client.request('search', searchFor({}))).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await harness.clock.advance(10_000);
    expect((await first).candidateCount).toBe(3);
    const again = harness.client.request('search', searchFor({}));
    await harness.clock.advance(10_000);
    expect((await again).candidateCount).toBe(3);
  });

  test('takes the id of a cancelled search at once', async () => {
    const harness = await startedHarness();
    const controller = new AbortController();
    const first = harness.client.request('search', searchFor({}), { signal: controller.signal });
    await settle();
    controller.abort();
    const second = harness.client.request('search', searchFor({}));
    await harness.clock.advance(10_000);
    expect((await first).summary).toBe('cancelled');
    expect((await second).candidateCount).toBe(3);
  });

  test('is made by its worker definition, options and all', async () => {
    const harness = actorHarness((components) => discoveryRendezvousWorker.create({ maxRelays: 1 }, components));
    await harness.actor.start();
    const report = harness.client.request('search', searchFor({}));
    await harness.clock.advance(10_000);
    expect((await report).candidateCount).toBe(1);
  });
});
