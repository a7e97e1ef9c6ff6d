import { describe, expect, it } from 'vitest';
import { resolveServicesOptions, SERVICES_DEFAULTS, type ServicesOptions } from '../src/options.ts';

describe('options of services', () => {
  it('are the defaults unless said', () => {
    expect(resolveServicesOptions()).toEqual(SERVICES_DEFAULTS);
    expect(resolveServicesOptions({ ackDelayMs: 5 })).toEqual({ ...SERVICES_DEFAULTS, ackDelayMs: 5 });
  });

  const fields = Object.keys(SERVICES_DEFAULTS) as (keyof ServicesOptions)[];
  it.each(fields)('refuse a %s that is none', (field) => {
    for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5', null]) {
      expect(() => resolveServicesOptions({ [field]: value })).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION', data: expect.objectContaining({ option: field }) }),
      );
    }
  });

  it('refuse a window that is smaller than what a stream may send at once, and a mistyped name', () => {
    expect(() => resolveServicesOptions({ windowBytes: 65_535 })).toThrow(/windowBytes.*65536/);
    expect(() => resolveServicesOptions({ windowByte: 65_536 } as never)).toThrow(/windowByte/);
  });
});
