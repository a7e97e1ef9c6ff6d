import { type FakeClock, fakeClock } from '@bowline/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { relayUrl, SimulatedDevice, settings } from './support/simulated-device.ts';
import { SimulatedRelays } from './support/simulated-relays.ts';

let clock: FakeClock;
let relays: SimulatedRelays;
let alice: SimulatedDevice;
let bob: SimulatedDevice;
let carol: SimulatedDevice;

const [a, b, c] = [relayUrl('a'), relayUrl('b'), relayUrl('c')];

/** Alice is on relay a, which everybody may use; bob on relay b, which wants a token. */
beforeEach(async () => {
  clock = fakeClock();
  relays = new SimulatedRelays(clock);
  relays.set(b, { tokens: ['bobs'] });
  [alice, bob, carol] = [1, 2, 3].map((seed) => new SimulatedDevice(clock, relays, seed)) as [
    SimulatedDevice,
    SimulatedDevice,
    SimulatedDevice,
  ];
  alice.switchboard.configureRelays([settings('a')]);
  bob.switchboard.configureRelays([settings('b', { token: 'bobs' })]);
  alice.hint(bob.endpointId, [b]);
  await clock.advance(1_000);
});

const tokensAt = (url: string): readonly (string | null)[] =>
  relays.dials.filter((dial) => dial.url === url).map(({ token }) => token);

describe('a token that a peer lent', () => {
  it('opens the relay of that peer', async () => {
    alice.lend(bob.endpointId, [{ url: b, token: 'bobs' }]);
    alice.send(bob.endpointId, 'hello');
    await clock.advance(100);
    expect(bob.take()).toEqual(['hello']);
  });

  it('is missed where it is needed: the relay refuses, and says why', async () => {
    alice.send(bob.endpointId, 'hello');
    await clock.advance(100);
    expect(bob.take()).toEqual([]);
    expect(alice.switchboard.status().relays.at(-1)).toMatchObject({ url: b, state: 'down', downReason: 'auth' });
  });

  it('that comes after the refusal is tried at once', async () => {
    alice.send(bob.endpointId, 'early');
    await clock.advance(30_000);
    const dials = tokensAt(b).length;
    alice.lend(bob.endpointId, [{ url: b, token: 'bobs' }]);
    await clock.advance(50);
    expect(tokensAt(b).slice(dials)).toEqual(['bobs']);
    alice.send(bob.endpointId, 'hello');
    await clock.advance(100);
    expect(bob.take()).toEqual(['hello']);
  });

  it('is shown to no other relay', async () => {
    alice.lend(bob.endpointId, [{ url: b, token: 'bobs' }]);
    alice.hint(bob.endpointId, [b, c]);
    alice.send(bob.endpointId, 'hello');
    await clock.advance(1_000);
    expect([tokensAt(a), tokensAt(c)]).toEqual([
      expect.not.arrayContaining(['bobs']),
      expect.not.arrayContaining(['bobs']),
    ]);
    expect(tokensAt(c)).toContain(null);
  });

  it('gives way to the next one when the relay refuses it, so that nobody can spoil the relay of another', async () => {
    alice.lend(bob.endpointId, [{ url: b, token: 'bobs' }]);
    alice.lend(carol.endpointId, [{ url: b, token: 'wrong' }]);
    alice.send(bob.endpointId, 'hello');
    await clock.advance(1_000);
    expect(tokensAt(b).slice(-2)).toEqual(['wrong', 'bobs']);
    expect(bob.take()).toEqual(['hello']);
  });

  it('comes after the one the person gave for that relay', async () => {
    alice.lend(bob.endpointId, [{ url: a, token: 'lent' }]);
    relays.set(a, { tokens: ['own'] });
    relays.cut(a);
    alice.switchboard.configureRelays([settings('a', { token: 'own' })]);
    await clock.advance(1_000);
    expect(tokensAt(a).at(-1)).toBe('own');
  });

  it('is forgotten with the peer', async () => {
    alice.lend(bob.endpointId, [{ url: b, token: 'bobs' }]);
    alice.forget(bob.endpointId);
    alice.hint(bob.endpointId, [b]);
    alice.send(bob.endpointId, 'hello');
    await clock.advance(1_000);
    expect(bob.take()).toEqual([]);
  });

  it('is in no log', async () => {
    alice.lend(bob.endpointId, [{ url: b, token: 'bobs-secret' }]);
    alice.send(bob.endpointId, 'hello');
    await clock.advance(1_000);
    expect(JSON.stringify([alice.logger.lines, alice.told])).not.toContain('bobs-secret');
  });

  it.each([
    ['with a line break', [{ url: b, token: 'a\nb' }]],
    ['for what is no relay URL', [{ url: 'ftp://b.example/' as typeof b, token: 'a' }]],
    ['of too many relays', Array.from({ length: 9 }, (_, index) => ({ url: relayUrl(`r${index}`), token: 'a' }))],
  ])('is refused %s', (_what, tokens) => {
    expect(() => alice.lend(bob.endpointId, tokens)).toThrow(
      expect.objectContaining({ code: 'SWITCHBOARD_BAD_REQUEST' }),
    );
  });
});
