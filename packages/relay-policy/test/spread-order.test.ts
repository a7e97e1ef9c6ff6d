import { describe, expect, it } from 'vitest';
import { spreadOrder } from '../src/spread-order.ts';
import { PolicyWorld, relay, urlOf } from './policy-world.ts';

const firstOf = (weights: readonly (number | undefined)[], device: number): string | undefined =>
  spreadOrder(
    weights.map((weight, index) => relay(`r${index}`, weight === undefined ? {} : { weight })),
    `device-${device}`,
  )[0]?.url;

describe('the order of equals', () => {
  it('is the list order without weights', () => {
    expect(firstOf([undefined, undefined], 7)).toBe(urlOf('r0'));
  });

  it('gives each relay its share of devices', () => {
    const shares = [0, 0, 0];
    for (let device = 0; device < 6_000; device += 1) {
      const url = firstOf([1, 2, 3], device) ?? '';
      shares[Number(/r(\d)/.exec(url)?.[1])]! += 1;
    }
    expect(shares[0]! / 1_000).toBeCloseTo(1, 0);
    expect(shares[1]! / 1_000).toBeCloseTo(2, 0);
    expect(shares[2]! / 1_000).toBeCloseTo(3, 0);
  });

  it('moves nobody else when a relay leaves', () => {
    for (let device = 0; device < 500; device += 1) {
      const before = firstOf([1, 1, 1], device);
      const after = firstOf([1, 1], device);
      if (before !== urlOf('r2')) expect(after).toBe(before);
    }
  });

  it('decides home among unmeasured relays of one tier', () => {
    const homes = new Set<string | null>();
    for (let device = 0; device < 50; device += 1) {
      const world = new PolicyWorld([relay('a', { weight: 1 }), relay('b', { weight: 1 })]);
      world.up('a');
      world.up('b');
      homes.add(world.decide(`device-${device}`).home);
    }
    expect(homes).toEqual(new Set([urlOf('a'), urlOf('b')]));
  });
});
