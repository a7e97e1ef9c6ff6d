import { WireFormatError } from './errors.ts';

/** CBOR's major types (RFC 8949 §3.1). */
const MAJOR = { uint: 0, negint: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;

/** Additional information 24 to 27: the argument follows in 1, 2, 4 or 8 bytes (RFC 8949 §3). */
const ARGUMENT_BYTES = [1, 2, 4, 8] as const;

/** The one name that means something to JavaScript objects; no message of ours has such a field. */
const PROTO_KEY = new TextEncoder().encode('__proto__');

interface OpenContainer {
  isMap: boolean;
  /** Items still to come; a map's entry counts as two. */
  remaining: number;
}

interface Head {
  readonly major: number;
  readonly argument: number;
  readonly bodyStart: number;
}

const readHead = (bytes: Uint8Array, position: number): Head => {
  const initial = bytes[position];
  if (initial === undefined) throw new WireFormatError('malformed', 'it ends in the middle of an item');
  const major = initial >> 5;
  const info = initial & 31;
  if (info < 24) return { major, argument: info, bodyStart: position + 1 };
  const width = ARGUMENT_BYTES[info - 24];
  if (width === undefined) throw new WireFormatError('malformed', 'indefinite or reserved length');
  if (position + 1 + width > bytes.length) throw new WireFormatError('malformed', 'it ends in the middle of an item');
  let argument = 0;
  for (let index = 1; index <= width; index += 1) argument = argument * 256 + (bytes[position + index] ?? 0);
  return { major, argument, bodyStart: position + 1 + width };
};

const isProtoKey = (bytes: Uint8Array, start: number, length: number): boolean =>
  length === PROTO_KEY.length && PROTO_KEY.every((byte, index) => bytes[start + index] === byte);

/**
 * Walks one CBOR item without recursion and without building anything, so that hostile nesting and absurd lengths
 * are refused before the decoder, which recurses, sees them.
 *
 * @throws {@link WireFormatError} `too-deep`, or `malformed` for tags, indefinite lengths, keys that are not text,
 * the key `__proto__`, lengths past the end, and trailing bytes.
 */
export const scanItem = (bytes: Uint8Array, maxDepth: number): void => {
  const open: OpenContainer[] = [];
  let position = 0;
  do {
    const { major, argument, bodyStart } = readHead(bytes, position);
    const parent = open.at(-1);
    const isKey = parent?.isMap === true && parent.remaining % 2 === 0;
    if (parent !== undefined) parent.remaining -= 1;
    position = bodyStart;
    if (isKey && major !== MAJOR.text) throw new WireFormatError('malformed', 'a map key is not text');
    if (major === MAJOR.tag) throw new WireFormatError('malformed', 'tags are not used');
    if (major === MAJOR.bytes || major === MAJOR.text) {
      if (argument > bytes.length - position) throw new WireFormatError('malformed', 'a length points past the end');
      if (isKey && isProtoKey(bytes, position, argument)) throw new WireFormatError('malformed', 'forbidden map key');
      position += argument;
    } else if (major === MAJOR.array || major === MAJOR.map) {
      const count = major === MAJOR.map ? argument * 2 : argument;
      // Every item takes at least one byte, so a larger count cannot be true.
      if (count > bytes.length - position) throw new WireFormatError('malformed', 'a count points past the end');
      if (open.length >= maxDepth) throw new WireFormatError('too-deep', `more than ${maxDepth} levels`);
      open.push({ isMap: major === MAJOR.map, remaining: count });
    }
    while (open.at(-1)?.remaining === 0) open.pop();
  } while (open.length > 0);
  if (position !== bytes.length) throw new WireFormatError('malformed', 'bytes follow the item');
};
