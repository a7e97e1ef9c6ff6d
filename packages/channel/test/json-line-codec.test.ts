import { type ChannelMessage, MESSAGE } from '@bowline/channel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromJsonLine, toJsonLine } from '../src/json-line-codec.ts';

/** Payloads as channels have them: JSON, and bytes at any depth, keys with `$` included. */
const payload = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'binary' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constant('$bytes'), fc.constant('$')), tie('value'), { maxKeys: 4 }),
  ),
})).value;

describe('the JSON form of messages', () => {
  test('every message is the same after writing and reading', () => {
    const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    const message = fc.oneof(
      fc.tuple(fc.constant(MESSAGE.request), id, fc.string(), payload),
      fc.tuple(fc.constant(MESSAGE.result), id, payload),
      fc.tuple(fc.constant(MESSAGE.event), fc.string(), payload),
      fc.tuple(fc.constant(MESSAGE.cancel), id),
      fc.tuple(fc.constant(MESSAGE.ping), id),
      fc.tuple(fc.constant(MESSAGE.bye), fc.string()),
      fc.tuple(fc.constant(MESSAGE.welcome)),
      fc.tuple(
        fc.constant(MESSAGE.hello),
        fc.nat(),
        fc.string(),
        fc.nat(),
        fc.record({ options: payload, logLevel: fc.string() }),
      ),
    ) as fc.Arbitrary<ChannelMessage>;
    fc.assert(
      fc.property(message, (original) => {
        const line = toJsonLine(original);
        expect(line).not.toContain('\n');
        expect(plain(fromJsonLine(line))).toEqual(plain(original));
      }),
    );
  });

  test('an error is the same after writing and reading, causes included', () => {
    const error = {
      name: 'DialError',
      code: 'DIAL_FAILED',
      message: 'No answer.',
      retryable: true,
      stage: 'dial',
      data: { bytes: Uint8Array.of(1), $odd: 1 },
      cause: { name: 'Error', code: 'INTERNAL', message: 'inner' },
    } as const;
    expect(fromJsonLine(toJsonLine([MESSAGE.failure, 7, error]))).toEqual([MESSAGE.failure, 7, error]);
    expect(fromJsonLine(toJsonLine([MESSAGE.failure, null, error]))).toEqual([MESSAGE.failure, null, error]);
    expect(fromJsonLine(toJsonLine([MESSAGE.refused, error]))).toEqual([MESSAGE.refused, error]);
  });

  test('bytes are written as base64 under one key', () => {
    expect(toJsonLine([MESSAGE.result, 1, { key: Uint8Array.of(1, 2, 3) }])).toBe(
      '{"type":"result","id":1,"output":{"key":{"$bytes":"AQID"}}}',
    );
  });

  test('a hello needs no more than the channel and its version', () => {
    expect(fromJsonLine('{"type":"hello","channel":"echo","version":1}')).toEqual([MESSAGE.hello, 1, 'echo', 1, {}]);
    expect(fromJsonLine('{"type":"bye"}')).toEqual([MESSAGE.bye, 'the other side said bye']);
  });

  test.each([
    ['', 'no JSON'],
    ['{', 'no JSON'],
    ['nonsense', 'no JSON'],
    ['null', 'no JSON object'],
    ['[1]', 'no JSON object'],
    ['"text"', 'no JSON object'],
    ['{}', '"type"'],
    ['{"type":"shout"}', '"type"'],
    ['{"type":"__proto__"}', '"type"'],
    ['{"type":"hello"}', '"channel"'],
    ['{"type":"hello","channel":"a","version":"1"}', '"version"'],
    ['{"type":"hello","wire":"1","channel":"a","version":1}', '"wire"'],
    ['{"type":"request","verb":"a"}', '"id"'],
    ['{"type":"request","id":0,"verb":"a"}', '"id"'],
    ['{"type":"request","id":1.5,"verb":"a"}', '"id"'],
    ['{"type":"request","id":1e99,"verb":"a"}', '"id"'],
    ['{"type":"request","id":"1","verb":"a"}', '"id"'],
    ['{"type":"request","id":1}', '"verb"'],
    ['{"type":"request","id":1,"verb":"a","input":{"$bytes":5}}', '$bytes'],
    ['{"type":"request","id":1,"verb":"a","input":{"$bytes":"A"}}', '$bytes'],
    ['{"type":"request","id":1,"verb":"a","input":{"$bytes":"AAA*"}}', '$bytes'],
    ['{"type":"request","id":1,"verb":"a","input":{"$date":1}}', '"$"'],
    ['{"type":"failure","id":1}', '"error"'],
    ['{"type":"failure","id":1,"error":{"name":"E","code":1,"message":""}}', '"error.code"'],
    ['{"type":"refused","error":"no"}', '"error"'],
    ['{"type":"event","payload":1}', '"event"'],
    ['{"type":"bye","reason":1}', '"reason"'],
  ])('%s is refused', (line, rule) => {
    expect(() => fromJsonLine(line)).toThrow(rule);
    expect(() => fromJsonLine(line)).toThrow(expect.objectContaining({ code: 'CHANNEL_BAD_MESSAGE' }));
  });

  test('nesting is bounded both ways', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(() => fromJsonLine(`{"type":"event","event":"a","payload":${deep}}`)).toThrow(/deeper/);
    const circle: unknown[] = [];
    circle.push(circle);
    expect(() => toJsonLine([MESSAGE.event, 'a', circle])).toThrow(/deeper/);
  });

  test.each([() => undefined, 1n, Symbol('s'), new Map(), new Set(), new Date()])('%s is not written', (value) => {
    expect(() => toJsonLine([MESSAGE.event, 'a', { value }])).toThrow(/does not carry/);
  });

  test('a key named __proto__ is a key like any other', () => {
    const message = fromJsonLine('{"type":"event","event":"a","payload":{"__proto__":{"polluted":true}}}');
    expect(({} as { readonly polluted?: boolean }).polluted).toBeUndefined();
    expect(Object.keys(message[2] as object)).toEqual(['__proto__']);
  });

  test('no line makes it throw anything but a bad message', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.object().map((value) => JSON.stringify(value)),
        ),
        (line) => {
          try {
            fromJsonLine(line);
          } catch (error) {
            expect(error).toMatchObject({ code: 'CHANNEL_BAD_MESSAGE' });
          }
        },
      ),
    );
  });
});

/** Null prototypes and buffers apart, which are the same to whoever reads them. */
const plain = (value: unknown): unknown => structuredClone(value);
