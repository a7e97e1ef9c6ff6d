import { createHash } from 'node:crypto';
import { encodeFrame, endpointIdToBytes } from '@bowline/wire-format';
import { wordsOfEntropy } from './code-words.ts';
import { MAX_TICKET_ADDRESSES, MAX_TICKET_RELAYS, TICKET_VERSION, type Ticket, type TicketRelay } from './ticket.ts';

/** The scheme of the compact form, as an application registers it with the operating system. */
export const TICKET_SCHEME = 'bowline:';

/** Four bytes find every cut and all but one in 2^32 other damages; the code itself needs no further protection here. */
export const CHECKSUM_BYTES = 4;

/** What the checksum of a ticket begins with, so that it is the checksum of nothing else. */
export const TICKET_CHECKSUM_LABEL = 'bowline ticket\0';

/** First bytes of SHA-256 over a ticket's version and body. */
export const ticketChecksum = (versionAndBody: Uint8Array): Uint8Array =>
  createHash('sha256').update(TICKET_CHECKSUM_LABEL).update(versionAndBody).digest().subarray(0, CHECKSUM_BYTES);

const sharedToken = (relay: TicketRelay, includeTokens: boolean): string | undefined =>
  includeTokens ? (relay.token ?? undefined) : undefined;

/** How a ticket is written. */
export interface FormatTicketOptions {
  /** Whether relay tokens go into the ticket; only when the person asked for it. @defaultValue false */
  readonly includeTokens?: boolean;
}

/**
 * The compact form for links and QR codes: `bowline:` and base64url of one version byte, canonical CBOR, and a
 * checksum. Relays and addresses beyond the limits are left out, the last ones first.
 */
export const formatTicket = (ticket: Ticket, options: FormatTicketOptions = {}): string => {
  const includeTokens = options.includeTokens ?? false;
  const body = encodeFrame({
    e: ticket.entropy,
    i: ticket.endpointId === null ? undefined : endpointIdToBytes(ticket.endpointId),
    r: ticket.relays
      .slice(0, MAX_TICKET_RELAYS)
      .map((relay) => [relay.url, sharedToken(relay, includeTokens)].filter((part) => part !== undefined)),
    a: ticket.directAddresses.slice(0, MAX_TICKET_ADDRESSES),
    n: ticket.deviceName ?? undefined,
    x: ticket.expiresAtMs ?? undefined,
  });
  const versionAndBody = Buffer.concat([Uint8Array.of(TICKET_VERSION), body]);
  return `${TICKET_SCHEME}${Buffer.concat([versionAndBody, ticketChecksum(versionAndBody)]).toString('base64url')}`;
};

/** The JSON form, for programs: the same fields by their full names. */
export const formatTicketJson = (ticket: Ticket, options: FormatTicketOptions = {}): string => {
  const includeTokens = options.includeTokens ?? false;
  return JSON.stringify({
    type: 'bowline-ticket',
    version: TICKET_VERSION,
    words: wordsOfEntropy(ticket.entropy),
    endpointId: ticket.endpointId ?? undefined,
    relays: ticket.relays
      .slice(0, MAX_TICKET_RELAYS)
      .map((relay) => ({ url: relay.url, token: sharedToken(relay, includeTokens) })),
    directAddresses: ticket.directAddresses.slice(0, MAX_TICKET_ADDRESSES),
    deviceName: ticket.deviceName ?? undefined,
    expiresAtMs: ticket.expiresAtMs ?? undefined,
  });
};
