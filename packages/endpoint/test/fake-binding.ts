import type { BiStream } from '@number0/iroh/index.js';
import type { NativeKeys } from '../src/detect-native-bytes-form.ts';
import type { NativeBytesForm } from '../src/native-bytes.ts';

/** What of a binding is needed to see how bytes cross it. */
export interface BytesBinding {
  readonly keys: NativeKeys;
  /** Both ends of one stream. */
  openStream(): Promise<readonly [BiStream, BiStream]>;
}

/** A binding that is played: it takes and gives bytes in one form alone, and throws at any other as the real ones do. */
export const fakeBinding = (form: NativeBytesForm): BytesBinding => {
  const taken = (value: unknown): Uint8Array => {
    if (form === 'byteArrays') {
      if (value instanceof Uint8Array) return value;
      throw new TypeError('Expected a Uint8Array');
    }
    if (!Array.isArray(value)) throw Object.assign(new Error('Failed to get Array length'), { code: 'ArrayExpected' });
    return Uint8Array.from(value as readonly number[]);
  };
  // A Buffer, as byte arrays from native code often are.
  const given = (bytes: Uint8Array): number[] =>
    form === 'byteArrays' ? (Buffer.from(bytes) as unknown as number[]) : [...bytes];

  const half = () => {
    const chunks: Uint8Array[] = [];
    let isFinished = false;
    let wake = (): void => undefined;
    return {
      send: {
        writeAll: async (bytes: unknown) => {
          chunks.push(Uint8Array.from(taken(bytes)));
          wake();
        },
        finish: async () => {
          isFinished = true;
          wake();
        },
      },
      recv: {
        read: async (sizeLimit: number) => {
          while (chunks.length === 0 && !isFinished) {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
          const chunk = chunks.shift() ?? new Uint8Array();
          if (chunk.byteLength > sizeLimit) chunks.unshift(chunk.subarray(sizeLimit));
          return given(chunk.subarray(0, sizeLimit));
        },
      },
    };
  };

  return {
    keys: {
      fromBytes: (bytes) => {
        const key = Uint8Array.from(taken(bytes));
        return { toBytes: () => given(key) };
      },
    },
    openStream: async () => {
      const [there, back] = [half(), half()];
      return [
        { send: there.send, recv: back.recv },
        { send: back.send, recv: there.recv },
      ] as unknown as readonly [BiStream, BiStream];
    },
  };
};
