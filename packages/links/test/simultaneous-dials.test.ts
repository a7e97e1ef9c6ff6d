import { seededRandom, settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { type Device, type TwoDevices, twoDevices } from './two-devices.ts';

const ROUNDS = 200;

/** Both dial, each after a delay of its own, while the line's delay changes under them; both send meanwhile. */
const dialAtOnce = async (seed: number): Promise<TwoDevices> => {
  const devices = await twoDevices();
  const { low, high, clock, network } = devices;
  const random = seededRandom(seed);
  const upTo = (ms: number): number => Math.floor(random.ratio() * ms);
  const results: Promise<unknown>[] = [];
  const dialLater = (one: Device, other: Device): void => {
    clock.setTimer(upTo(60), () => {
      results.push(one.connect(other));
    });
    for (let count = 0; count < 3; count += 1) {
      clock.setTimer(upTo(150), () => {
        results.push(one.send(other, `${one.name} ${count}`));
      });
    }
  };
  dialLater(low, high);
  dialLater(high, low);
  for (let change = 0; change < 8; change += 1) {
    clock.setTimer(upTo(150), () => network.setDelay(low.endpointId, high.endpointId, upTo(50)));
  }
  await clock.advance(2_000);
  await Promise.all(results);
  return devices;
};

describe('two devices that dial each other at once', () => {
  it(`have exactly one connection in ${ROUNDS} of ${ROUNDS} rounds, told once, with no message lost or repeated`, async () => {
    const outcomes = { low: 0, high: 0 };
    for (let seed = 1; seed <= ROUNDS; seed += 1) {
      const { low, high, network } = await dialAtOnce(seed);
      const [lowUp] = low.harness.toldOf('link.up');
      const [highUp] = high.harness.toldOf('link.up');
      const seen = {
        connections: network.openConnectionCount,
        low: low.events().filter((event) => event.startsWith('link.') && event !== 'link.pathChanged'),
        high: high.events().filter((event) => event.startsWith('link.') && event !== 'link.pathChanged'),
        journals: [low, high].map(({ journal }) => [...journal].sort((a, b) => a.localeCompare(b))),
        isSameConnection: lowUp?.dialledBy !== highUp?.dialledBy,
      };
      const expectedFrom = (one: Device) => [0, 1, 2].map((count) => `${one.name} ${count}`);
      expect({ seed, ...seen }).toEqual({
        seed,
        connections: 1,
        low: ['link.up'],
        high: ['link.up'],
        journals: [expectedFrom(high), expectedFrom(low)],
        isSameConnection: true,
      });
      outcomes[lowUp?.dialledBy === 'us' ? 'low' : 'high'] += 1;
    }
    // Both sides' dials win at times: the rule does not starve one of them.
    expect(outcomes.low).toBeGreaterThan(ROUNDS / 10);
    expect(outcomes.high).toBeGreaterThan(ROUNDS / 10);
  });

  it('let the smaller id win when both hellos are under way', async () => {
    const { low, high, clock, network } = await twoDevices();
    network.setDelay(low.endpointId, high.endpointId, 20);
    const dials = Promise.all([low.connect(high), high.connect(low)]);
    await clock.advance(500);
    await dials;
    expect(low.harness.toldOf('link.up')).toMatchObject([{ dialledBy: 'us' }]);
    expect(high.harness.toldOf('link.up')).toMatchObject([{ dialledBy: 'peer' }]);
    expect(network.openConnectionCount).toBe(1);
  });

  it('do not wait for a dial that cannot succeed when the other one has', async () => {
    const { low, high, clock } = await twoDevices();
    const nowhere = low.harness.client.request('connect', {
      deviceId: high.deviceId,
      directAddresses: [],
      throughRelay: false,
      timeoutMs: 10_000,
    });
    await settle();
    await high.connect(low);
    await settle();
    await expect(nowhere).resolves.toMatchObject({ path: { kind: 'direct' } });
    expect(low.harness.toldOf('link.up')).toMatchObject([{ dialledBy: 'peer' }]);
    await clock.advance(20_000);
    expect(low.events()).toEqual(['link.up']);
  });

  it('ignore a hello that a later welcome has overtaken', async () => {
    const { low, high, clock, network } = await twoDevices();
    network.setDelay(low.endpointId, high.endpointId, 10);
    // The larger id's dial stands first and its hello gets stuck on a slow line.
    const fromHigh = high.connect(low);
    await clock.advance(20);
    await settle();
    network.setDelay(low.endpointId, high.endpointId, 0);
    const fromLow = low.connect(high);
    await settle();
    await Promise.all([fromHigh, fromLow]);
    await clock.advance(1_000);
    expect(low.events()).toEqual(['link.up']);
    expect(high.events()).toEqual(['link.up']);
    expect(network.openConnectionCount).toBe(1);
  });
});
