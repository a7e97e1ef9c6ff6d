import { BowlineError } from '@bowline/contracts';
import { PairingCodeInvalidError, TicketInvalidError } from './errors.ts';
import { findTicket } from './find-ticket.ts';
import { parseTicketJson } from './parse-ticket-json.ts';
import { findLooseWords, findWords, isMostlyWords, mistakeInWords } from './parse-words.ts';
import { plainText } from './plain-text.ts';
import type { Ticket } from './ticket.ts';

/** What a person typed, pasted or scanned. The entropy is a secret. */
export type ParsedCode =
  | { readonly kind: 'words'; readonly entropy: Uint8Array }
  | { readonly kind: 'ticket'; readonly entropy: Uint8Array; readonly ticket: Ticket };

/** Longest text looked at, UTF-16 units: a mail with a ticket and a few answers to it. */
export const MAX_CODE_CHARACTERS = 32_768;

const ticketCode = (ticket: Ticket): ParsedCode => ({ kind: 'ticket', entropy: ticket.entropy, ticket });

type JsonTicket = { readonly ticket: Ticket } | { readonly error: BowlineError } | null;

const jsonTicket = (text: string): JsonTicket => {
  if (!/^\s*\{|\{[^{}]{0,400}(?:type|version|words)/i.test(text)) return null;
  try {
    return { ticket: parseTicketJson(text) };
  } catch (error) {
    if (error instanceof BowlineError) return { error };
    throw error;
  }
};

/** It could not be read at all, so that the text may be something else. */
const isDamaged = (json: NonNullable<JsonTicket>): boolean =>
  'error' in json && json.error instanceof TicketInvalidError && json.error.problem === 'damaged';

/** JSON that means no ticket by itself, such as what a program prints; it may hold words all the same. */
const isOtherJson = (json: NonNullable<JsonTicket>, text: string): boolean =>
  'error' in json &&
  json.error instanceof TicketInvalidError &&
  json.error.problem === 'not-a-ticket' &&
  !/"version"/.test(text);

const readableJson = (json: JsonTicket): JsonTicket => (json === null || isDamaged(json) ? null : json);

/**
 * Reads a code in any of its forms wherever it stands in a text: twelve words, a `bowline:` ticket, a ticket's JSON, or
 * Spacedrive's QR JSON. What mailers, chats and word processors do to a text on its way is undone; where more than one
 * reading is possible, checksums decide. The time it takes is linear in the text, and the text is bounded.
 *
 * @throws {@link PairingCodeInvalidError}, {@link TicketInvalidError}, {@link TicketNewerError}; nothing else,
 * whatever the text is.
 */
export const parseCode = (text: string): ParsedCode => {
  if (text.length > MAX_CODE_CHARACTERS) throw new PairingCodeInvalidError('too-long');
  const plain = plainText(text);
  const compact = findTicket(plain);
  if (compact !== null && 'ticket' in compact) return ticketCode(compact.ticket);
  const json = readableJson(jsonTicket(text)) ?? jsonTicket(plain);
  if (json !== null && 'ticket' in json) return ticketCode(json.ticket);
  if (json !== null && !isDamaged(json) && !isOtherJson(json, plain)) throw json.error;
  const words = findWords(plain);
  if (words !== undefined) return { kind: 'words', entropy: words };
  if (json !== null) throw json.error;
  if (compact !== null) throw isMostlyWords(plain) ? mistakeInWords(plain) : compact.error;
  const loose = findLooseWords(plain);
  if (loose === undefined) throw mistakeInWords(plain);
  return { kind: 'words', entropy: loose };
};
