import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { decodeFrame, encodeFrame, WireFormatError, type WireFormatProblem } from '../src/index.ts';

const LIMITS = { maxBytes: 1_024, maxDepth: 4 };
const anything = z.unknown();
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

const problemOf = (bytes: Uint8Array, limits = LIMITS): WireFormatProblem | undefined => {
  try {
    decodeFrame(bytes, anything, limits);
    return undefined;
  } catch (error) {
    if (error instanceof WireFormatError) return error.problem;
    throw error;
  }
};

describe('frames', () => {
  it('come back as they were written', () => {
    const value = { b: 1, a: [true, null, 'ü', -7, 1.5], bytes: Uint8Array.of(1, 2) };
    expect(decodeFrame(encodeFrame(value), anything, LIMITS)).toEqual(value);
  });

  it('sort map keys by length, then bytes', () => {
    expect(Buffer.from(encodeFrame({ bb: 1, a: 2, ab: 3 })).toString('hex')).toBe(
      'a3616102626162036262620 1'.replace(' ', ''),
    );
  });

  it('leave out properties that are undefined', () => {
    expect(encodeFrame({ a: 1, b: undefined })).toEqual(encodeFrame({ a: 1 }));
  });

  it.each<[string, string, WireFormatProblem]>([
    ['nothing', '', 'malformed'],
    ['trailing bytes', '01 01', 'malformed'],
    ['a cut item', '19 01', 'malformed'],
    ['a text past the end', '63 61 61', 'malformed'],
    ['an absurd count', '9b 00 00 ff ff ff ff ff ff', 'malformed'],
    ['an absurd text length', '7b ff ff ff ff ff ff ff ff', 'malformed'],
    ['an indefinite array', '9f 01 ff', 'malformed'],
    ['a lone break', 'ff', 'malformed'],
    ['a tag', 'c1 01', 'malformed'],
    ['a number as key', 'a1 01 01', 'malformed'],
    ['a __proto__ key', 'a1 69 5f5f70726f746f5f5f a0', 'malformed'],
    ['a reserved simple value', 'f8 ff', 'malformed'],
    ['undefined', 'f7', 'malformed'],
    ['NaN', 'f9 7e 00', 'malformed'],
    ['infinity', 'f9 7c 00', 'malformed'],
    ['an integer beyond 2^53', '1b 00 20 00 00 00 00 00 01', 'malformed'],
    ['a duplicate key', 'a2 61 61 01 61 61 02', 'malformed'],
    ['a longer integer', '18 01', 'malformed'],
    ['a longer length', '78 01 61', 'malformed'],
    ['unsorted keys', 'a2 61 62 01 61 61 02', 'not-canonical'],
    ['a long float', 'fa 3f c0 00 00', 'not-canonical'],
    ['an integer as float', 'f9 3c 00', 'not-canonical'],
    ['negative zero', 'f9 80 00', 'not-canonical'],
    ['invalid UTF-8', '61 ff', 'not-canonical'],
    ['five levels', '81 81 81 81 81 01', 'too-deep'],
  ])('refuse %s', (_name, bytes, problem) => {
    expect(problemOf(hex(bytes))).toBe(problem);
  });

  it('are refused by size before anything is read', () => {
    expect(problemOf(new Uint8Array(1_025))).toBe('too-large');
  });

  it('nested a million levels deep are refused without overflowing the stack', () => {
    expect(problemOf(new Uint8Array(1_000_000).fill(0x81), { maxBytes: 2_000_000, maxDepth: 8 })).toBe('too-deep');
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['NaN', { a: Number.NaN }],
    ['infinity', [Number.POSITIVE_INFINITY]],
    ['a broken surrogate', '\ud800'],
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['an integer beyond 2^64', 2n ** 70n],
  ])('are not made from %s', (_name, value) => {
    expect(() => encodeFrame(value)).toThrow(
      expect.objectContaining({ code: 'WIRE_FORMAT_INVALID', problem: 'not-encodable' }),
    );
  });

  it('that break the schema are refused without quoting their content', () => {
    const schema = z.strictObject({ word: z.literal('public') });
    try {
      decodeFrame(encodeFrame({ word: 'secret-value', other: 'secret-key' }), schema, LIMITS);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(WireFormatError);
      expect(JSON.stringify([String(error), (error as WireFormatError).data])).not.toContain('secret');
    }
  });

  const values = fc.letrec((tie) => ({
    leaf: fc.oneof(
      fc.constant(null),
      fc.boolean(),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed() && !text.startsWith('\ufeff')),
      fc.uint8Array({ maxLength: 40 }),
    ),
    node: fc.oneof(
      { maxDepth: 3 },
      tie('leaf'),
      fc.array(tie('node'), { maxLength: 5 }),
      fc.dictionary(fc.string({ maxLength: 8 }), tie('node'), { maxKeys: 5, noNullPrototype: true }),
    ),
  })).node;

  it('round-trip for every value, and equal values have equal bytes', () => {
    fc.assert(
      fc.property(values, (value) => {
        fc.pre(!JSON.stringify(value, (_key, inner) => inner).includes('__proto__'));
        const frame = encodeFrame(value);
        const back = decodeFrame(frame, anything, { maxBytes: 100_000 });
        expect(encodeFrame(back)).toEqual(frame);
      }),
    );
  });

  it('raise nothing but WireFormatError for random and mutated bytes', () => {
    const mutated = fc
      .tuple(values, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }))
      .map(([value, edits]) => {
        const frame = Uint8Array.from(encodeFrame(value));
        for (const [at, byte] of edits) frame[at % frame.length] = byte;
        return frame;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), (bytes) => {
        const limits = { maxBytes: 100_000, maxDepth: 8 };
        if (problemOf(bytes, limits) === undefined) {
          expect(encodeFrame(decodeFrame(bytes, anything, limits))).toEqual(Uint8Array.from(bytes));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
