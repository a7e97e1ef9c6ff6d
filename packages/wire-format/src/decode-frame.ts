import { errorMessage } from '@bowline/contracts';
import { decode, encode } from 'cborg';
import type { ZodError, ZodType } from 'zod';
import { WireFormatError } from './errors.ts';
import { scanItem } from './scan-item.ts';

/** What a reader accepts before it looks at any content. */
export interface DecodeLimits {
  /** Largest frame, bytes. */
  readonly maxBytes: number;
  /** Most arrays and maps within each other; a flat map is 1. @defaultValue {@link DEFAULT_MAX_DEPTH} */
  readonly maxDepth?: number;
}

/** Messages of ours are at most four levels deep (a map holding a list of maps with a list); twice that leaves room to grow. */
export const DEFAULT_MAX_DEPTH = 8;

const STRICT_DECODING = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowNaN: false,
  allowInfinity: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
} as const;

const decodeStrictly = (bytes: Uint8Array): unknown => {
  try {
    return decode(bytes, STRICT_DECODING);
  } catch (error) {
    throw new WireFormatError('malformed', 'the decoder refused it', error);
  }
};

const encodeAgain = (value: unknown): Uint8Array => {
  try {
    return encode(value);
  } catch (error) {
    throw new WireFormatError('not-canonical', errorMessage(error), error);
  }
};

/** Names places and rules only: zod's own messages may quote what was received. */
const describeIssues = (error: ZodError): string =>
  error.issues
    .slice(0, 3)
    .map((issue) => {
      const path = issue.path.filter((part) => typeof part === 'number' || /^[A-Za-z]{1,32}$/.test(String(part)));
      return `${path.length === 0 ? 'the frame' : `field "${path.join('.')}"`}: ${issue.code}`;
    })
    .join('; ');

/**
 * Reads one frame: bounded, well-formed, canonical, and as the schema wants it, or refused.
 *
 * Canonical form is proven by writing the decoded value again and comparing the bytes; that also refuses unsorted
 * keys, floats with a shorter form, and text that is not valid UTF-8.
 *
 * @param schema use `z.strictObject`, so that unknown fields are refused.
 * @throws {@link WireFormatError} always of this class, whatever the bytes are.
 */
export const decodeFrame = <T>(bytes: Uint8Array, schema: ZodType<T>, limits: DecodeLimits): T => {
  if (bytes.length > limits.maxBytes) {
    throw new WireFormatError('too-large', `${bytes.length} bytes, at most ${limits.maxBytes}`);
  }
  scanItem(bytes, limits.maxDepth ?? DEFAULT_MAX_DEPTH);
  const value = decodeStrictly(bytes);
  if (Buffer.compare(encodeAgain(value), bytes) !== 0) {
    throw new WireFormatError('not-canonical', 'its canonical form differs');
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new WireFormatError('schema', describeIssues(parsed.error));
  return parsed.data;
};
