import { seededRandom } from '@bowline/testing';
import { entropyToMnemonic, wordlists } from 'bip39';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  completeWord,
  createEntropy,
  formatTicket,
  PairingCodeInvalidError,
  parseCode,
  TicketInvalidError,
  TicketNewerError,
  wordsOfEntropy,
} from '../src/index.ts';

const ENTROPY = Uint8Array.from({ length: 16 }, (_, index) => index * 7);
const WORDS = wordsOfEntropy(ENTROPY);
const LIST = WORDS.split(' ');

const failureOf = (text: string): PairingCodeInvalidError => {
  try {
    parseCode(text);
  } catch (error) {
    if (error instanceof PairingCodeInvalidError) return error;
    throw error;
  }
  throw new Error('the code was accepted');
};

describe('words', () => {
  it('come back as the same code, for every code', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (entropy) => {
        const words = wordsOfEntropy(entropy);
        expect(words.split(' ')).toHaveLength(12);
        expect(parseCode(words)).toEqual({ kind: 'words', entropy });
      }),
    );
  });

  it('are different for every fresh code', () => {
    const random = seededRandom(7);
    const codes = Array.from({ length: 100 }, () => wordsOfEntropy(createEntropy(random)));
    expect(new Set(codes).size).toBe(100);
  });

  it.each<[string, string]>([
    ['capitals', WORDS.toUpperCase()],
    ['hyphens', LIST.join('-')],
    ['commas', LIST.join(', ')],
    ['line breaks and tabs', LIST.join('\r\n\t')],
    ['no-break spaces', LIST.join('\u00a0')],
    ['ideographic spaces', LIST.join('\u3000')],
    ['dashes of all kinds', LIST.join(' – ')],
    ['underscores and dots', LIST.join('_.')],
    ['slashes', LIST.join('/')],
    ['numbering with dots', LIST.map((word, index) => `${index + 1}. ${word}`).join('\n')],
    ['numbering with brackets', LIST.map((word, index) => `(${index + 1}) ${word}`).join(' ')],
    ['numbering without a space', LIST.map((word, index) => `${index + 1}${word}`).join(' ')],
    ['four-letter prefixes', LIST.map((word) => word.slice(0, 4)).join(' ')],
    ['five-letter prefixes', LIST.map((word) => word.slice(0, 5)).join(' ')],
    ['full-width letters', WORDS.replace(/[a-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0))],
    ['zero-width spaces and a byte order mark', `\ufeff${LIST.join(' \u200b')}\u200e`],
    ['soft hyphens within words', LIST.map((word) => `${word.slice(0, 2)}\u00ad${word.slice(2)}`).join(' ')],
    ['accents somebody added', WORDS.replaceAll('e', 'é')],
    ['double quotes around', `"${WORDS}"`],
    ['typographic quotes around', `“${WORDS}”`],
    ['space around', `  \n${WORDS}\t `],
  ])('are accepted with %s', (_name, text) => {
    expect(parseCode(text)).toEqual({ kind: 'words', entropy: ENTROPY });
  });

  it.each(['', '   ', '\u200b', '1. 2. 3.', '---'])('are missed in %j', (text) => {
    expect(failureOf(text)).toMatchObject({ code: 'PAIRING_CODE_INVALID', problem: 'empty' });
  });

  it.each([1, 11, 13, 24])('are counted: %i are not twelve', (count) => {
    const text = Array.from({ length: count }, (_, index) => LIST[index % 12]).join(' ');
    expect(failureOf(text)).toMatchObject({ problem: 'word-count', data: { wordCount: count } });
  });

  it('point at the one that is misspelt, with the nearest words', () => {
    const typo = LIST.with(6, 'abandn').join(' ');
    const failure = failureOf(typo);
    expect(failure.problem).toBe('unknown-word');
    expect(failure.data.wrongWords).toEqual([{ position: 7, suggestions: ['abandon'] }]);
    expect(failure.message).toContain('word 7 is not on the list, did you mean "abandon"');
  });

  it('point at every one that is misspelt', () => {
    const failure = failureOf(LIST.with(0, 'qqqqqqq').with(11, 'zebrq').join(' '));
    expect(failure.data.wrongWords).toEqual([
      { position: 1, suggestions: [] },
      { position: 12, suggestions: ['zebra', 'zero'] },
    ]);
  });

  it.each<[string, string]>([
    ['abuot', 'about'],
    ['recieve', 'receive'],
    ['lizzard', 'lizard'],
    ['wod', 'wood'],
    ['aba', 'abandon'],
    ['a6andon', 'abandon'],
  ])('suggest for %s: %s', (typed, meant) => {
    const [wrong] = failureOf(LIST.with(3, typed).join(' ')).data.wrongWords as { suggestions: string[] }[];
    expect(wrong?.suggestions).toContain(meant);
  });

  it('say when they exist but do not belong together', () => {
    const swapped = LIST.with(0, LIST[1] ?? '')
      .with(1, LIST[0] ?? '')
      .join(' ');
    expect(failureOf(swapped)).toMatchObject({ problem: 'checksum' });
  });

  it.each<[string, string]>([
    ['french', 'French'],
    ['spanish', 'Spanish'],
    ['italian', 'Italian'],
    ['portuguese', 'Portuguese'],
    ['czech', 'Czech'],
    ['japanese', 'Japanese'],
    ['korean', 'Korean'],
    ['chinese_simplified', 'Chinese'],
    ['chinese_traditional', 'Chinese'],
  ])('of the %s list are named as such', (list, language) => {
    const text = entropyToMnemonic(Buffer.from(ENTROPY), wordlists[list] ?? []);
    expect(failureOf(text)).toMatchObject({ problem: 'other-list', data: { language } });
    expect(failureOf(text.normalize('NFC').toUpperCase())).toMatchObject({ problem: 'other-list', data: { language } });
  });

  it('of the Chinese list are recognized without spaces', () => {
    const text = entropyToMnemonic(Buffer.from(ENTROPY), wordlists.chinese_simplified).replaceAll(' ', '');
    expect(failureOf(text)).toMatchObject({ problem: 'other-list' });
  });

  it('are not looked for in a novel', () => {
    expect(failureOf(`${WORDS} `.repeat(100))).toMatchObject({ problem: 'too-long' });
    expect(failureOf('x'.repeat(1_000_000))).toMatchObject({ problem: 'too-long' });
  });

  it('typed are not quoted by any error', () => {
    const secret = LIST.with(2, 'notaword');
    const { message, data } = failureOf(secret.join(' '));
    const shown = JSON.stringify([message, data]);
    expect(shown).not.toContain('notaword');
    for (const word of LIST) expect(shown).not.toContain(`"${word}"`);
  });
});

describe('any text', () => {
  const mutated = fc
    .tuple(
      fc.constantFrom(WORDS, ticketText()),
      fc.array(fc.tuple(fc.nat(), fc.string({ unit: 'binary', maxLength: 3 })), { minLength: 1, maxLength: 4 }),
    )
    .map(([text, edits]) =>
      edits.reduce((current, [at, insert]) => {
        const position = at % current.length;
        return `${current.slice(0, position)}${insert}${current.slice(position + 1)}`;
      }, text),
    );

  it('gives a code or one of three errors', { timeout: 120_000 }, () => {
    const texts = fc.oneof(
      mutated,
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.json().map((json) => `{${json.slice(1)}`),
      fc.string({ maxLength: 100 }).map((text) => `bowline:${text}`),
      fc.array(fc.constantFrom(...LIST, 'foo', '1.', '\u0301'), { maxLength: 15 }).map((words) => words.join(' ')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          expect(parseCode(text).entropy).toHaveLength(16);
        } catch (error) {
          const isKnown =
            error instanceof PairingCodeInvalidError ||
            error instanceof TicketInvalidError ||
            error instanceof TicketNewerError;
          if (!isKnown) throw error;
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('completion', () => {
  it('offers the words that begin with what was typed', () => {
    expect(completeWord('aba')).toEqual(['abandon']);
    expect(completeWord(' ZO')).toEqual(['zone', 'zoo']);
    expect(completeWord('a', 3)).toEqual(['abandon', 'ability', 'able']);
  });

  it('offers nothing for nothing, and nothing for what no word begins with', () => {
    expect(completeWord('')).toEqual([]);
    expect(completeWord('qqq')).toEqual([]);
  });
});

function ticketText(): string {
  return formatTicket({
    entropy: ENTROPY,
    endpointId: null,
    relays: [],
    directAddresses: [],
    deviceName: 'laptop',
    expiresAtMs: 1,
  });
}
