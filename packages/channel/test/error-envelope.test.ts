import { fromErrorEnvelope, toErrorEnvelope } from '@bowline/channel';
import { BowlineError } from '@bowline/contracts';
import { describe, expect, test } from 'vitest';

describe('the envelope of an error', () => {
  test('passes through twice without a change', () => {
    const error = new BowlineError({
      code: 'A',
      message: 'm',
      stage: 'established',
      retryable: true,
      data: { n: 1 },
      cause: new BowlineError({ code: 'B', message: 'n' }),
    });
    const once = toErrorEnvelope(error);
    expect(toErrorEnvelope(fromErrorEnvelope(once))).toEqual(once);
  });

  test('a circular chain of causes ends', () => {
    const error = new Error('a');
    error.cause = error;
    let depth = 0;
    for (let at: { readonly cause?: unknown } | undefined = toErrorEnvelope(error); at !== undefined; depth += 1) {
      at = at.cause as typeof at;
    }
    expect(depth).toBe(9);
  });

  test.each([
    ['a string', 'text', 'text'],
    ['nothing', undefined, 'undefined'],
    ['an object', { toString: (): string => 'odd' }, 'odd'],
  ])('%s that was thrown is INTERNAL', (_name, thrown, message) => {
    expect(toErrorEnvelope(thrown)).toEqual({ name: 'Error', code: 'INTERNAL', message });
  });

  test('an aggregate without a message speaks through its parts', () => {
    const aggregate = new AggregateError([new Error('IPv6 failed'), new Error('IPv4 failed')]);
    expect(toErrorEnvelope(aggregate).message).toBe('IPv6 failed; IPv4 failed');
  });

  test('a message is bounded', () => {
    expect(toErrorEnvelope(new Error('x'.repeat(100_000))).message).toHaveLength(4_096);
  });

  test('the class is gone and the name is not', () => {
    class DialError extends BowlineError {
      override readonly name = 'DialError';
    }
    const revived = fromErrorEnvelope(toErrorEnvelope(new DialError({ code: 'DIAL', message: 'm' })));
    expect(revived).toBeInstanceOf(BowlineError);
    expect(`${revived}`).toBe('DialError: m');
  });
});
