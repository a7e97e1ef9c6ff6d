/** Largest piece of data in one frame, bytes: what the binding takes in one write without its memory growing (measured). */
export const MAX_DATA_BYTES = 61_440;

/** What may be sent before the other side has said how much it takes, bytes. */
export const INITIAL_LIMIT_BYTES = 65_536;

/** Largest header or answer at the beginning of a stream, bytes: 64 services with names of 64 characters. */
export const MAX_HEADER_BYTES = 8_192;

/** Positions stay exact as numbers: nine years at a gigabyte a second would take a 2^58. */
export const MAX_POSITION = 2 ** 52;

/** Largest code of a reset that an app chooses. */
export const MAX_RESET_CODE = 2 ** 32 - 1;

/**
 * What follows the header on a stream, in both directions. A position counts the bytes of one direction from 0; its
 * `end` counts as one more.
 */
export type StreamFrame =
  /** The next bytes of the sender. A reader may get one frame in several pieces. */
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  /** All up to `received` has arrived; the receiver of this may send up to the position `limit`. */
  | { readonly kind: 'ack'; readonly received: number; readonly limit: number }
  /** The sender has said everything. */
  | { readonly kind: 'end' }
  /** From the opener alone: both directions have ended and it knows so; nothing needs to be remembered of the stream. */
  | { readonly kind: 'done' };
