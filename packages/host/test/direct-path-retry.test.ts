import { brandAs, type DeviceId } from '@bowline/contracts';
import { fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { directPathRetry } from '../src/direct-path-retry.ts';

const [PHONE, TABLET] = [brandAs<DeviceId>('d-1'), brandAs<DeviceId>('d-2')];

/** Without chance; tries are noted by their time, seconds. */
const retrying = () => {
  const clock = fakeClock();
  const beganMs = clock.monotonicMs();
  const tries: number[] = [];
  const retry = directPathRetry({
    clock,
    random: { ratio: () => 0 },
    tryNow: () => tries.push((clock.monotonicMs() - beganMs) / 1_000),
  });
  return { clock, tries, retry };
};

describe('a direct path, while a device is linked by a relay', () => {
  it('is tried for soon, then ever more seldom, for ever', async () => {
    const { clock, tries, retry } = retrying();
    retry.setRelayed(PHONE, true);
    await clock.advance(3_600_000);
    expect(tries.slice(0, 5)).toEqual([5, 12.5, 23.75, 40.625, 65.9375]);
    expect(tries.length).toBeLessThan(24);
    expect((tries.at(-1) ?? 0) - (tries.at(-2) ?? 0)).toBe(300);
    expect(tries.at(-1)).toBeGreaterThan(3_300);
  });

  it('is tried for again, at any time, within half as long as the device has been relayed and five seconds', async () => {
    const { clock, tries, retry } = retrying();
    retry.setRelayed(PHONE, true);
    await clock.advance(300_000);
    for (const [index, atSeconds] of tries.entries()) {
      const before = tries[index - 1] ?? 0;
      expect(atSeconds - before).toBeLessThanOrEqual(before / 2 + 5);
    }
  });

  it('is tried for soon once something changed, and a storm of changes puts no try off', async () => {
    const { clock, tries, retry } = retrying();
    retry.setRelayed(PHONE, true);
    await clock.advance(70_000);
    expect(tries).toHaveLength(5);
    for (let second = 0; second < 12; second += 1) {
      retry.startOver();
      await clock.advance(1_000);
    }
    expect(tries.slice(5)).toEqual([75, 80]);
  });

  it('is tried for soon when another device is relayed as well', async () => {
    const { clock, tries, retry } = retrying();
    retry.setRelayed(PHONE, true);
    await clock.advance(70_000);
    retry.setRelayed(TABLET, true);
    await clock.advance(5_000);
    expect(tries.at(-1)).toBe(75);
  });

  it('is not tried for, and costs no timer, once there is one, while nobody is linked, and after the end', async () => {
    const { clock, tries, retry } = retrying();
    retry.startOver();
    expect(clock.pendingTimerCount).toBe(0);
    retry.setRelayed(PHONE, true);
    retry.setRelayed(TABLET, true);
    retry.setRelayed(PHONE, false);
    expect(clock.pendingTimerCount).toBe(1);
    retry.setRelayed(TABLET, false);
    expect(clock.pendingTimerCount).toBe(0);
    retry.setRelayed(PHONE, true);
    retry.cancel();
    await clock.advance(3_600_000);
    expect(tries).toEqual([]);
    expect(clock.pendingTimerCount).toBe(0);
  });
});
