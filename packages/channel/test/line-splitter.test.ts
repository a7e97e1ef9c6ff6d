import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lineSplitter } from '../src/line-splitter.ts';

const collect = (maxLineBytes: number) => {
  const lines: string[] = [];
  let overlong = 0;
  const splitter = lineSplitter(maxLineBytes, {
    onLine: (line) => lines.push(line),
    onOverlongLine: () => {
      overlong += 1;
    },
  });
  return { push: (text: string) => splitter.push(Buffer.from(text)), splitter, lines, overlong: () => overlong };
};

describe('a line splitter', () => {
  test('cuts at line feeds and drops empty lines and carriage returns', () => {
    const { push, lines } = collect(100);
    push('one\r\n\n  \ntwo\nthr');
    push('ee\nfour');
    expect(lines).toEqual(['one', 'two', 'three']);
  });

  test('a line longer than the bound is told once, dropped to its end, and the next one is read', () => {
    const { push, lines, overlong } = collect(4);
    push('12345');
    push('6789');
    push('0\nabcd\nabcde\nok\n');
    expect(lines).toEqual(['abcd', 'ok']);
    expect(overlong()).toBe(2);
  });

  test('a character cut in two is whole again', () => {
    const { splitter, lines } = collect(100);
    for (const byte of Buffer.from('grün 👋\n')) splitter.push(Uint8Array.of(byte));
    expect(lines).toEqual(['grün 👋']);
  });

  test('any way of cutting the bytes gives the same lines', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !text.includes('\n'));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat({ max: 40 })), (texts, cuts) => {
        const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
        const whole = collect(1_000);
        whole.splitter.push(bytes);
        const cut = collect(1_000);
        let start = 0;
        for (const length of cuts) {
          cut.splitter.push(bytes.subarray(start, start + length));
          start += length;
        }
        cut.splitter.push(bytes.subarray(start));
        expect(cut.lines).toEqual(whole.lines);
        expect(whole.lines).toEqual(texts.map((text) => text.trim()).filter((text) => text !== ''));
      }),
    );
  });
});
