import type { Random } from '@bowline/contracts';
import { seededRandom } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { PolicyWorld, relay, urlOf } from './policy-world.ts';

/** A round trip around `baseMs`: jitter of a third, and one in twenty answers delayed by up to ten times. */
const noisyRttMs = (random: Random, baseMs: number): number => {
  const jitter = baseMs * (0.85 + 0.3 * random.ratio());
  return random.ratio() < 0.05 ? jitter * (1 + 9 * random.ratio()) : jitter;
};

/** One hour, a ping to every relay each second. */
const simulateHour = (
  world: PolicyWorld,
  seed: number,
  latencies: Readonly<Record<string, (second: number) => number>>,
  eachSecond: (second: number) => void = () => undefined,
): void => {
  const random = seededRandom(seed);
  for (let second = 0; second < 3_600; second += 1) {
    world.nowMs = second * 1_000;
    eachSecond(second);
    for (const [name, baseMs] of Object.entries(latencies)) {
      if (world.health.get(urlOf(name))?.state === 'connected') world.sample(name, noisyRttMs(random, baseMs(second)));
    }
    world.decide();
  }
};

describe('an hour of noisy latencies', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('never moves between relays that are about equal (seed %i)', (seed) => {
    const world = new PolicyWorld([relay('a'), relay('b'), relay('c')]);
    for (const name of ['a', 'b', 'c']) world.up(name);
    simulateHour(world, seed, { a: () => 40, b: () => 36, c: () => 44 });
    expect(world.moves).toHaveLength(1);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('moves at most once to a relay right at the threshold (seed %i)', (seed) => {
    const world = new PolicyWorld([relay('a'), relay('b')]);
    world.up('a');
    world.up('b');
    simulateHour(world, seed, { a: () => 60, b: () => 40 });
    expect(world.moves.length).toBeLessThanOrEqual(2);
  });

  it('follows a relay whose latency wanders over the hour with one move for each real change', () => {
    const world = new PolicyWorld([relay('a'), relay('b')]);
    world.up('a');
    world.up('b');
    simulateHour(world, 3, { a: (second) => (second % 1_200 < 600 ? 30 : 120), b: () => 50 });
    expect(world.moves.length).toBeLessThanOrEqual(7);
    expect(world.moves.length).toBeGreaterThanOrEqual(6);
  });

  it('leaves a flapping relay of a better tier alone most of the time', () => {
    const world = new PolicyWorld([relay('mine'), relay('public', { tier: 1 })]);
    world.up('public');
    const lossesAt: number[] = [];
    simulateHour(world, 4, { mine: () => 20, public: () => 30 }, (second) => {
      if (second % 30 === 0) world.up('mine');
      if (second % 30 === 20) {
        world.down('mine');
        lossesAt.push(second);
      }
      world.patch('mine', { recentLosses: lossesAt.filter((at) => second - at < 600).length });
    });
    expect(world.moves.length).toBeLessThanOrEqual(4);
    expect(world.previous?.home).toBe(urlOf('public'));
  });
});
