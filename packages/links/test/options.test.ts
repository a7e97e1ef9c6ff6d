import { describe, expect, it } from 'vitest';
import { LINKS_DEFAULTS, type LinksOptions, links, resolveLinksOptions } from '../src/index.ts';

describe('links options', () => {
  it('have defaults', () => {
    expect(resolveLinksOptions()).toEqual(LINKS_DEFAULTS);
    expect(resolveLinksOptions({ silenceMs: 2_000 })).toMatchObject({ silenceMs: 2_000, idleIntervalMs: 1_250 });
  });

  it.each(Object.keys(LINKS_DEFAULTS) as (keyof LinksOptions)[])(
    'refuse a %s that is no whole number above zero',
    (field) => {
      for (const value of [0, -1, 1.5, Number.NaN, '5' as unknown as number]) {
        expect(() => resolveLinksOptions({ [field]: value })).toThrowError(
          expect.objectContaining({ code: 'INVALID_OPTION', data: expect.objectContaining({ option: field }) }),
        );
      }
    },
  );

  it('refuse times that contradict each other', () => {
    expect(() => links({ activeIntervalMs: 1_200 })).toThrowError(/activeIntervalMs/);
    expect(() => links({ silenceAfterChangeMs: 1_201 })).toThrowError(/silenceAfterChangeMs/);
    expect(() => links({ maxSilenceMs: 1_199 })({} as never)).toThrowError(/maxSilenceMs/);
  });
});
