import { PairingCodeInvalidError } from './errors.ts';
import { TICKET_SCHEME } from './format-ticket.ts';
import { parseTicketUri } from './parse-ticket.ts';
import { parseTicketJson } from './parse-ticket-json.ts';
import { parseWords } from './parse-words.ts';
import type { Ticket } from './ticket.ts';

/** What a person typed, pasted or scanned. The entropy is a secret. */
export type ParsedCode =
  | { readonly kind: 'words'; readonly entropy: Uint8Array }
  | { readonly kind: 'ticket'; readonly entropy: Uint8Array; readonly ticket: Ticket };

/** Longer than any ticket with its line breaks; more is not looked at. */
const MAX_CHARACTERS = 10_000;

/** Quotes and brackets people and mail programs put around a pasted link. */
const unwrap = (text: string): string => {
  const trimmed = text.trim();
  const match = /^(?:<([^<>]*)>|"([^"]*)"|'([^']*)'|“([^“”]*)”)$/.exec(trimmed);
  return (match?.slice(1).find((inner) => inner !== undefined) ?? trimmed).trim();
};

/**
 * Reads a code in any of its forms: twelve words, a `bowline:` ticket, a ticket's JSON, or Spacedrive's QR JSON.
 *
 * @throws {@link PairingCodeInvalidError}, {@link TicketInvalidError}, {@link TicketNewerError}; nothing else,
 * whatever the text is.
 */
export const parseCode = (text: string): ParsedCode => {
  if (text.length > MAX_CHARACTERS) throw new PairingCodeInvalidError('too-long');
  const code = unwrap(text.replace(/^\ufeff/, ''));
  if (code.slice(0, TICKET_SCHEME.length).toLowerCase() === TICKET_SCHEME) {
    const ticket = parseTicketUri(code);
    return { kind: 'ticket', entropy: ticket.entropy, ticket };
  }
  if (code.startsWith('{')) {
    const ticket = parseTicketJson(code);
    return { kind: 'ticket', entropy: ticket.entropy, ticket };
  }
  return { kind: 'words', entropy: parseWords(code) };
};
