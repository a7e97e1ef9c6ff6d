import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { completeLine } from '../src/pairing/ask-for-code.ts';
import { readText } from '../src/read-text.ts';

describe('completeLine', () => {
  it('finishes a word that can only go on in one way, and adds the space', () => {
    expect(completeLine('abandon zebr')).toEqual([['zebra '], 'zebr']);
  });

  it('offers the words that fit', () => {
    const [offered, typed] = completeLine('ABANDON Zoo');
    expect(typed).toBe('Zoo');
    expect(offered).toEqual(['zoo ']);
    expect(completeLine('aba')[0]).toEqual(['abandon ']);
    expect(completeLine('ab')[0]).toContain('ability');
  });

  it('offers nothing at the start of a word, and nothing that is no word', () => {
    expect(completeLine('abandon ')).toEqual([[], '']);
    expect(completeLine('qqq')).toEqual([[], 'qqq']);
  });
});

describe('readText', () => {
  it('reads all of it, and refuses more than it may hold', async () => {
    expect(await readText(Readable.from([Buffer.from('ab'), Buffer.from('c')]), 3, 'A code')).toBe('abc');
    await expect(readText(Readable.from([Buffer.from('abcd')]), 3, 'A code')).rejects.toThrow('A code holds at most 3');
  });
});
