import type { LinkFrame } from './link-frame.ts';

/** The two frames that idle links consist of. */
export type HeartbeatFrame = Extract<LinkFrame, { readonly kind: 'ping' | 'pong' }>;

const ASCII = new TextEncoder();

/** `{ kind, nonce }` as canonical CBOR up to the nonce: a map of two, and its keys and the kind as texts of four and five bytes. */
const startOf = (kind: HeartbeatFrame['kind']): Uint8Array =>
  Uint8Array.of(0xa2, 0x64, ...ASCII.encode('kind'), 0x64, ...ASCII.encode(kind), 0x65, ...ASCII.encode('nonce'));

const STARTS = { ping: startOf('ping'), pong: startOf('pong') } as const;
const START_BYTES = STARTS.ping.length;

/** Heads of unsigned integers that are followed by one, two and four bytes (RFC 8949 §3); smaller numbers are their own head. */
const HEADS = [
  { head: 0x18, bytes: 1, least: 24 },
  { head: 0x19, bytes: 2, least: 2 ** 8 },
  { head: 0x1a, bytes: 4, least: 2 ** 16 },
] as const;

/** Where the two kinds differ: the second letter. */
const KIND_AT = 8;

/**
 * Writes a heartbeat, the same bytes as the general writer in a twentieth of its time: it is what a device sends most of its life.
 *
 * @returns `null` for a nonce that is none, which the general writer judges
 */
export const writeHeartbeat = ({ kind, nonce }: HeartbeatFrame): Uint8Array<ArrayBuffer> | null => {
  if (!(Number.isInteger(nonce) && nonce >= 0 && nonce < 2 ** 32)) return null;
  const following = nonce < 24 ? 0 : nonce < 2 ** 8 ? 1 : nonce < 2 ** 16 ? 2 : 4;
  const written = new Uint8Array(START_BYTES + 1 + following);
  written.set(STARTS[kind]);
  const form = following === 0 ? undefined : HEADS.find(({ bytes }) => bytes === following);
  written[START_BYTES] = form?.head ?? nonce;
  for (let index = 0; index < following; index += 1) {
    written[START_BYTES + following - index] = (nonce >>> (8 * index)) & 0xff;
  }
  return written;
};

/**
 * Reads a heartbeat that is written as it must be.
 *
 * @returns `null` for all other bytes, acceptable or not, which the general reader judges
 */
export const readHeartbeat = (bytes: Uint8Array): HeartbeatFrame | null => {
  const kind = bytes[KIND_AT] === STARTS.ping[KIND_AT] ? 'ping' : 'pong';
  const start = STARTS[kind];
  for (let index = 0; index < START_BYTES; index += 1) if (bytes[index] !== start[index]) return null;
  const nonce = nonceAt(bytes);
  return nonce === null ? null : { kind, nonce };
};

/** The number that ends the bytes in its shortest form, if one does. */
const nonceAt = (bytes: Uint8Array): number | null => {
  const head = bytes[START_BYTES] ?? 0xff;
  const following = bytes.length - START_BYTES - 1;
  if (head < 24) return following === 0 ? head : null;
  let nonce = 0;
  for (let index = 0; index < Math.min(following, 4); index += 1) {
    nonce = nonce * 2 ** 8 + (bytes[START_BYTES + 1 + index] ?? 0);
  }
  return HEADS.some((form) => form.head === head && form.bytes === following && nonce >= form.least) ? nonce : null;
};
