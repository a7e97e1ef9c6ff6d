import { createHash } from 'node:crypto';
import { TicketInvalidError, type TicketNewerError } from './errors.ts';
import { CHECKSUM_BYTES, TICKET_CHECKSUM_LABEL } from './format-ticket.ts';
import { decodeTicket } from './parse-ticket.ts';
import { TICKET_REPAIRS } from './text-repairs.ts';
import type { Ticket } from './ticket.ts';

/** What a text holds of tickets: a sound one, or what is wrong with the best of them. `null`: it names none. */
export type FoundTicket =
  | { readonly ticket: Ticket }
  | { readonly error: TicketInvalidError | TicketNewerError }
  | null;

/** Base64url of the longest ticket, and a signature behind it. */
const MAX_BODY_CHARACTERS = 8_000;

/** Text looked at behind a beginning: every character of a ticket may have one beside it that no ticket can hold. */
const MAX_SPAN_CHARACTERS = 20_000;

/** Beginnings looked at in one text: a mail with its history names a few. */
const MAX_BEGINNINGS = 16;

/** Checksums tried for one text, about 3 µs each; a ticket has as many as bytes before its own fits. */
const MAX_TRIES = 24_000;

/** A scheme, or where that was lost the first byte of a ticket, followed by as much as no word is long. */
const BEGINNING = /bowline\s{0,4}:(?:\s{0,4}\/\/)?|(?<![A-Za-z0-9_-])(?=A[Q-f][A-Za-z0-9_-]{24})/gi;

/** The prefix of `bytes` whose last four are the checksum of what is before them. Every length is tried, once. */
const checkedPrefix = (bytes: Buffer, maxTries: number): Buffer | undefined => {
  const hash = createHash('sha256').update(TICKET_CHECKSUM_LABEL);
  const last = Math.min(bytes.length, maxTries + CHECKSUM_BYTES) - CHECKSUM_BYTES;
  for (let bodyBytes = 1; bodyBytes <= last; bodyBytes += 1) {
    hash.update(bytes.subarray(bodyBytes - 1, bodyBytes));
    const checksum = bytes.subarray(bodyBytes, bodyBytes + CHECKSUM_BYTES);
    if (hash.copy().digest().subarray(0, CHECKSUM_BYTES).equals(checksum)) return bytes.subarray(0, bodyBytes);
  }
  return undefined;
};

const expiryOf = ({ expiresAtMs }: Ticket): number => expiresAtMs ?? -1;

/**
 * Finds a ticket anywhere in `text`: behind other text, before other text, and with anything inside it that no ticket
 * can hold. Its checksum says where it ends, and which repair was the right one. Of several, the one that is valid longest.
 *
 * @param text as {@link plainText} leaves it
 */
export const findTicket = (text: string): FoundTicket => {
  let triesLeft = MAX_TRIES;
  let best: Ticket | undefined;
  let error: TicketInvalidError | TicketNewerError | undefined;
  const seen = new Set<string>();
  for (const repair of TICKET_REPAIRS) {
    const repaired = repair(text);
    if (seen.has(repaired)) continue;
    seen.add(repaired);
    for (const beginning of [...repaired.matchAll(BEGINNING)].slice(0, MAX_BEGINNINGS)) {
      const from = beginning.index + beginning[0].length;
      const body = repaired.slice(from, from + MAX_SPAN_CHARACTERS).replace(/[^A-Za-z0-9_-]+/g, '');
      const bytes = Buffer.from(body.slice(0, MAX_BODY_CHARACTERS), 'base64url');
      const versionAndBody = checkedPrefix(bytes, triesLeft);
      triesLeft -= versionAndBody?.length ?? bytes.length;
      const decoded = versionAndBody === undefined ? undefined : decodeTicket(versionAndBody);
      if (decoded === undefined) {
        if (beginning[0] !== '') error ??= new TicketInvalidError('damaged');
      } else if ('error' in decoded) {
        error = decoded.error;
      } else if (best === undefined || expiryOf(decoded.ticket) > expiryOf(best)) {
        best = decoded.ticket;
      }
      if (triesLeft <= 0) break;
    }
    if (best !== undefined) return { ticket: best };
    if (triesLeft <= 0) break;
  }
  return error === undefined ? null : { error };
};
