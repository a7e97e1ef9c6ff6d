import { describe, expect, it } from 'vitest';
import { withWord, wordUnderWay } from '../page/word-under-way.ts';

describe('the word under way', () => {
  it.each([
    ['ab', 'ab'],
    ['coconut lens STE', 'ste'],
    ['1. coconut 2. le', 'le'],
    ['a', null],
    ['coconut ', null],
    ['', null],
    ['bowline:AaZh', null],
    ['AaZhYYJvMTI3_ab', null],
    ['incomprehensible', null],
  ])('of %j is %j', (text, word) => {
    expect(wordUnderWay(text)).toBe(word);
  });

  it('is replaced by the whole one', () => {
    expect(withWord('coconut lens STE', 'steel')).toBe('coconut lens steel ');
  });
});
