import { brandAs, type EndpointId } from '@bowline/contracts';
import { decodeFrame } from '@bowline/wire-format';
import { z } from 'zod';
import { TicketInvalidError, TicketNewerError } from './errors.ts';
import { CHECKSUM_BYTES, TICKET_SCHEME, ticketChecksum } from './format-ticket.ts';
import { MAX_TICKET_RELAYS, TICKET_VERSION, type Ticket, ticketFields } from './ticket.ts';

/** Four relays with tokens and long URLs, eight addresses and a name stay below this. */
const MAX_TICKET_BYTES = 5_000;

/** Base64url of {@link MAX_TICKET_BYTES} with the scheme and room for line breaks. */
export const MAX_TICKET_CHARACTERS = 8_000;

const compactTicket = z
  .strictObject({
    e: ticketFields.entropy,
    i: z
      .instanceof(Uint8Array)
      .refine((value) => value.length === 32)
      .optional(),
    r: z
      .array(z.tuple([ticketFields.relayUrl]).or(z.tuple([ticketFields.relayUrl, ticketFields.token])))
      .max(MAX_TICKET_RELAYS),
    a: ticketFields.directAddresses,
    n: ticketFields.deviceName.optional(),
    x: ticketFields.expiresAtMs.optional(),
  })
  .transform(
    (fields): Ticket => ({
      entropy: fields.e,
      endpointId: fields.i === undefined ? null : brandAs<EndpointId>(Buffer.from(fields.i).toString('hex')),
      relays: fields.r.map(([url, token]) => ({ url, token: token ?? null })),
      directAddresses: fields.a,
      deviceName: fields.n ?? null,
      expiresAtMs: fields.x ?? null,
    }),
  );

/** Node's decoder skips what is not base64url; a ticket with such characters is damaged. */
const decodeBase64Url = (text: string): Buffer => {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) throw new TicketInvalidError('damaged');
  return Buffer.from(text, 'base64url');
};

/**
 * Reads the compact form. White space inside, as mail programs add it, is ignored; the scheme's case does not matter.
 *
 * Every version keeps the version in the first byte and the checksum in the last four, so that damage and a newer
 * version can be told apart.
 *
 * @throws {@link TicketNewerError}, {@link TicketInvalidError}
 */
export const parseTicketUri = (text: string): Ticket => {
  if (text.length > MAX_TICKET_CHARACTERS) throw new TicketInvalidError('too-long');
  const compact = text.replace(/\s+/g, '');
  if (!compact.toLowerCase().startsWith(TICKET_SCHEME)) throw new TicketInvalidError('not-a-ticket');
  const bytes = decodeBase64Url(
    compact
      .slice(TICKET_SCHEME.length)
      .replace(/^\/{2}/, '')
      .replace(/=+$/, ''),
  );
  if (bytes.length < 1 + CHECKSUM_BYTES) throw new TicketInvalidError('damaged');
  const versionAndBody = bytes.subarray(0, -CHECKSUM_BYTES);
  if (!bytes.subarray(-CHECKSUM_BYTES).equals(ticketChecksum(versionAndBody))) throw new TicketInvalidError('damaged');
  const version = versionAndBody.readUInt8(0);
  if (version > TICKET_VERSION) throw new TicketNewerError(version);
  if (version !== TICKET_VERSION) throw new TicketInvalidError('not-a-ticket');
  try {
    return decodeFrame(new Uint8Array(versionAndBody.subarray(1)), compactTicket, { maxBytes: MAX_TICKET_BYTES });
  } catch (error) {
    throw new TicketInvalidError('fields', error);
  }
};
