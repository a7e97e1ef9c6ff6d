import { cleanDisplayName, displayNameKey, looksLikeId, MAX_NAME_CHARACTERS } from '@bowline/contracts';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';

const FAMILY = '👩\u200d👩\u200d👧\u200d👦';

describe('cleanDisplayName', () => {
  it('removes what could deceive a reader or harm a terminal', () => {
    expect(cleanDisplayName('  a\u202Eb\u0000c\n\u200Bd  ')).toBe('ab c d');
    expect(cleanDisplayName('\u3164\u2800\u115f')).toBe('');
    expect(cleanDisplayName(`a${'\u0336'.repeat(50)}b`)).toBe(`a${'\u0336'.repeat(8)}b`);
    expect(cleanDisplayName('lap\u200ctop')).toBe('laptop');
    expect(cleanDisplayName('\u200dnas\u200d')).toBe('nas');
  });

  test.each([
    ['accents', 'Café'],
    ['a family of emoji', FAMILY],
    ['a skin tone and a sign', '👩🏽\u200d🚀'],
    ['a heart with its variation', '❤\ufe0f\u200d🔥'],
    ['Persian with a non-joiner', 'می\u200cخواهم'],
    ['Hindi with a joiner', 'क्\u200dष'],
    ['right-to-left', 'המחשב בסלון'],
    ['a typographic apostrophe', 'Office’s NAS'],
    ['Japanese', '居間のパソコン'],
  ])('keeps %s', (_name, name) => {
    expect(cleanDisplayName(name)).toBe(name);
  });

  it('composes accents, which is the same text', () => {
    expect(cleanDisplayName('Cafe\u0301')).toBe('Café');
  });

  it('is cut at 64 characters, and never within what is shown as one', () => {
    expect(cleanDisplayName('x'.repeat(300))).toHaveLength(MAX_NAME_CHARACTERS);
    expect(cleanDisplayName(FAMILY.repeat(20))).toBe(FAMILY.repeat(9));
    expect([...cleanDisplayName('👩\u200d'.repeat(90))].length).toBeLessThanOrEqual(MAX_NAME_CHARACTERS);
  });

  it('is stable', { timeout: 60_000 }, () => {
    const texts = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 90 }),
      fc.string({ unit: 'binary', maxLength: 90 }),
      fc.string({
        unit: fc.constantFrom(
          '\u200c',
          '\u200d',
          'a',
          'é',
          '\u0301',
          '👩',
          'क',
          '्',
          'م',
          '\ufe0f',
          ' ',
          '가',
          '\u1100',
          '🏽',
        ),
      }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const clean = cleanDisplayName(text);
        expect([...clean].length).toBeLessThanOrEqual(MAX_NAME_CHARACTERS);
        expect(cleanDisplayName(clean)).toBe(clean);
      }),
      { numRuns: 300 },
    );
  });
});

describe('displayNameKey', () => {
  test.each([
    ['case', 'Laptop', 'LAPTOP'],
    ['composed and decomposed', 'Café', 'Cafe\u0301'],
    ['an apostrophe', 'Office’s NAS', "office's nas"],
    ['quotes', '“big” one', '"big" one'],
    ['a dash', 'nas–2', 'nas-2'],
    ['joiners', 'می\u200cخواهم', 'میخواهم'],
    ['full width', 'ＮＡＳ', 'nas'],
    ['spaces', ' living\u00a0 room ', 'living room'],
    ['the German double s', 'STRASSE', 'straße'],
  ])('is the same whatever %s', (_name, left, right) => {
    expect(displayNameKey(left)).toBe(displayNameKey(right));
  });

  it('is another one for another name', () => {
    expect(displayNameKey('nas')).not.toBe(displayNameKey('nas 2'));
    expect(displayNameKey('cafe')).not.toBe(displayNameKey('café'));
  });
});

test('a name that could be an id is told', () => {
  expect(['d-', 'd-hdw4', 'D-HDW4', 'd–hdw4', 'ab'.repeat(32)].every(looksLikeId)).toBe(true);
  expect(['nas', 'd', 'ab', 'id-1', 'd- x'].some(looksLikeId)).toBe(false);
});
