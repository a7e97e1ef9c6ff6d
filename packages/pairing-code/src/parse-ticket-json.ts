import { z } from 'zod';
import { TicketInvalidError, TicketNewerError } from './errors.ts';
import { MAX_TICKET_CHARACTERS } from './parse-ticket.ts';
import { parseWords } from './parse-words.ts';
import { MAX_TICKET_RELAYS, TICKET_VERSION, type Ticket, ticketFields } from './ticket.ts';

/** The version of Spacedrive's QR JSON that is understood: words and an optional node id. */
const SPACEDRIVE_VERSION = 2;

const words = z.string().max(1_000);

const bowlineTicket = z
  .object({
    words,
    endpointId: ticketFields.endpointId.optional(),
    relays: z
      .array(z.object({ url: ticketFields.relayUrl, token: ticketFields.token.optional() }))
      .max(MAX_TICKET_RELAYS)
      .default([]),
    directAddresses: ticketFields.directAddresses.default([]),
    deviceName: ticketFields.deviceName.optional(),
    expiresAtMs: ticketFields.expiresAtMs.optional(),
  })
  .transform(
    (fields): Ticket => ({
      entropy: parseWords(fields.words),
      endpointId: fields.endpointId ?? null,
      relays: fields.relays.map(({ url, token }) => ({ url, token: token ?? null })),
      directAddresses: fields.directAddresses,
      deviceName: fields.deviceName ?? null,
      expiresAtMs: fields.expiresAtMs ?? null,
    }),
  );

const spacedriveTicket = z.object({ words, node_id: ticketFields.endpointId.nullish() }).transform(
  (fields): Ticket => ({
    entropy: parseWords(fields.words),
    endpointId: fields.node_id ?? null,
    relays: [],
    directAddresses: [],
    deviceName: null,
    expiresAtMs: null,
  }),
);

const versioned = z.object({ type: z.string().optional(), version: z.int().min(0) });

const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, and the text holds the words.
    throw new TicketInvalidError('damaged');
  }
};

const readFields = (value: unknown, schema: z.ZodType<Ticket>): Ticket => {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new TicketInvalidError('fields');
  return parsed.data;
};

/**
 * Reads the JSON form of a ticket, ours or Spacedrive's QR JSON (version 2: `words` and `node_id`).
 * Fields it does not know are ignored: a program may have added some.
 *
 * @throws {@link TicketNewerError}, {@link TicketInvalidError}, and what {@link parseWords} throws about its words.
 */
export const parseTicketJson = (text: string): Ticket => {
  if (text.length > MAX_TICKET_CHARACTERS) throw new TicketInvalidError('too-long');
  const value = readJson(text);
  const head = versioned.safeParse(value);
  if (!head.success) throw new TicketInvalidError('not-a-ticket');
  const { type, version } = head.data;
  const isOurs = type === 'bowline-ticket';
  if (!isOurs && type !== undefined) throw new TicketInvalidError('not-a-ticket');
  const known = isOurs ? TICKET_VERSION : SPACEDRIVE_VERSION;
  if (version > known) throw new TicketNewerError(version);
  if (version !== known) throw new TicketInvalidError('not-a-ticket');
  return readFields(value, isOurs ? bowlineTicket : spacedriveTicket);
};
