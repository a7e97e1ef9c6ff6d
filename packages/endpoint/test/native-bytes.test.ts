import { describe, expect, it } from 'vitest';
import { detectNativeBytesForm } from '../src/detect-native-bytes-form.ts';
import { fromNativeBytes, toNativeBytes, toSharedNativeBytes } from '../src/native-bytes.ts';
import { bytesConformance } from './bytes-conformance.ts';
import { fakeBinding } from './fake-binding.ts';

const SIZES = [0, 1, 4_095, 4_096, 4_097, 61_460, 8_192, 65_536, 40_000, 65_537];
const bytesOf = (size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, index) => (index * 31 + size) & 255);

describe('bytes for the binding', () => {
  it.each([
    ['in an array of their own', toNativeBytes],
    ['in a shared one, whatever was in it before', toSharedNativeBytes],
  ])('are the same numbers, %s', (_, toNative) => {
    for (const size of SIZES) {
      const bytes = bytesOf(size);
      const native = toNative(bytes);
      expect(native).toHaveLength(size);
      expect(Buffer.compare(fromNativeBytes(native), bytes)).toBe(0);
    }
  });
});

describe.each(['numbers', 'byteArrays'] as const)('a binding that takes %s', (form) => {
  bytesConformance(form, async () => fakeBinding(form));
});

it('takes a binding for one of numbers that makes something else of byte arrays', () => {
  const odd = { fromBytes: () => ({ toBytes: () => [1, 2, 3] }) };
  expect(detectNativeBytesForm(odd)).toBe('numbers');
});
