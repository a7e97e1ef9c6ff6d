import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  formatTicket,
  MAX_CODE_CHARACTERS,
  PairingCodeInvalidError,
  parseCode,
  TicketInvalidError,
  TicketNewerError,
  wordsOfEntropy,
} from '../src/index.ts';

interface PastedCode {
  readonly class: string;
  readonly what: string;
  readonly text: string;
  readonly kind?: 'words' | 'ticket';
  readonly problem?: string;
  /** Which code it is, where it is another than that of the rest. */
  readonly words?: string;
}

const { words, codes } = JSON.parse(readFileSync(new URL('vectors/pasted-codes.json', import.meta.url), 'utf8')) as {
  readonly words: string;
  readonly codes: readonly PastedCode[];
};
const taken = codes.filter(({ kind }) => kind !== undefined);
const refused = codes.filter(({ problem }) => problem !== undefined);

const outcomeOf = (text: string): string => {
  try {
    const { kind, entropy } = parseCode(text);
    return `${kind}: ${wordsOfEntropy(entropy)}`;
  } catch (error) {
    const isKnown =
      error instanceof PairingCodeInvalidError ||
      error instanceof TicketInvalidError ||
      error instanceof TicketNewerError;
    if (!isKnown) throw error;
    return String(error.data.problem ?? error.code);
  }
};

describe('what people paste', () => {
  it('is at least 200 codes of many classes', () => {
    expect(codes.length).toBeGreaterThan(200);
    expect(new Set(codes.map((each) => each.class)).size).toBeGreaterThan(15);
  });

  test.each(taken)('$class: $what is read', ({ text, kind, words: own = words }) => {
    expect(outcomeOf(text)).toBe(`${kind}: ${own}`);
  });

  test.each(refused)('$class: $what is answered with what is wrong', ({ text, problem }) => {
    expect(outcomeOf(text)).toBe(problem);
  });

  it('is not guessed at where two readings fit', () => {
    const other = wordsOfEntropy(new Uint8Array(16).fill(9));
    expect(outcomeOf(`so ${words} eh ${other} indeed`)).toMatch(/word-count|no-code/);
  });
});

describe('whatever is pasted', () => {
  const entropy = Uint8Array.from({ length: 16 }, (_, index) => index * 7);
  const ticket = formatTicket({
    entropy,
    endpointId: null,
    relays: [],
    directAddresses: [],
    deviceName: 'laptop',
    expiresAtMs: 1,
  });

  it('is read or answered with a coded error, between any text and any other', { timeout: 120_000 }, () => {
    const pieces = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.constantFrom(...codes.map(({ text }) => text.slice(0, 2_000))),
      fc.constantFrom('bowline:', '\u001b[200~', '{"version":', '%25', '&#x', '=\n', '> ', '1. ', 'й', 'لا', '가'),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 6 }), (texts) => {
        expect(typeof outcomeOf(texts.join(''))).toBe('string');
      }),
      { numRuns: 300 },
    );
  });

  it('leaves a whole ticket readable between lines of other text', { timeout: 120_000 }, () => {
    const lines = fc.array(fc.lorem({ maxCount: 6 }), { maxLength: 5 }).map((each) => each.join('\n'));
    fc.assert(
      fc.property(lines, lines, (before, behind) => {
        expect(outcomeOf(`${before}\n${ticket}\n${behind}`)).toBe(`ticket: ${wordsOfEntropy(entropy)}`);
      }),
      { numRuns: 100 },
    );
  });

  const costs: readonly [string, string][] = [
    ['words', 'abandon '],
    ['numbers', '1 '],
    ['schemes', 'bowline:AAAA '],
    ['a ticket without end', `${'AQ'.repeat(30)}-—–+/=\n`],
    ['words without spaces', `${'actaction'.repeat(10)} `],
    ['percent signs', '%25'],
    ['entities', '&#x26;'],
    ['opened tags', '<a '],
    ['quoting', '> >'],
    ['opened objects', '{"version":'],
    ['escapes', '\u001b]8;;'],
    ['accents', 'e\u0301'],
    ['Hangul', '각'],
  ];
  const timeOf = (text: string): number => {
    const before = process.threadCpuUsage();
    outcomeOf(text);
    return process.threadCpuUsage(before).user / 1_000;
  };

  test.each(costs)('costs no more than in proportion to its length: %s', { timeout: 60_000 }, (_name, piece) => {
    const long = `bowline:${piece.repeat(MAX_CODE_CHARACTERS)}`.slice(0, MAX_CODE_CHARACTERS);
    outcomeOf(long.slice(0, 1_000));
    const shortMs = Math.min(...[1, 2, 3].map(() => timeOf(long.slice(0, MAX_CODE_CHARACTERS / 8))));
    const longMs = Math.min(...[1, 2].map(() => timeOf(long)));
    // Eight times the text: a quadratic reading would take 64 times as long.
    expect(longMs).toBeLessThan(Math.max(shortMs, 10) * 30);
  });
});
