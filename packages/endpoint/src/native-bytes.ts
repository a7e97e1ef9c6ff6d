/**
 * The binding takes and gives bytes as arrays of numbers. An indexed loop is 6 to 7 times faster than `Array.from`, and
 * `Uint8Array.from` 9 times faster than the constructor (64 KiB, Node 24: 0.45 and 0.05 ms).
 */
export const toNativeBytes = (bytes: Uint8Array): number[] => {
  const native = new Array<number>(bytes.byteLength);
  for (let index = 0; index < bytes.byteLength; index += 1) native[index] = bytes[index] ?? 0;
  return native;
};

/** Bytes the binding gave. */
export const fromNativeBytes = (native: readonly number[]): Uint8Array => Uint8Array.from(native);

/** A text as UTF-8. */
export const textToNativeBytes = (text: string): number[] => toNativeBytes(Buffer.from(text, 'utf8'));

/** UTF-8 the binding gave, as a text. */
export const nativeBytesToText = (native: readonly number[]): string => Buffer.from(native).toString('utf8');

/** Bytes the binding gave, as lower-case hexadecimal digits. */
export const nativeBytesToHex = (native: readonly number[]): string => Buffer.from(native).toString('hex');
