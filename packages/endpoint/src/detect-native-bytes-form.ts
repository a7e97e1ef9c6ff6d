import { fromNativeBytes, type NativeBytesForm } from './native-bytes.ts';

/** The part of the binding that is asked: a key is made from bytes and gives them back, without any runtime or network. */
export interface NativeKeys {
  fromBytes(bytes: number[]): { toBytes(): readonly number[] };
}

/** Any would do; this one is nobody's. */
const PROBE = new Uint8Array(32).fill(7);

/**
 * How the binding takes bytes, found out by giving it some. One that takes numbers alone throws at a byte array before it does
 * anything (`ArrayExpected`), where other calls of it end the process.
 */
export const detectNativeBytesForm = (keys: NativeKeys): NativeBytesForm => {
  try {
    const given = fromNativeBytes(keys.fromBytes(PROBE as unknown as number[]).toBytes());
    return Buffer.compare(given, PROBE) === 0 ? 'byteArrays' : 'numbers';
  } catch {
    return 'numbers';
  }
};
