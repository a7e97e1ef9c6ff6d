import { errorMessage } from '@bowline/contracts';
import { encode } from 'cborg';
import { WireFormatError } from './errors.ts';

const refuse = (detail: string): never => {
  throw new WireFormatError('not-encodable', detail);
};

/** Left alone by these, cborg would write NaN, `undefined` and broken surrogates, which no reader of ours accepts. */
const STRICT_TYPE_ENCODERS = {
  number: (value: number) => (Number.isFinite(value) ? null : refuse('a number is not finite')),
  string: (value: string) => (value.isWellFormed() ? null : refuse('a text is not well-formed Unicode')),
  undefined: () => refuse('a value is undefined'),
};

/**
 * Writes a value as canonical CBOR (RFC 8949 §4.2.1): shortest heads, map keys sorted by length, then bytes.
 *
 * Accepted: `null`, booleans, finite numbers, well-formed strings, `Uint8Array`, arrays, plain objects. Properties
 * that are `undefined` are left out. The result shares no memory with the value.
 *
 * @throws {@link WireFormatError} `not-encodable` for anything else.
 */
export const encodeFrame = (value: unknown): Uint8Array<ArrayBuffer> => {
  try {
    // cborg may hand out a slice of Buffer's shared pool; the copy owns its memory and can be transferred.
    return new Uint8Array(encode(value, { ignoreUndefinedProperties: true, typeEncoders: STRICT_TYPE_ENCODERS }));
  } catch (error) {
    if (error instanceof WireFormatError) throw error;
    throw new WireFormatError('not-encodable', errorMessage(error), error);
  }
};
