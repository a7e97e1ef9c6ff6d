import { BowlineError } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../src/exit-codes.ts';

describe('exitCodeOf', () => {
  it.each([
    ['PAIRING_CODE_INVALID', 2],
    ['NOBODY_FOUND', 3],
    ['DEVICE_NOT_FOUND', 3],
    ['CODE_USED', 4],
    ['REJECTED', 4],
    ['CODE_EXPIRED', 5],
    ['STORE_LOCKED', 6],
    ['SOMETHING_NEW', 1],
  ])('tells %s apart as %i', (code, exitCode) => {
    expect(exitCodeOf(new BowlineError({ code, message: 'm' }))).toBe(exitCode);
  });

  it('is 1 for what is no error of ours', () => {
    expect(exitCodeOf(new Error('m'))).toBe(1);
    expect(exitCodeOf('text')).toBe(1);
  });
});
