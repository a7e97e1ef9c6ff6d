import { brandAs, type SocketAddress } from '@bowline/contracts';
import { actorHarness, discoveryConformance, sampleSearchTarget, settle } from '@bowline/testing';
import { describe, expect, test } from 'vitest';
import { addressDiscovery, addressSource, discoveryAddressWorker, type ResolveHost } from '../src/index.ts';

const HOSTS: Readonly<Record<string, readonly string[]>> = {
  'nas.example': ['192.0.2.7', '2001:db8::7', '192.0.2.7'],
  'crowded.example': Array.from({ length: 20 }, (_each, index) => `192.0.2.${index + 1}`),
  'odd.example': ['fe80::1%eth0'],
};
const knownHosts: ResolveHost = async (host) => {
  const found = HOSTS[host] ?? (/^[0-9.]+$|:/.test(host) ? [host] : undefined);
  if (found === undefined) throw new Error('ENOTFOUND');
  return found;
};

const arrange = (resolveHost: ResolveHost = knownHosts) =>
  actorHarness((components) => addressDiscovery()({ ...components, resolveHost }));

const searchFor = (...hints: readonly string[]) => ({
  searchId: 's1',
  target: sampleSearchTarget({ hints }),
  timeoutMs: 5_000,
});
const started = async (resolveHost?: ResolveHost) => {
  const harness = arrange(resolveHost);
  await harness.actor.start();
  const addresses = () => harness.toldOf('candidate.found').map(({ candidate }) => candidate.address.directAddresses);
  return { ...harness, addresses };
};

discoveryConformance({
  name: 'discovery-address',
  source: 'address',
  arrange: () => ({
    harness: arrange(),
    present: sampleSearchTarget({ hints: ['nas.example:4000', '[2001:db8::8]:4001'] }),
    absent: sampleSearchTarget(),
  }),
});

describe('the address source', () => {
  test('offers the rendezvous endpoint at every address of a host', async () => {
    const { client, clock, toldOf } = await started();
    const report = client.request('search', searchFor('nas.example:4000'));
    await settle();
    const { rendezvousEndpointId: endpointId } = sampleSearchTarget();
    const directAddresses = ['192.0.2.7:4000', '[2001:db8::7]:4000'].map((each) => brandAs<SocketAddress>(each));
    expect(toldOf('candidate.found').map(({ candidate }) => candidate)).toEqual([
      { source: 'address', kind: 'rendezvous', address: { endpointId, directAddresses, relayUrls: [] } },
    ]);
    await clock.advance(5_000);
    const summary = 'no answer in 5 s at nas.example:4000 (192.0.2.7:4000, [2001:db8::7]:4000)';
    expect(await report).toEqual({ source: 'address', candidateCount: 1, summary });
  });

  test('takes an address as it is, and leaves hints it does not understand to others', async () => {
    const { client, clock, addresses } = await started();
    const report = client.request('search', searchFor('192.0.2.9:1', '_bowline._udp.example', '192.0.2.9:1'));
    await settle();
    expect(addresses()).toEqual([['192.0.2.9:1']]);
    await clock.advance(5_000);
    expect((await report).summary).toBe('no answer in 5 s at 192.0.2.9:1');
  });

  test('looks a name up again until it is known', async () => {
    let asked = 0;
    const { client, clock, addresses } = await started(async (host) => {
      asked += 1;
      return asked < 3 ? Promise.reject(new Error('EAI_AGAIN')) : knownHosts(host);
    });
    const report = client.request('search', searchFor('nas.example:4000'));
    await clock.advance(1_999);
    expect(addresses()).toEqual([]);
    await clock.advance(1);
    expect(addresses()).toHaveLength(1);
    await clock.advance(5_000);
    expect([asked, (await report).candidateCount]).toEqual([3, 1]);
  });

  test.each(['gone.example:1', 'odd.example:1'])(
    'says that a name has no address that can be dialled: %s',
    async (hint) => {
      const { client, clock } = await started();
      const report = client.request('search', searchFor(hint));
      await clock.advance(5_000);
      const summary = `${hint}: no address is known for that name`;
      expect(await report).toEqual({ source: 'address', candidateCount: 0, summary });
    },
  );

  test('offers eight addresses of one host at most', async () => {
    const { client, clock, addresses } = await started();
    const report = client.request('search', searchFor('crowded.example:1'));
    await settle();
    expect(addresses()[0]).toHaveLength(8);
    await clock.advance(5_000);
    await report;
  });

  test('tells nothing of a name that becomes known after the end', async () => {
    const late = Promise.withResolvers<readonly string[]>();
    const { client, clock, actor, told } = await started(() => late.promise);
    const report = client.request('search', searchFor('nas.example:4000'));
    await settle();
    await actor.stop();
    expect((await report).summary).toBe('stopped');
    late.resolve(['192.0.2.7']);
    await settle();
    expect([told, clock.pendingTimerCount]).toEqual([[], 0]);
  });

  test('is vouched for, and made in a worker of its own name', async () => {
    expect(addressSource).toMatchObject({ name: 'address', trust: 'vouched', worker: discoveryAddressWorker });
    const harness = actorHarness((components) => discoveryAddressWorker.create({}, components));
    await harness.actor.start();
    const report = harness.client.request('search', searchFor('127.0.0.1:1'));
    await harness.clock.advance(5_000);
    expect((await report).candidateCount).toBe(1);
    expect(discoveryAddressWorker).toMatchObject({ name: 'discovery-address', channel: { name: 'discovery' } });
  });
});
