import { LEAST_RELAY_BUDGET_BYTES } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { budgetSentence, LEAST_BYTES, typedBudget, typedLimit } from '../page/budget-words.ts';

describe('the relay budget on the page', () => {
  it('is bounded as the device bounds it', () => {
    expect(LEAST_BYTES).toBe(LEAST_RELAY_BUDGET_BYTES);
    expect(typedBudget(String(LEAST_BYTES), 'none').problem).toBeNull();
    expect(typedBudget('none', '1MB').problem).toBe(
      'The limit of all devices is too small: with less than 1.05MB a day no connection stays alive.',
    );
  });

  it.each([
    ['500MB', '2G', { peerBytesPerDay: 500_000_000, totalBytesPerDay: 2_000_000_000 }],
    [' None ', '5 GiB', { peerBytesPerDay: null, totalBytesPerDay: 5_368_709_120 }],
    ['', 'none', null],
  ])('is read from %j and %j', (perDevice, total, budget) => {
    expect(typedBudget(perDevice, total)).toEqual({ budget, problem: null });
  });

  it.each(['much', '-1', '0', '1e9', '9'.repeat(32)])('is not read from %j', (text) => {
    expect(typedBudget(text, 'none').problem).toContain('The limit of each device is not a size');
  });

  it.each([null, 500_000_000, 2_000_000_000, 1_500_000, 1_048_577, Number.MAX_SAFE_INTEGER])(
    'shows a limit of %s as what may be typed for it',
    (bytes) => {
      expect(typedBudget(typedLimit(bytes), 'none')).toMatchObject({
        budget: bytes === null ? null : { peerBytesPerDay: bytes },
      });
    },
  );

  it('is said in a sentence', () => {
    expect(budgetSentence({ peerBytesPerDay: 500_000_000, totalBytesPerDay: null })).toBe(
      'Through relays: 500 MB a day for each device, no limit in all.',
    );
    expect(budgetSentence(null)).toBe('Through relays: no limit for each device, no limit in all.');
  });
});
