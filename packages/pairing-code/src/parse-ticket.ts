import { brandAs, type EndpointId } from '@bowline/contracts';
import { decodeFrame } from '@bowline/wire-format';
import { z } from 'zod';
import { TicketInvalidError, TicketNewerError } from './errors.ts';
import { MAX_TICKET_RELAYS, TICKET_VERSION, type Ticket, ticketFields } from './ticket.ts';

/** Four relays with tokens and long URLs, eight addresses and a name stay below this. */
const MAX_TICKET_BYTES = 5_000;

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

/**
 * Reads version and body of a compact ticket whose checksum fits.
 *
 * Every version keeps the version in the first byte and the checksum in the last four, so that damage and a newer
 * version can be told apart.
 */
export const decodeTicket = (
  versionAndBody: Buffer,
): { readonly ticket: Ticket } | { readonly error: TicketInvalidError | TicketNewerError } => {
  const version = versionAndBody.readUInt8(0);
  if (version > TICKET_VERSION) return { error: new TicketNewerError(version) };
  if (version !== TICKET_VERSION) return { error: new TicketInvalidError('not-a-ticket') };
  try {
    const body = new Uint8Array(versionAndBody.subarray(1));
    return { ticket: decodeFrame(body, compactTicket, { maxBytes: MAX_TICKET_BYTES }) };
  } catch (error) {
    return { error: new TicketInvalidError('fields', error) };
  }
};
