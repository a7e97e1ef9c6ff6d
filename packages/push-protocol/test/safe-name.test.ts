import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_SAFE_NAME_BYTES, numberedName, PARTIAL_FOLDER, safeName } from '../src/index.ts';

const LINUX = { isWindows: false };
const WINDOWS = { isWindows: true };

/** Names made of what is dangerous. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom('/', '\\', '.', '..', ' ', ':', '\0', '\n', '\u202e', '\u2066', '\u061c', '\ud800', '\u2028'),
      fc.constantFrom('con', 'NUL', 'Lpt1', 'com¹', 'aux.txt', PARTIAL_FOLDER, '😀', 'é', 'x'.repeat(120), '.tar.gz'),
      fc.string({ maxLength: 5, unit: 'binary' }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

describe('a safe name', () => {
  it('stays in its folder, shows what it is, and is a file on every system', () => {
    fc.assert(
      fc.property(hostile, fc.boolean(), (name, isWindows) => {
        const safe = safeName(name, { isWindows });
        expect(safe).not.toBe('');
        expect(['.', '..', PARTIAL_FOLDER]).not.toContain(safe.toLowerCase());
        expect(safe).not.toMatch(/[/\\\p{Cc}\p{Bidi_Control}\p{Cs}\u2028\u2029]/u);
        expect(safe).not.toMatch(/^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/iu);
        expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(MAX_SAFE_NAME_BYTES);
        if (isWindows) expect(safe).not.toMatch(/[<>:"|?*]|[. ]$/);
        expect(safeName(safe, { isWindows })).toBe(safe);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is the given one where that is safe', () => {
    for (const name of ['photo.jpg', '.bashrc', 'Ünïcode 😀.txt', 'a b', '...', 'console.log', '🏳️‍🌈']) {
      expect(safeName(name, LINUX)).toBe(name);
    }
    expect(safeName('12:30.txt', LINUX)).toBe('12:30.txt');
    expect(safeName('12:30.txt', WINDOWS)).toBe('12_30.txt');
    expect(safeName('end. ', WINDOWS)).toBe('end_');
    expect(safeName('NUL.txt', LINUX)).toBe('_NUL.txt');
    expect(safeName('../x', LINUX)).toBe('.._x');
    expect(safeName(`${'x'.repeat(300)}.jpeg`, LINUX)).toMatch(/^x{195}\.jpeg$/);
  });
});

describe('a numbered name', () => {
  it('keeps the extension', () => {
    expect([1, 2].map((count) => numberedName('a.tar.gz', count))).toEqual(['a.tar.gz', 'a.tar (2).gz']);
    expect(numberedName('.bashrc', 2)).toBe('.bashrc (2)');
    expect(numberedName('notes', 3)).toBe('notes (3)');
  });
});
