import { BowlineError } from '@bowline/contracts';
import { redactFields } from '@bowline/logging';
import { describe, expect, test } from 'vitest';

describe('the fields of a log line', () => {
  test('keep what is no secret', () => {
    const fields = {
      endpointId: 'ab'.repeat(32),
      path: 'relay',
      rttMs: 12.5,
      isUp: true,
      none: null,
      list: [1, 2],
      key: 3,
    };
    expect(redactFields(fields)).toEqual(fields);
  });

  test('hide by name at any depth, in maps too', () => {
    expect(
      redactFields({ a: [{ relay: { token: 'abc', url: 'https://r.example' } }], map: new Map([['secretKey', 'x']]) }),
    ).toEqual({ a: [{ relay: { token: '[redacted]', url: 'https://r.example' } }], map: { secretKey: '[redacted]' } });
  });

  test('show of bytes their number alone, whatever they are in', () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, index) => index);
    const hidden = redactFields({
      view: bytes,
      buffer: Buffer.from(bytes),
      raw: bytes.buffer,
      list: [...bytes],
      json: JSON.parse(JSON.stringify({ bytes: Buffer.from(bytes) })),
      secretKey: bytes,
    });
    expect(hidden).toEqual({
      view: '[32 bytes]',
      buffer: '[32 bytes]',
      raw: '[32 bytes]',
      list: '[32 bytes]',
      json: { bytes: { type: 'Buffer', data: '[32 bytes]' } },
      secretKey: '[32 bytes]',
    });
  });

  test('hide a list of twelve words', () => {
    expect(redactFields({ list: Array.from({ length: 12 }, () => 'abandon') })).toEqual({ list: '[redacted]' });
  });

  test('keep of an error name, message, code, stage, data, causes and stack, without secrets', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', token: 'abc' });
    const error = new BowlineError({
      code: 'DIAL_FAILED',
      message: 'No answer at bowline:abc.',
      stage: 'dial',
      retryable: true,
      data: { attempts: 2, ticket: 'bowline:abc' },
      cause,
    });
    expect(redactFields({ error })).toEqual({
      error: {
        name: 'BowlineError',
        message: 'No answer at bowline:[redacted]',
        code: 'DIAL_FAILED',
        stage: 'dial',
        retryable: true,
        data: { attempts: 2, ticket: '[redacted]' },
        cause: {
          name: 'Error',
          message: 'connect ECONNREFUSED',
          code: 'ECONNREFUSED',
          token: '[redacted]',
          stack: expect.any(String),
        },
        stack: expect.stringContaining('No answer at bowline:[redacted]'),
      },
    });
  });

  test('survive circles, getters that throw, and what JSON cannot hold', () => {
    const circle: Record<string, unknown> = {};
    circle.circle = circle;
    const hostile = {
      get bad() {
        throw new Error('no');
      },
    };
    const text = JSON.stringify(
      redactFields({
        circle,
        hostile,
        big: 10n,
        call: () => 1,
        symbol: Symbol('s'),
        date: new Date(0),
        bad: new Date(Number.NaN),
      }),
    );
    expect(text).toContain('[too deep]');
    expect(text).toContain('"hostile":"[unreadable]"');
    expect(text).toContain('"big":"10n"');
    expect(text).toContain('"1970-01-01T00:00:00.000Z"');
  });

  test('are bounded in width', () => {
    const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`f${index}`, index]));
    expect(Object.keys(redactFields(wide))).toHaveLength(101);
    expect((redactFields({ list: Array.from({ length: 1_000 }, () => 'x') }).list as unknown[]).length).toBe(101);
  });
});
