import { describe, expect, it } from 'vitest';
import { TimeJump } from '../src/time-jump.ts';

describe('a jump of time', () => {
  it('is a look that comes later than a busy process would', () => {
    const jump = new TimeJump(500);
    expect(jump.lateMs(9_999)).toBe(0);
    jump.expectAt(10_000);
    expect([jump.lateMs(9_000), jump.lateMs(10_500), jump.lateMs(10_501)]).toEqual([0, 0, 501]);
    jump.expectAt(20_000);
    expect(jump.lateMs(20_400)).toBe(0);
  });
});
