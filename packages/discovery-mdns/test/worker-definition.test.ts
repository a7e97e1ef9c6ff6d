import { type DiscoveryMdnsChannel, discoveryMdnsChannel } from '@bowline/contracts';
import { actorHarness, sampleSearchTarget } from '@bowline/testing';
import { expect, test } from 'vitest';
import { discoveryMdnsWorker } from '../src/index.ts';

test('the worker makes the source of its options', async () => {
  const harness = actorHarness<DiscoveryMdnsChannel>((components) =>
    discoveryMdnsWorker.create({ enabled: false }, components),
  );
  await harness.actor.start();
  const search = { searchId: 's1', target: sampleSearchTarget(), timeoutMs: 1_000 };
  expect((await harness.client.request('search', search)).summary).toBe('mDNS is switched off');
  expect(discoveryMdnsWorker).toMatchObject({ name: 'discovery-mdns', channel: discoveryMdnsChannel });
});

test('the worker refuses options that break their rules', () => {
  const make = () =>
    actorHarness<DiscoveryMdnsChannel>((components) => discoveryMdnsWorker.create({ port: 0 }, components));
  expect(make).toThrow('Option "port" must be');
});
