import type { EndpointId } from '@bowline/contracts';
import { keyOfEndpointId } from '@bowline/relay-protocol';
import { type FakeClock, fakeClock, settle } from '@bowline/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { relayUrl, SimulatedDevice, settings } from './support/simulated-device.ts';
import { SimulatedRelays } from './support/simulated-relays.ts';

let clock: FakeClock;
let relays: SimulatedRelays;
let alice: SimulatedDevice;
let bob: SimulatedDevice;
let carol: SimulatedDevice;

const [a, b, c] = [relayUrl('a'), relayUrl('b'), relayUrl('c')];

/** Alice is on relay a; Bob, whom she knows, and has just sent something to, is on relay b. */
beforeEach(async () => {
  clock = fakeClock();
  relays = new SimulatedRelays(clock);
  [alice, bob, carol] = [1, 2, 3].map((seed) => new SimulatedDevice(clock, relays, seed)) as [
    SimulatedDevice,
    SimulatedDevice,
    SimulatedDevice,
  ];
  alice.switchboard.configureRelays([settings('a')]);
  bob.switchboard.configureRelays([settings('b')]);
  carol.switchboard.configureRelays([settings('a')]);
  alice.hint(bob.endpointId, [b]);
  await clock.advance(1_000);
  alice.send(bob.endpointId, 'x');
  await clock.advance(60);
});

/** Relay b gives everybody logged in a datagram that it says is from `sender`. */
const invent = (sender: EndpointId): void =>
  relays.say(b, {
    type: 'datagrams',
    endpointKey: keyOfEndpointId(sender),
    ecn: 0,
    segmentBytes: null,
    contents: Buffer.from('invented'),
  });

const joined = (): readonly string[] => alice.switchboard.status().relays.map(({ url }) => url);

describe('a relay joined for a peer', () => {
  it('is not kept by datagrams of senders that are not known to be there', async () => {
    for (let count = 0; count < 30; count += 1) {
      invent(carol.endpointId);
      await clock.advance(3_000);
    }
    expect(joined()).toEqual([a]);
  });

  it('is kept by datagrams of the peer known to be there', async () => {
    for (let count = 0; count < 30; count += 1) {
      bob.send(alice.endpointId, 'here');
      await clock.advance(3_000);
    }
    expect(joined()).toEqual([a, b]);
  });

  it('is not kept by what a relay loses again and again', async () => {
    for (let count = 0; count < 600; count += 1) {
      relays.cut(b);
      await clock.advance(150);
    }
    expect(joined()).toEqual([a]);
  });

  it('is left at once when nobody names it any more', async () => {
    alice.forget(bob.endpointId);
    await settle();
    expect(joined()).toEqual([a]);
    const dials = relays.dials.length;
    for (let count = 0; count < 60; count += 1) {
      alice.send(bob.endpointId, 'x');
      await clock.advance(3_000);
    }
    expect(relays.dials).toHaveLength(dials);
  });

  it('stays while another peer names it', async () => {
    alice.hint(carol.endpointId, [b]);
    alice.forget(bob.endpointId);
    await clock.advance(1_000);
    expect(joined()).toEqual([a, b]);
  });

  it('stays while it is one of the person’s own, home or not', async () => {
    alice.switchboard.configureRelays([settings('a', { pinned: true }), settings('b'), settings('c')]);
    alice.forget(bob.endpointId);
    await clock.advance(1_000);
    expect(joined()).toContain(b);
  });

  it('gets no answers for a peer that is not known to be there', async () => {
    alice.switchboard.setPeers([
      { endpointId: bob.endpointId, relayUrls: [b], tokens: [] },
      { endpointId: carol.endpointId, relayUrls: [a], tokens: [] },
    ]);
    carol.send(alice.endpointId, 'me');
    await clock.advance(40_000);
    for (let count = 0; count < 10; count += 1) invent(carol.endpointId);
    await clock.advance(20);
    alice.send(carol.endpointId, 'answer');
    await clock.advance(20);
    expect(carol.take()).toEqual(['answer']);
    expect(alice.toldOf('route.changed').filter(({ relayUrl }) => relayUrl === b)).toEqual([]);
  });
});

describe('the list of peers', () => {
  const peer = (device: SimulatedDevice, ...relayUrls: readonly (typeof a)[]) => ({
    endpointId: device.endpointId,
    relayUrls,
    tokens: [],
  });

  it('is taken whole: whoever is missing from the next one is forgotten', async () => {
    alice.switchboard.setPeers([peer(bob, b), peer(carol, c)]);
    alice.forget(bob.endpointId);
    alice.send(carol.endpointId, 'x');
    await clock.advance(1_000);
    expect(joined()).toEqual([a, b, c]);
    alice.switchboard.setPeers([peer(carol, c)]);
    await settle();
    expect(joined()).toEqual([a, c]);
    alice.switchboard.setPeers([]);
    await settle();
    expect(joined()).toEqual([a]);
  });

  it('changes nothing when it is told again', async () => {
    alice.switchboard.setPeers([peer(bob, b)]);
    await clock.advance(1_000);
    const dials = relays.dials.length;
    for (let count = 0; count < 10; count += 1) alice.switchboard.setPeers([peer(bob, b)]);
    await clock.advance(1_000);
    expect(relays.dials).toHaveLength(dials);
    expect(joined()).toEqual([a, b]);
  });

  it('opens relays with the tokens it holds, and with those alone', async () => {
    alice.switchboard.setPeers([{ ...peer(carol, c), tokens: [{ url: c, token: 'shared' }] }]);
    alice.send(carol.endpointId, 'x');
    await clock.advance(100);
    expect(relays.dials.filter(({ url }) => url === c).map(({ token }) => token)).toEqual(['shared']);
    alice.switchboard.setPeers([peer(carol, c)]);
    relays.cut(c);
    await clock.advance(1_000);
    expect(relays.dials.findLast(({ url }) => url === c)?.token).toBeNull();
  });

  it('does not take back what an open session looks for', async () => {
    alice.switchboard.setPeers([peer(carol, a)]);
    await settle();
    expect(joined()).toEqual([a, b]);
    alice.switchboard.setCandidates([peer(bob, b)]);
    alice.switchboard.setPeers([]);
    await settle();
    expect(joined()).toEqual([a, b]);
    alice.switchboard.setCandidates([]);
    await settle();
    expect(joined()).toEqual([a]);
  });

  it('is bounded, and refused as a whole', () => {
    const many = Array.from({ length: 16_385 }, () => peer(bob, b));
    expect(() => alice.switchboard.setPeers(many)).toThrow('at most 16384');
    expect(() => alice.switchboard.setCandidates(many)).toThrow('at most 1024');
    const tokens = [{ url: b, token: 'line\nbreak' }];
    expect(() => alice.switchboard.setPeers([{ ...peer(carol, c), tokens }])).toThrow('token');
    expect(joined()).toEqual([a, b]);
  });
});

describe('a relay that only a peer names', () => {
  beforeEach(async () => {
    alice.forget(bob.endpointId);
    alice.switchboard.setPeers([{ endpointId: carol.endpointId, relayUrls: [c], tokens: [] }]);
    relays.set(c, { isForeign: true });
    alice.send(carol.endpointId, 'x');
    await clock.advance(100);
  });

  const atC = () => alice.switchboard.status().relays.find(({ url }) => url === c);

  it('is given no bare answer to a challenge, and status says what would help', () => {
    expect(relays.presentAt(c)).toEqual([]);
    expect(atC()).toMatchObject({ state: 'down', downReason: 'notConfigured' });
  });

  it('is used at once when it is configured', async () => {
    await clock.advance(10_000);
    alice.switchboard.configureRelays([settings('a'), settings('c')]);
    await clock.advance(50);
    expect(atC()).toMatchObject({ state: 'connected', downReason: null });
  });
});
