import { brandAs, type StreamId } from '@bowline/contracts';
import { systemClock } from '@bowline/system-ports';
import type { BiStream } from '@number0/iroh/index.js';
import { afterEach, expect, it } from 'vitest';
import { type ByteStream, byteStream } from '../src/byte-stream.ts';
import { detectNativeBytesForm } from '../src/detect-native-bytes-form.ts';
import { FRAME_HEADER_BYTES, frameDecoder } from '../src/frame-decoder.ts';
import { encodePieces } from '../src/frame-encoder.ts';
import {
  fromNativeBytes,
  type NativeBytesForm,
  nativeBytesToHex,
  nativeBytesToText,
  textToNativeBytes,
  toNativeBytes,
  useNativeBytesForm,
} from '../src/native-bytes.ts';
import type { BytesBinding } from './fake-binding.ts';

const SIZES = [1, 4_095, 4_096, 40_000, 65_536];
const CREDIT = 1_000_000;

const bytesOf = (size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, index) => (index * 31 + size) & 255);

/** One end of a stream, and everything that came to it by the end of the other direction. */
const endOf = (native: BiStream): { readonly stream: ByteStream; readonly received: Promise<Buffer> } => {
  const chunks: Uint8Array[] = [];
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const stream = byteStream(brandAs<StreamId>('stream'), native, CREDIT, systemClock, {
    onReceived: (bytes) => {
      // What is told is plain bytes, whatever the binding has of its own.
      expect(bytes.constructor).toBe(Uint8Array);
      chunks.push(bytes);
    },
    onEnded: () => resolve(Buffer.concat(chunks)),
    onLeft: () => undefined,
    onOver: () => undefined,
    onStuck: () => undefined,
  });
  return { stream, received: promise };
};

/** Every binding passes it, whichever form its bytes have. */
export const bytesConformance = (form: NativeBytesForm, binding: () => Promise<BytesBinding>): void => {
  afterEach(() => useNativeBytesForm('numbers'));

  /** As it is done when an endpoint is bound. */
  const bound = async (): Promise<BytesBinding> => {
    const found = await binding();
    useNativeBytesForm(detectNativeBytesForm(found.keys));
    return found;
  };

  it(`is found to take ${form}`, async () => {
    expect(detectNativeBytesForm((await binding()).keys)).toBe(form);
  });

  it('takes and gives keys and texts', async () => {
    const { keys } = await bound();
    const key = bytesOf(32);
    const native = toNativeBytes(key);
    const made = keys.fromBytes(native);
    // A secret is wiped where the binding has its copy.
    native.fill(0);
    expect(key).toEqual(bytesOf(32));
    expect(nativeBytesToHex(made.toBytes())).toBe(Buffer.from(key).toString('hex'));
    expect(nativeBytesToText(textToNativeBytes('grüße/1'))).toBe('grüße/1');
  });

  it('carries streams both ways, byte for byte', async () => {
    const { openStream } = await bound();
    const [here, there] = (await openStream()).map(endOf);
    if (here === undefined || there === undefined) throw new Error('a stream has two ends');
    for (const { stream } of [here, there]) {
      const sent = SIZES.map((size) => stream.write(bytesOf(size), false));
      await Promise.all(sent);
      await stream.write(new Uint8Array(), true);
    }
    const expected = Buffer.concat(SIZES.map(bytesOf));
    for (const { received } of [here, there]) expect((await received).equals(expected)).toBe(true);
  });

  it('carries frames', async () => {
    const { openStream } = await bound();
    const [here, there] = await openStream();
    const frames = [bytesOf(5), bytesOf(70_000), bytesOf(0)];
    const pieces = [...encodePieces(frames)];
    const sizeBytes = frames.reduce((sum, { byteLength }) => sum + FRAME_HEADER_BYTES + byteLength, 0);
    const writing = (async () => {
      for (const piece of pieces) await here.send.writeAll(piece);
    })();
    const decoder = frameDecoder(() => 100_000);
    for (let readBytes = 0; readBytes < sizeBytes; ) {
      const chunk = fromNativeBytes(await there.recv.read(65_536));
      readBytes += chunk.byteLength;
      decoder.push(chunk);
    }
    await writing;
    for (const frame of frames) expect(Buffer.compare(decoder.next() ?? Buffer.from('none'), frame)).toBe(0);
  });
};
