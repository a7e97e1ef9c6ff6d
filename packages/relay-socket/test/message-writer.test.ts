import { PassThrough, type Writable } from 'node:stream';
import { seededRandom } from '@bowline/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as ws from 'ws';
import { masksFrom } from '../src/message-mask.ts';
import { MessageWriter, messagesOf } from '../src/message-writer.ts';

/** The part of `ws` that reads; its types leave it out. */
const { Receiver } = ws as unknown as {
  readonly Receiver: new (options: { isServer: boolean; maxPayload: number }) => Writable;
};

/** What `ws` makes of the bytes, at whatever place in memory they lie. */
const readBy = (isServer: boolean, bytes: Uint8Array, atOffset = 0): readonly Buffer[] => {
  const receiver = new Receiver({ isServer, maxPayload: 200_000 });
  const messages: Buffer[] = [];
  receiver.on('message', (data: Buffer) => messages.push(Buffer.from(data)));
  const moved = Buffer.alloc(atOffset + bytes.length).subarray(atOffset);
  moved.set(bytes);
  receiver.write(moved);
  return messages;
};

const frameOf = (sizeBytes: number): Uint8Array => Uint8Array.from({ length: sizeBytes }, (_, index) => index & 0xff);

describe('messages', () => {
  it.each([0, 1, 125, 126, 65_535, 65_536, 100_000])(
    'of %i bytes are read as they were, with a mask and without',
    (size) => {
      const frame = frameOf(size);
      expect(readBy(true, messagesOf([frame], masksFrom(seededRandom())))).toEqual([Buffer.from(frame)]);
      expect(readBy(false, messagesOf([frame], null))).toEqual([Buffer.from(frame)]);
    },
  );

  it('in a row are read one by one, wherever each begins', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), fc.nat(7), (frames, offset) => {
        const bytes = messagesOf(frames, masksFrom(seededRandom(offset)));
        expect(readBy(true, bytes, offset)).toEqual(frames.map((frame) => Buffer.from(frame)));
      }),
    );
  });

  it('each have a mask of their own, and leave the frame as it was', () => {
    const frame = frameOf(1_200);
    const masks = masksFrom(seededRandom());
    const [one, other] = [messagesOf([frame], masks), messagesOf([frame], masks)];
    expect(one.subarray(4, 8)).not.toEqual(other.subarray(4, 8));
    expect(frame).toEqual(frameOf(1_200));
  });
});

describe('the writer', () => {
  it('hands over what was sent in one turn at once, and says when it is gone', async () => {
    const line = new PassThrough({ highWaterMark: 1_000_000 });
    const chunks: Buffer[] = [];
    line.on('data', (chunk: Buffer) => chunks.push(chunk));
    const writer = new MessageWriter(line, null);
    writer.send(frameOf(10));
    const flushed = new Promise<void>((resolve) => writer.send(frameOf(20), resolve));
    expect(writer.bufferedBytes).toBe(30);
    await flushed;
    expect(chunks).toHaveLength(1);
    expect(readBy(false, Buffer.concat(chunks))).toEqual([Buffer.from(frameOf(10)), Buffer.from(frameOf(20))]);
    expect(writer.bufferedBytes).toBe(0);
  });

  it('hands over at once what has to come before a goodbye', () => {
    const line = new PassThrough();
    const writer = new MessageWriter(line, null);
    writer.send(frameOf(3));
    writer.flush();
    line.write('goodbye');
    writer.flush();
    expect(line.read()).toEqual(Buffer.concat([messagesOf([frameOf(3)], null), Buffer.from('goodbye')]));
  });

  it('says so, too, when the connection is gone', async () => {
    const line = new PassThrough();
    line.on('error', () => undefined);
    line.destroy();
    const writer = new MessageWriter(line, null);
    await new Promise<void>((resolve) => writer.send(frameOf(10), resolve));
  });
});
