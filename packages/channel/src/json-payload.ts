import { BadMessageError } from './errors.ts';

/** The one key of the object that stands for bytes: `{"$bytes":"AQID"}`, standard base64. */
const BYTES_KEY = '$bytes';

/** Deepest nesting read or written; payloads have a handful of levels. */
const MAX_DEPTH = 64;

/**
 * Makes a payload JSON can hold: a `Uint8Array` becomes `{"$bytes": base64}`, and a key of the payload's own that
 * begins with `$` gets one more, so that the two never meet.
 *
 * @throws TypeError for what the JSON form does not carry: functions, symbols, big integers, maps, sets, other classes, cycles.
 */
export const toJsonPayload = (value: unknown, depth = 0): unknown => {
  if (depth > MAX_DEPTH) throw new TypeError(`The payload nests deeper than ${MAX_DEPTH} levels.`);
  if (value instanceof Uint8Array) return { [BYTES_KEY]: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map((item) => toJsonPayload(item, depth + 1));
  if (typeof value === 'object' && value !== null) return toJsonObject(value, depth);
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') {
    throw new TypeError(`The JSON form does not carry a ${typeof value}.`);
  }
  return value;
};

const toJsonObject = (value: object, depth: number): unknown => {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`The JSON form does not carry a ${value.constructor.name}.`);
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.startsWith('$') ? `$${key}` : key, toJsonPayload(item, depth + 1)]),
  );
};

/**
 * The reverse of {@link toJsonPayload}.
 *
 * @throws BadMessageError when a `$` key means nothing, the base64 is none, or the nesting is too deep.
 */
export const fromJsonPayload = (value: unknown, depth = 0): unknown => {
  if (depth > MAX_DEPTH) throw new BadMessageError(`it nests deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) return value.map((item) => fromJsonPayload(item, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0]?.[0] === BYTES_KEY) return decodeBytes(entries[0][1]);
  return Object.fromEntries(entries.map(([key, item]) => [ownKey(key), fromJsonPayload(item, depth + 1)]));
};

const ownKey = (key: string): string => {
  if (!key.startsWith('$')) return key;
  if (!key.startsWith('$$')) throw new BadMessageError('a key beginning with "$" has a meaning it does not know');
  return key.slice(1);
};

const decodeBytes = (text: unknown): Uint8Array => {
  if (typeof text !== 'string' || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw new BadMessageError(`"${BYTES_KEY}" holds no base64`);
  }
  return new Uint8Array(Buffer.from(text, 'base64'));
};
