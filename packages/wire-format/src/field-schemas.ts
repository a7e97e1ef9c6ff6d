import {
  brandAs,
  type EndpointId,
  parseRelayUrl,
  parseSocketAddress,
  type RelayUrl,
  type SocketAddress,
} from '@bowline/contracts';
import { z } from 'zod';

/** An Ed25519 public key is 32 bytes (RFC 8032 §5.1.5). */
const ENDPOINT_ID_BYTES = 32;

/** `[` 39 hex digits and colons `]` `:` 5 digits. */
export const MAX_SOCKET_ADDRESS_CHARACTERS = 47;

/** As {@link parseRelayUrl} bounds it. */
export const MAX_RELAY_URL_CHARACTERS = 512;

/** Exactly `sizeBytes` bytes. */
export const bytes = (sizeBytes: number): z.ZodType<Uint8Array> =>
  z.instanceof(Uint8Array).refine((value) => value.length === sizeBytes);

/** Up to `maxBytes` bytes. */
export const boundedBytes = (maxBytes: number): z.ZodType<Uint8Array> =>
  z.instanceof(Uint8Array).refine((value) => value.length <= maxBytes);

/** Text of `minCharacters` (0 unless told) to `maxCharacters` Unicode code points. Valid Unicode is the decoder's promise. */
export const boundedString = (maxCharacters: number, minCharacters = 0): z.ZodType<string> =>
  z.string().min(minCharacters).max(maxCharacters);

/** A whole number from 0 to `max`. */
export const boundedInteger = (max: number = Number.MAX_SAFE_INTEGER): z.ZodType<number> =>
  z.int().nonnegative().max(max);

/** 32 bytes that become an {@link EndpointId}; written with {@link endpointIdToBytes}. */
export const endpointIdBytes: z.ZodType<EndpointId> = bytes(ENDPOINT_ID_BYTES).transform((value) =>
  brandAs<EndpointId>(Buffer.from(value).toString('hex')),
);

/** The 32 bytes of an endpoint id, as {@link endpointIdBytes} reads them. */
export const endpointIdToBytes = (endpointId: EndpointId): Uint8Array =>
  Uint8Array.from(Buffer.from(endpointId, 'hex'));

/** A UDP address as text. */
export const socketAddress: z.ZodType<SocketAddress> = z
  .string()
  .max(MAX_SOCKET_ADDRESS_CHARACTERS)
  .transform((text, context) => {
    const address = parseSocketAddress(text);
    if (address !== undefined) return address;
    context.issues.push({ code: 'custom', input: undefined, message: 'not a socket address' });
    return z.NEVER;
  });

/** A relay URL as text; the result is normalized. */
export const relayUrl: z.ZodType<RelayUrl> = z
  .string()
  .max(MAX_RELAY_URL_CHARACTERS)
  .transform((text, context) => {
    const url = parseRelayUrl(text);
    if (url !== undefined) return url;
    context.issues.push({ code: 'custom', input: undefined, message: 'not a relay URL' });
    return z.NEVER;
  });
