import { describe, expect, it } from 'vitest';
import { type AddressDiscoveryChoice, chooseAddressDiscovery, type PolicyRelayState } from '../src/index.ts';
import { fiveOf, PolicyWorld, relay, urlOf } from './policy-world.ts';

/** A home, a standby and others that work, or do not. */
class DiscoveryWorld {
  readonly policy = new PolicyWorld([relay('home'), relay('standby'), relay('spare')]);
  offering = ['home', 'standby', 'spare'];
  previous: AddressDiscoveryChoice | null = null;

  constructor() {
    this.policy.up('home', ...fiveOf(10));
    this.policy.up('standby', ...fiveOf(20));
  }

  stateOf = (url: AddressDiscoveryChoice['url']): PolicyRelayState => this.policy.health.get(url)?.state ?? 'idle';

  choose(afterMs = 0): string | null {
    this.policy.nowMs += afterMs;
    this.previous = chooseAddressDiscovery({
      offering: this.offering.map(urlOf),
      stateOf: this.stateOf,
      decision: this.policy.decide(),
      previous: this.previous,
      nowMs: this.policy.nowMs,
    });
    return this.previous === null ? null : new URL(this.previous.url).hostname.replace('.example', '');
  }
}

describe('the relay that is asked for the public address', () => {
  it('is the standby, whose login carries nothing', () => {
    expect(new DiscoveryWorld().choose()).toBe('standby');
  });

  it('is home where no other offers it', () => {
    const world = new DiscoveryWorld();
    world.offering = ['home'];
    expect(world.choose()).toBe('home');
  });

  it('is none where none offers it, and none before one is connected', () => {
    const world = new DiscoveryWorld();
    world.offering = [];
    expect(world.choose()).toBeNull();
    world.offering = ['spare'];
    expect(world.choose()).toBeNull();
    world.policy.up('spare');
    expect(world.choose()).toBe('spare');
  });

  it('is not chosen while the standby is about to be connected', () => {
    const world = new DiscoveryWorld();
    world.policy.patch('standby', { state: 'connecting' });
    expect(world.choose()).toBeNull();
    world.policy.down('standby');
    expect(world.choose()).toBe('home');
  });

  it('stays when it becomes home, or is left by the switchboard', () => {
    const world = new DiscoveryWorld();
    world.choose();
    world.policy.down('home');
    expect(world.choose(120_000)).toBe('standby');
    world.policy.patch('standby', { state: 'idle' });
    expect(world.choose(120_000)).toBe('standby');
  });

  it('stays through a short loss, and gives way after a minute of it', () => {
    const world = new DiscoveryWorld();
    world.choose();
    world.policy.down('standby');
    expect(world.choose()).toBe('standby');
    expect(world.choose(59_999)).toBe('standby');
    expect(world.choose(1)).toBe('home');
  });

  it('counts the minute anew after it has worked again', () => {
    const world = new DiscoveryWorld();
    world.choose();
    world.policy.down('standby');
    world.choose();
    world.policy.up('standby');
    world.choose(50_000);
    world.policy.down('standby');
    world.choose();
    expect(world.choose(50_000)).toBe('standby');
  });

  it('stays beyond that while no other works', () => {
    const world = new DiscoveryWorld();
    world.choose();
    world.policy.down('standby');
    world.policy.down('home');
    world.choose();
    expect(world.choose(600_000)).toBe('standby');
  });

  it('gives way at once when it leaves the list', () => {
    const world = new DiscoveryWorld();
    world.choose();
    world.offering = ['home'];
    expect(world.choose()).toBe('home');
  });
});
