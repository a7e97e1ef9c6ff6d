import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { formatTicket, wordsOfEntropy } from '@bowline/pairing-code';
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

  const table = CODE.split(' ').map((word, index) => `${index + 1}\t${word}`);
  const ticket = formatTicket({
    entropy: new Uint8Array(16).fill(7),
    endpointId: null,
    relays: [],
    directAddresses: [],
    deviceName: 'nas',
    expiresAtMs: 1,
  });

  it.each<[string, readonly string[], string]>([
    ['words one a line, entered by the last break', [`${CODE.replaceAll(' ', '\r')}${ENTER}`], CODE],
    ['a numbered table with tabs', [`${table.join('\n')}\n`], CODE],
    ['a table that comes in pieces', [`${table.slice(0, 5).join('\r')}\r`, `${table.slice(5).join('\r')}\r`], CODE],
    [
      'a ticket with a line break and text around it',
      [`> Ticket: ${ticket.slice(0, 20)}\r> ${ticket.slice(20)}.\r\r--\rme\r`],
      ticket,
    ],
    ['what the terminal marks as pasted', [`\u001b[200~${table.join('\r')}\r\u001b[201~`, ENTER], CODE],
    ['marks that come in pieces', ['\u001b[20', `0~${table.join('\r')}\u001b[2`, '01~', ENTER], CODE],
    [
      'a marked paste behind typed words',
      [
        `${CODE.split(' ').slice(0, 3).join(' ')} `,
        `\u001b[200~${CODE.split(' ').slice(3).join('\r')}\u001b[201~`,
        ENTER,
      ],
      CODE,
    ],
  ])('takes %s', async (_name, pieces, code) => {
    const { asked, sees, types } = person();
    await sees('> ');
    for (const piece of pieces) types(piece);
    expect((await asked).replace(/\s+/g, ' ')).toBe(code);
  });

  it('loses no line of a paste with a mistake in it', async () => {
    const { asked, sees, types } = person();
    await sees('> ');
    types(`${CODE.replaceAll(' ', '\r')}x\r`);
    await sees('word 12 is not on the list', `> ${CODE}x`);
    types(`\b${ENTER}`);
    expect(await asked).toBe(CODE);
  });

  it('asks the terminal to mark what is pasted, and to stop', async () => {
    const input = new PassThrough();
    const output = Object.assign(new PassThrough(), { isTTY: true });
    let shown = '';
    output.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
    });
    const asked = askForCode(new AbortController().signal, { input, output });
    input.write(CODE + ENTER);
    await asked;
    expect(shown.startsWith('\u001b[?2004h')).toBe(true);
    expect(shown.endsWith('\u001b[?2004l')).toBe(true);
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
