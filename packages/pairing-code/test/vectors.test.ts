import { readFileSync } from 'node:fs';
import { BowlineError } from '@bowline/contracts';
import { expect, test } from 'vitest';
import { formatTicket, formatTicketJson, parseCode, type Ticket, wordsOfEntropy } from '../src/index.ts';

interface TicketVector {
  readonly what: string;
  readonly ticket: Omit<Ticket, 'entropy'> & { readonly words: string };
  readonly text: string;
  readonly json: string;
}

interface RefusedTicket {
  readonly what: string;
  readonly code: string;
  readonly text: string;
}

const vectorsOf = <T>(name: string): readonly T[] =>
  JSON.parse(readFileSync(new URL(`./vectors/${name}.json`, import.meta.url), 'utf8')) as readonly T[];

const errorOf = (text: string): unknown => {
  try {
    return parseCode(text).kind;
  } catch (error) {
    return error;
  }
};

test.each(vectorsOf<TicketVector>('tickets'))('the recorded ticket with $what reads and writes the same', (vector) => {
  const { words, ...fields } = vector.ticket;
  for (const form of [vector.text, vector.json]) {
    const code = parseCode(form);
    if (code.kind !== 'ticket') throw new Error('not read as a ticket');
    const { entropy, ...read } = code.ticket;
    expect({ words: wordsOfEntropy(entropy), ...read }).toEqual({ words, ...fields });
    expect(formatTicket(code.ticket, { includeTokens: true })).toBe(vector.text);
    expect(formatTicketJson(code.ticket, { includeTokens: true })).toBe(vector.json);
  }
});

test.each(vectorsOf<RefusedTicket>('refused-tickets'))('a ticket with $what is refused as $code', ({ code, text }) => {
  const error = errorOf(text);
  expect(error).toBeInstanceOf(BowlineError);
  expect(error).toMatchObject({ code });
});
