import { MAX_TEXT_BYTES } from './frame-limits.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** UTF-8 of `text`, cut between characters to at most 512 bytes. */
export const encodeText = (text: string): Uint8Array => {
  const target = new Uint8Array(MAX_TEXT_BYTES);
  return target.subarray(0, encoder.encodeInto(text, target).written);
};

/**
 * Reads text from the other side: its first 512 bytes, with U+FFFD for what is not UTF-8. It is for a person's eyes
 * only, and no reason to end a connection.
 */
export const decodeText = (bytes: Uint8Array): string => decoder.decode(bytes.subarray(0, MAX_TEXT_BYTES));
