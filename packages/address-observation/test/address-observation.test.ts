import {
  type AddressObservationChannel,
  brandAs,
  type DeviceId,
  type EndpointId,
  type ObservedStanding,
  type RelayObserver,
  type RelayUrl,
  type SocketAddress,
} from '@bowline/contracts';
import { type ActorHarness, actorHarness } from '@bowline/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { ADDRESS_OBSERVATION_DEFAULTS, addressObservation } from '../src/index.ts';

const { answerTimeoutMs, keepMappingMs, lookAgainMs } = ADDRESS_OBSERVATION_DEFAULTS;
const HOME = brandAs<RelayUrl>('https://relay.example.org/');
const SEEN = brandAs<SocketAddress>('198.51.100.1:5000');
const OTHER = brandAs<SocketAddress>('198.51.100.1:6000');
const PEERS = ['d-1', 'd-2'].map((id) => ({ deviceId: brandAs<DeviceId>(id), address: SEEN, seenAtMs: 0 }));
const OBSERVERS: readonly RelayObserver[] = [1, 2, 3].map((count) => ({
  endpointId: brandAs<EndpointId>(`${count}`.repeat(64)),
  directAddresses: [],
}));

const HERE: ObservedStanding = { network: 1, port: 4_000, localIps: [], homeRelayUrl: HOME, seenByPeers: [] };

let harness: ActorHarness<AddressObservationChannel>;

const stand = (over: Partial<ObservedStanding> = {}) => harness.client.request('setStanding', { ...HERE, ...over });
const find = (observers: readonly RelayObserver[] | null = OBSERVERS) =>
  harness.client.request('setObservers', { relayUrl: HOME, observers });
/** What the observers asked last saw, in their order. */
const answer = async (...addresses: readonly (SocketAddress | null)[]): Promise<void> => {
  const due = harness.toldOf('ask.due').slice(-addresses.length);
  for (const [index, { askId }] of due.entries()) {
    await harness.client.request('noteAnswer', { askId, address: addresses[index] ?? null });
  }
};
const searches = () => harness.toldOf('search.due').length;
const asks = () => harness.toldOf('ask.due').length;
const verdicts = () => harness.toldOf('verdict.changed');

beforeEach(async () => {
  harness = actorHarness(addressObservation());
  await harness.actor.start();
});

describe('an actor that is told where the device stands', () => {
  it('has the relay asked, then two observers, and tells what follows', async () => {
    await stand();
    expect(harness.toldOf('search.due')).toEqual([{ relayUrl: HOME }]);
    expect(verdicts()).toEqual([]);
    await find();
    expect(harness.toldOf('ask.due').map(({ observer }) => observer)).toEqual(OBSERVERS.slice(0, 2));
    await answer(SEEN, SEEN);
    expect(verdicts()).toEqual([{ addresses: [SEEN], nat: 'endpoint-independent' }]);
    const status = await harness.client.request('status', {});
    expect(status).toMatchObject({ addresses: [SEEN], nat: 'endpoint-independent', observed: [{ by: HOME }, {}] });
  });

  it('does nothing more when it is told the same again', async () => {
    await stand();
    await find();
    await answer(SEEN, SEEN);
    const before = harness.told.length;
    await stand();
    await stand();
    expect(harness.told).toHaveLength(before);
  });

  it('tells its first verdict once, also when nothing is known', async () => {
    await stand({ homeRelayUrl: null });
    await stand({ homeRelayUrl: null });
    expect(verdicts()).toEqual([{ addresses: [], nat: 'unknown' }]);
    expect(searches()).toBe(0);
  });

  it('believes peers where there is no observer, and forgets those it is not told of any more', async () => {
    await stand({ homeRelayUrl: null, seenByPeers: PEERS });
    expect(verdicts().at(-1)?.addresses).toEqual([SEEN]);
    await stand({ homeRelayUrl: null, seenByPeers: PEERS.slice(1) });
    expect(verdicts().at(-1)?.addresses).toEqual([]);
  });

  it('goes by observers when peers say otherwise', async () => {
    await stand();
    await find();
    await answer(SEEN, SEEN);
    await stand({ seenByPeers: PEERS.map((peer) => ({ ...peer, address: OTHER })) });
    expect(verdicts()).toHaveLength(1);
  });

  it.each([
    ['network', { network: 2 }],
    ['socket', { network: 2, port: 4_001 }],
  ])('takes back at once what was seen on another %s, and looks anew', async (_what, over) => {
    await stand();
    await find();
    await answer(SEEN, SEEN);
    await stand(over);
    expect(verdicts().at(-1)).toEqual({ addresses: [], nat: 'unknown' });
    expect(searches()).toBe(2);
  });

  it('asks nobody while the endpoint is not bound', async () => {
    await stand({ port: null });
    await harness.clock.advance(lookAgainMs);
    expect(searches()).toBe(0);
  });
});

describe('the next look', () => {
  it('is soon while a port has to be kept, at the observers that are known', async () => {
    await stand();
    await find();
    await answer(SEEN, SEEN);
    await harness.clock.advance(keepMappingMs);
    expect([searches(), asks()]).toEqual([1, 4]);
  });

  it('is later where the NAT keeps the port', async () => {
    await stand({ port: 5_000 });
    await find();
    await answer(SEEN, SEEN);
    await harness.clock.advance(lookAgainMs - 1);
    expect(asks()).toBe(2);
    await harness.clock.advance(1);
    expect(asks()).toBe(4);
  });

  it('looks for the observers again after a failure, ever more seldom', async () => {
    await stand();
    await find(null);
    await harness.clock.advance(1_000);
    expect(searches()).toBe(2);
    await find();
    await answer(null, null);
    await harness.clock.advance(1_999);
    expect(searches()).toBe(2);
    await harness.clock.advance(1);
    expect(searches()).toBe(3);
  });

  it('comes six times in the first minute on a network that answers nobody, and then every five minutes', async () => {
    await stand();
    const lookedAtMs: number[] = [];
    for (let elapsedMs = 0; elapsedMs < 3_600_000; elapsedMs += 1_000) {
      if (searches() > lookedAtMs.length) {
        lookedAtMs.push(elapsedMs);
        await find();
        await answer(null, null);
      }
      await harness.clock.advance(1_000);
    }
    expect(lookedAtMs.slice(0, 6)).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000]);
    expect(lookedAtMs.length).toBeLessThan(22);
    expect((lookedAtMs.at(-1) ?? 0) - (lookedAtMs.at(-2) ?? 0)).toBe(lookAgainMs);
  });

  it.each(['the relay', 'an observer'])(
    'comes also when %s was asked and the host never said what came of it',
    async (who) => {
      await stand();
      if (who === 'an observer') await find();
      await harness.clock.advance(answerTimeoutMs + 1_000);
      expect(searches()).toBe(2);
    },
  );

  it('takes one answer of two for one', async () => {
    await stand();
    await find();
    const [first] = harness.toldOf('ask.due');
    await harness.client.request('noteAnswer', { askId: first?.askId ?? '', address: SEEN });
    await harness.clock.advance(answerTimeoutMs);
    expect(verdicts()).toEqual([{ addresses: [SEEN], nat: 'unknown' }]);
  });

  it('is none beside a relay without observers, until that is back', async () => {
    await stand();
    await find([]);
    await harness.clock.advance(2 * lookAgainMs);
    expect(searches()).toBe(1);
    await harness.client.request('lookAgain', {});
    expect(searches()).toBe(2);
  });
});

describe('what is known of the observers', () => {
  const asked = async () => (await harness.client.request('status', {})).asked;

  it('is how many were silent in a row, until one answers', async () => {
    await stand();
    await find();
    await answer(null, null);
    expect(await asked()).toEqual({ hasObserver: true, silentCount: 2, hasAnswered: false });
    await harness.clock.advance(1_000);
    await find(null);
    expect(await asked()).toMatchObject({ silentCount: 2 });
    await harness.clock.advance(2_000);
    await find();
    await harness.clock.advance(answerTimeoutMs);
    expect(await asked()).toMatchObject({ silentCount: 4 });
    await harness.clock.advance(4_000);
    await find();
    await answer(SEEN, null);
    expect(await asked()).toEqual({ hasObserver: true, silentCount: 0, hasAnswered: true });
  });

  it('is nothing on another network, and where the relay has none', async () => {
    await stand();
    await find();
    await answer(SEEN, SEEN);
    await stand({ network: 2 });
    expect(await asked()).toMatchObject({ hasObserver: false, hasAnswered: false });
    await find([]);
    expect(await asked()).toMatchObject({ hasObserver: false });
  });
});

describe('what nobody asked for', () => {
  it('is ignored', async () => {
    await stand();
    await find();
    await find();
    await harness.client.request('setObservers', {
      relayUrl: brandAs<RelayUrl>('https://other.example/'),
      observers: OBSERVERS,
    });
    expect(asks()).toBe(2);
    await answer(SEEN, SEEN);
    await answer(OTHER, OTHER);
    await harness.client.request('noteAnswer', { askId: 'never', address: OTHER });
    expect(verdicts()).toHaveLength(1);
  });

  it('is ignored when the network changed in between', async () => {
    await stand();
    await find();
    await stand({ network: 2 });
    await answer(SEEN, SEEN);
    expect((await harness.client.request('status', {})).observed).toEqual([]);
  });
});

it('does nothing before it is started and after it has stopped', async () => {
  await stand();
  await harness.actor.stop();
  const before = harness.told.length;
  await stand({ network: 2, seenByPeers: PEERS });
  await harness.client.request('lookAgain', {});
  await harness.clock.advance(2 * lookAgainMs);
  expect(harness.told).toHaveLength(before);
  const idle = actorHarness(addressObservation());
  await idle.client.request('setStanding', HERE);
  expect(idle.told).toEqual([]);
  await idle.actor.start();
  expect(idle.toldOf('search.due')).toHaveLength(1);
});
