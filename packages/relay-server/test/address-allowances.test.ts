import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressAllowances } from '../src/address-allowances.ts';

describe('address allowances', () => {
  it('let a burst through, then the rate', () => {
    const allowances = new AddressAllowances({ perSecond: 2, burst: 3 });
    expect([0, 0, 0, 0].map((nowMs) => allowances.take('a', nowMs))).toEqual([true, true, true, false]);
    expect(allowances.take('a', 499)).toBe(false);
    expect(allowances.take('a', 500)).toBe(true);
    expect(allowances.take('a', 500)).toBe(false);
    expect(allowances.take('b', 500)).toBe(true);
  });

  it('are forgotten once full again', () => {
    const allowances = new AddressAllowances({ perSecond: 1, burst: 10 });
    allowances.take('a', 0);
    allowances.take('b', 500);
    allowances.sweep(999);
    expect(allowances.size).toBe(2);
    allowances.sweep(1_000);
    expect(allowances.size).toBe(1);
    allowances.sweep(1_500);
    expect(allowances.size).toBe(0);
  });

  it('remember a bounded number of addresses', () => {
    const allowances = new AddressAllowances({ perSecond: 1, burst: 10 });
    for (let index = 0; index < 70_000; index += 1) allowances.take(String(index), 0);
    expect(allowances.size).toBe(65_536);
  });

  it('never allow more than burst and rate', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 300 });
    fc.assert(
      fc.property(pauses, (pausesMs) => {
        const allowances = new AddressAllowances({ perSecond: 10, burst: 5 });
        let nowMs = 0;
        let allowed = 0;
        for (const pauseMs of pausesMs) {
          nowMs += pauseMs;
          if (allowances.take('a', nowMs)) allowed += 1;
          expect(allowed).toBeLessThanOrEqual(5 + nowMs / 100 + 1e-6);
          if (pauseMs % 3 === 0) allowances.sweep(nowMs);
        }
      }),
    );
  });
});
