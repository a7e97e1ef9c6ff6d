import { describe, expect, it } from 'vitest';
import { sampleHistory } from '../page/sample-history.ts';

describe('the samples of what a page shows', () => {
  it('are kept for two minutes, oldest first', () => {
    const history = sampleHistory();
    for (let value = 0; value < 125; value += 1) history.take([['nas', value]]);
    expect(history.of('nas')).toHaveLength(120);
    expect(history.of('nas').at(0)).toBe(5);
    expect(history.of('nas').at(-1)).toBe(124);
  });

  it('have gaps where nothing was measured, and none of what is not there', () => {
    const history = sampleHistory();
    history.take([['nas', 12]]);
    history.take([['nas', null]]);
    expect(history.of('nas')).toEqual([12, null]);
    expect(history.of('phone')).toEqual([]);
  });

  it('have a gap where some were due and not taken, so that none seems younger than it is', () => {
    const history = sampleHistory();
    history.take([['nas', 12]], 60);
    history.take([['nas', 13]], 2);
    expect(history.of('nas')).toEqual([12, null, null, 13]);
    history.take([['nas', 14]], 86_400);
    expect(history.of('nas')).toHaveLength(120);
    expect(history.of('nas').filter((value) => value !== null)).toEqual([14]);
  });

  it('go with what they are of', () => {
    const history = sampleHistory();
    history.take([
      ['nas', 12],
      ['phone', 3],
    ]);
    history.take([['nas', 13]]);
    expect(history.of('phone')).toEqual([]);
    history.take([
      ['nas', 14],
      ['phone', 4],
    ]);
    expect(history.of('phone')).toEqual([4]);
  });
});
