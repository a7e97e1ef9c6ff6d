import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { wordsOfEntropy } from '@bowline/pairing-code';
import { describe, expect, it } from 'vitest';
import { askForCode, completeLine } from '../src/pairing/ask-for-code.ts';
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

describe('askForCode', () => {
  const CODE = wordsOfEntropy(new Uint8Array(16).fill(7));
  const ENTER = '\r';

  /** A person at a terminal, who types when something is shown. */
  const person = () => {
    const input = new PassThrough();
    const output = new PassThrough();
    const interrupted = new AbortController();
    let shown = '';
    output.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
    });
    const asked = askForCode(interrupted.signal, { input, output });
    const sees = async (...texts: readonly string[]): Promise<void> => {
      while (!texts.every((text) => stripVTControlCharacters(shown).includes(text))) await once(output, 'data');
      shown = '';
    };
    return { asked, sees, types: (text: string) => input.write(text), input, interrupted };
  };

  it('takes a right code at once', async () => {
    const { asked, sees, types } = person();
    await sees('> ');
    types(CODE + ENTER);
    expect(await asked).toBe(CODE);
  });

  it('says what is wrong, puts the words back, and takes what was mended', async () => {
    const { asked, sees, types } = person();
    await sees('> ');
    types(`${CODE}x${ENTER}`);
    await sees('word 12 is not on the list', `> ${CODE}x`);
    types(`\b${ENTER}`);
    expect(await asked).toBe(CODE);
  });

  it('asks anew for a damaged ticket, with an empty line', async () => {
    const { asked, sees, types } = person();
    await sees('> ');
    types(`bowline:AAAA${ENTER}`);
    await sees('ticket');
    types(CODE + ENTER);
    expect(await asked).toBe(CODE);
  });

  it('ends when the person ends it', async () => {
    const { asked, interrupted } = person();
    interrupted.abort(new Error('Ctrl-C'));
    await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('ends with the input', async () => {
    const { asked, sees, input } = person();
    await sees('> ');
    input.end();
    await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('readText', () => {
  it('reads all of it, and refuses more than it may hold', async () => {
    expect(await readText(Readable.from([Buffer.from('ab'), Buffer.from('c')]), 3, 'A code')).toBe('abc');
    await expect(readText(Readable.from([Buffer.from('abcd')]), 3, 'A code')).rejects.toThrow('A code holds at most 3');
  });
});
