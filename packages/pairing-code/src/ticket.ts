import {
  cleanDisplayName,
  type EndpointAddress,
  type EndpointId,
  parseEndpointId,
  parseRelayUrl,
  parseSocketAddress,
  type RelayUrl,
  type SocketAddress,
} from '@bowline/contracts';
import { z } from 'zod';
import { ENTROPY_BYTES } from './code-words.ts';

/** The version this software writes; the only one it reads. */
export const TICKET_VERSION = 1;

/** A home relay and its standbys; more would only make the QR code larger. */
export const MAX_TICKET_RELAYS = 4;

/** A few interfaces with IPv4 and IPv6 each. */
export const MAX_TICKET_ADDRESSES = 8;

/** Longest relay token, characters: a JSON web token fits. */
export const MAX_TOKEN_CHARACTERS = 512;

/** Wall clock bound, milliseconds: the largest a JavaScript `Date` can show. */
const MAX_DATE_MS = 8_640_000_000_000_000;

/** A relay named by a ticket. */
export interface TicketRelay {
  readonly url: RelayUrl;
  /** Bearer token for the relay's login; `null` unless the person chose to share it. A secret. */
  readonly token: string | null;
}

/**
 * A code and what speeds things up. A secret as a whole: whoever holds it can pair while it is valid.
 * Only the code is authority; everything else is a hint that the handshake proves or refutes.
 */
export interface Ticket {
  /** The code, 16 bytes. */
  readonly entropy: Uint8Array;
  /** `null` when the ticket does not say (a foreign form). */
  readonly endpointId: EndpointId | null;
  /** Home first; at most {@link MAX_TICKET_RELAYS}. */
  readonly relays: readonly TicketRelay[];
  /** At most {@link MAX_TICKET_ADDRESSES}. */
  readonly directAddresses: readonly SocketAddress[];
  /** Cleaned for display; `null` when not told. */
  readonly deviceName: string | null;
  /** When the offering device will refuse it, by that device's clock; `null` when not told. */
  readonly expiresAtMs: number | null;
}

/** Where a ticket says its device is; `null` when it does not name the device. */
export const ticketAddressOf = (ticket: Ticket): EndpointAddress | null =>
  ticket.endpointId === null
    ? null
    : {
        endpointId: ticket.endpointId,
        relayUrls: ticket.relays.map(({ url }) => url),
        directAddresses: ticket.directAddresses,
      };

const parsedBy = <T extends string>(parse: (text: string) => T | undefined): z.ZodType<T> =>
  z.string().transform((text, context) => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.issues.push({ code: 'custom', input: undefined, message: 'not acceptable' });
    return z.NEVER;
  });

/** Pieces the compact and the JSON form share. */
export const ticketFields = {
  entropy: z.instanceof(Uint8Array).refine((value) => value.length === ENTROPY_BYTES),
  endpointId: parsedBy(parseEndpointId),
  relayUrl: parsedBy(parseRelayUrl),
  /** What may stand in an HTTP header. */
  token: z
    .string()
    .max(MAX_TOKEN_CHARACTERS)
    .regex(/^[\x21-\x7e]+$/),
  directAddresses: z.array(parsedBy(parseSocketAddress)).max(MAX_TICKET_ADDRESSES),
  deviceName: z
    .string()
    .max(256)
    .transform((name) => cleanDisplayName(name) || null),
  expiresAtMs: z.int().min(0).max(MAX_DATE_MS),
} as const;
