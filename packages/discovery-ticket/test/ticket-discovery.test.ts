import { brandAs, type EndpointAddress, type EndpointId, type RelayUrl, type SocketAddress } from '@bowline/contracts';
import { actorHarness, discoveryConformance, sampleSearchTarget } from '@bowline/testing';
import { expect, test } from 'vitest';
import { discoveryTicketWorker, ticketDiscovery } from '../src/index.ts';

const ticketAddress: EndpointAddress = {
  endpointId: brandAs<EndpointId>('d4'.repeat(32)),
  relayUrls: [brandAs<RelayUrl>('https://home.relay.example/'), brandAs<RelayUrl>('https://standby.relay.example/')],
  directAddresses: [brandAs<SocketAddress>('192.0.2.7:4001'), brandAs<SocketAddress>('[2001:db8::7]:4001')],
};

const startedHarness = async () => {
  const harness = actorHarness(ticketDiscovery());
  await harness.actor.start();
  return harness;
};

const searchFor = (address: EndpointAddress | null) => ({
  searchId: 's1',
  target: sampleSearchTarget({ ticketAddress: address }),
  timeoutMs: 5_000,
});

discoveryConformance({
  name: 'discovery-ticket',
  source: 'ticket',
  arrange: () => ({
    harness: actorHarness(ticketDiscovery()),
    present: sampleSearchTarget({ ticketAddress }),
    absent: sampleSearchTarget(),
  }),
});

test('tells all addresses of a ticket as one candidate, without waiting', async () => {
  const harness = await startedHarness();
  const report = await harness.client.request('search', searchFor(ticketAddress));
  expect(harness.told).toEqual([
    {
      event: 'candidate.found',
      payload: { searchId: 's1', candidate: { source: 'ticket', kind: 'device', address: ticketAddress } },
    },
  ]);
  expect(report).toEqual({ source: 'ticket', candidateCount: 1, summary: '2 direct addresses and 2 relays' });
  expect(harness.clock.monotonicMs()).toBe(0);
});

test('says so when only the words were given', async () => {
  const harness = await startedHarness();
  const report = await harness.client.request('search', searchFor(null));
  expect(report).toEqual({ source: 'ticket', candidateCount: 0, summary: 'not given' });
});

test('says so when the ticket holds no address', async () => {
  const harness = await startedHarness();
  const empty = { ...ticketAddress, relayUrls: [], directAddresses: [] };
  const report = await harness.client.request('search', searchFor(empty));
  expect(report).toEqual({ source: 'ticket', candidateCount: 0, summary: 'the ticket holds no address' });
  expect(harness.told).toHaveLength(0);
});

test('tells an address the ticket repeats once', async () => {
  const harness = await startedHarness();
  const [relay, address] = [ticketAddress.relayUrls[0]!, ticketAddress.directAddresses[0]!];
  const repeating = { ...ticketAddress, relayUrls: [relay, relay], directAddresses: [address, address] };
  const report = await harness.client.request('search', searchFor(repeating));
  expect(harness.toldOf('candidate.found')[0]?.candidate.address).toEqual({
    ...ticketAddress,
    relayUrls: [relay],
    directAddresses: [address],
  });
  expect(report.summary).toBe('1 direct address and 1 relay');
});

test('writes no address into the log', async () => {
  const harness = await startedHarness();
  await harness.client.request('search', searchFor(ticketAddress));
  const log = JSON.stringify(harness.logger.lines);
  expect(log).toContain('candidate found in the ticket');
  for (const secret of [ticketAddress.endpointId, ...ticketAddress.relayUrls, ...ticketAddress.directAddresses]) {
    expect(log).not.toContain(secret);
  }
});

test('names no value of a ticket it refuses', async () => {
  const harness = await startedHarness();
  const wrong = { ...ticketAddress, relayUrls: [brandAs<RelayUrl>('https://home.relay.example/secret-path')] };
  const refusal: unknown = await harness.client.request('search', searchFor(wrong)).catch((error: unknown) => error);
  expect(String(refusal)).toContain('target.ticketAddress.relayUrls');
  expect(String(refusal)).not.toContain('secret-path');
});

test('is made by its worker definition', async () => {
  const harness = actorHarness((components) => discoveryTicketWorker.create({}, components));
  await harness.actor.start();
  expect((await harness.client.request('search', searchFor(ticketAddress))).candidateCount).toBe(1);
  expect(discoveryTicketWorker).toMatchObject({ name: 'discovery-ticket', channel: { name: 'discovery' } });
});
