import {
  assertNever,
  BowlineError,
  CLOSE_CODES,
  closeNameOf,
  errorCode,
  errorMessage,
  InvalidOptionError,
} from '@bowline/contracts';
import { describe, expect, it } from 'vitest';

describe('BowlineError', () => {
  it('carries code, stage, data and cause', () => {
    const cause = new Error('below');
    const error = new BowlineError({
      code: 'X',
      message: 'above',
      stage: 'dial',
      retryable: true,
      data: { a: 1 },
      cause,
    });
    expect(error).toMatchObject({ code: 'X', message: 'above', stage: 'dial', retryable: true, data: { a: 1 }, cause });
  });

  it('is not retryable unless it says so', () => {
    expect(new BowlineError({ code: 'X', message: 'm' }).retryable).toBe(false);
  });
});

describe('InvalidOptionError', () => {
  it('names the option, the rule and what was received, cut short', () => {
    const error = new InvalidOptionError('name', 'must be short', 'a'.repeat(500));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toMatch(/^Option "name" must be short; received "a+\.\.\.\.$/);
    expect(error.message.length).toBeLessThan(140);
  });
});

describe('errorCode and errorMessage', () => {
  it('read whatever was thrown', () => {
    expect(errorCode(Object.assign(new Error('m'), { code: 'ENOENT' }))).toBe('ENOENT');
    expect(errorCode(Object.assign(new Error('m'), { code: 5 }))).toBeUndefined();
    expect(errorCode('text')).toBeUndefined();
    expect(errorMessage('text')).toBe('text');
  });
});

describe('close codes', () => {
  it('are distinct, and found by number', () => {
    const numbers = Object.values(CLOSE_CODES);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(closeNameOf(CLOSE_CODES['code-used'])).toBe('code-used');
    expect(closeNameOf(999)).toBeUndefined();
  });
});

describe('assertNever', () => {
  it('fails loudly on the impossible', () => {
    expect(() => assertNever('surprise' as never)).toThrow('Unexpected value: "surprise"');
  });
});
