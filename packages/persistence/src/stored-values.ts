import {
  brandAs,
  cleanDisplayName,
  type DeviceId,
  type EndpointId,
  MAX_MESSAGE_BODY_BYTES,
  parseEndpointId,
  parseRelayUrl,
  parseSocketAddress,
  type RelayUrl,
  type SocketAddress,
} from '@bowline/contracts';
import { z } from 'zod';
import { StoreDamagedError, StoreInputError } from './errors.ts';

/** Largest message of a link, bytes: one that tells its kind, and the body. */
const MAX_PAYLOAD_BYTES = 1 + MAX_MESSAGE_BODY_BYTES;

/** The shapes of single values, the same on the way in and on the way out: what is stored can be read back. */
export const stored = Object.freeze({
  /** Whole number from 0 to 2^53 - 1. */
  count: z.int().nonnegative(),
  /** Wall clock, whole milliseconds since 1970. */
  timeMs: z.int().nonnegative(),
  bytes: z.instanceof(Uint8Array),
  /** A message; the largest a link carries. */
  payload: z.instanceof(Uint8Array).refine((bytes) => bytes.length <= MAX_PAYLOAD_BYTES, 'must be 256 KiB at most'),
  messageId: z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits'),
  /** Rows to be removed at once. */
  positions: z.array(z.int().positive()).max(1_000),
  name: z.string().refine((text) => text !== '' && cleanDisplayName(text) === text, 'must be 1 to 64 plain characters'),
  /** `process.platform` of a device. */
  platform: z.string().regex(/^[a-z0-9_-]{1,32}$/i, 'must be 1 to 32 letters, digits, - or _'),
  deviceId: z
    .string()
    .regex(/^d-[0-9a-hjkmnp-tv-z]{16}$/, 'must be a device id')
    .transform((text) => brandAs<DeviceId>(text)),
  endpointId: z
    .string()
    .refine((text) => parseEndpointId(text) === text, 'must be 64 lower-case hexadecimal digits')
    .transform((text) => brandAs<EndpointId>(text)),
  relayUrl: z
    .string()
    .refine((text) => parseRelayUrl(text) === text, 'must be a normalized relay URL')
    .transform((text) => brandAs<RelayUrl>(text)),
  socketAddress: z
    .string()
    .refine((text) => parseSocketAddress(text) === text, 'must be a socket address')
    .transform((text) => brandAs<SocketAddress>(text)),
});

/** The row of a `SELECT count(*) AS count`. */
export const countRow = z.object({ count: stored.count });

/**
 * Reads one row.
 * @throws {@link StoreDamagedError} naming table and column, never the value.
 */
export const parseRow = <T>(schema: z.ZodType<T>, row: unknown, table: string, file: string): T => {
  const result = schema.safeParse(row);
  if (result.success) return result.data;
  throw new StoreDamagedError(file, `a row of table ${table} cannot be read (${describeIssue(result.error)})`);
};

/**
 * Checks one value of a request before it is written.
 * @throws {@link StoreInputError} naming field and rule, never the value.
 */
export const checkInput = <T>(schema: z.ZodType<T>, value: unknown, field: string): T => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new StoreInputError(field, `is not valid (${describeIssue(result.error)})`);
};

const describeIssue = (error: z.ZodError): string => {
  const issue = error.issues[0];
  const path = issue?.path.join('.') ?? '';
  return `${path === '' ? '' : `${path}: `}${issue?.message ?? 'unreadable'}`;
};
