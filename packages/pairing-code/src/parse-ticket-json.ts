import { z } from 'zod';
import { TicketInvalidError, TicketNewerError } from './errors.ts';
import { parseWords } from './parse-words.ts';
import { MAX_TICKET_RELAYS, TICKET_VERSION, type Ticket, ticketFields } from './ticket.ts';

/** The version of Spacedrive's QR JSON that is understood: words and an optional node id. */
const SPACEDRIVE_VERSION = 2;

/** Four relays with tokens and long URLs, eight addresses and a name stay below this. */
const MAX_JSON_CHARACTERS = 8_000;

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

/** How a word processor or a web page writes what JSON is made of. */
const straightened = (text: string): string =>
  text
    .replace(/[“”„‟«»″]/g, '"')
    .replace(/[\s\u00a0]+/g, ' ')
    .replace(/,(?=\s*[}\]])/g, '');

const parsedJson = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? JSON.parse(value) : value;
  } catch {
    // The parser's message quotes the text, and the text holds the words.
    return undefined;
  }
};

/** The value of the first object in a text, however it was quoted; `undefined` when there is none. */
const readJson = (text: string): unknown => {
  const object = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1);
  const unescaped = object.replace(/\\(["\\/])/g, '$1');
  for (const reading of [text, object, straightened(object), straightened(unescaped)]) {
    const value = parsedJson(reading);
    if (value !== undefined) return value;
  }
  return undefined;
};

const readFields = (value: unknown, schema: z.ZodType<Ticket>): Ticket => {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new TicketInvalidError('fields');
  return parsed.data;
};

/**
 * Reads the JSON form of a ticket, ours or Spacedrive's QR JSON (version 2: `words` and `node_id`).
 * Fields it does not know are ignored: a program may have added some. Text before and behind the object is passed over,
 * typographic quotes are taken for straight ones, and an object written as a JSON string is read as the object.
 *
 * @throws {@link TicketNewerError}, {@link TicketInvalidError}, and what {@link parseWords} throws about its words.
 */
export const parseTicketJson = (text: string): Ticket => {
  if (text.lastIndexOf('}') - text.indexOf('{') > MAX_JSON_CHARACTERS) throw new TicketInvalidError('too-long');
  const value = readJson(text);
  if (value === undefined) throw new TicketInvalidError('damaged');
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
