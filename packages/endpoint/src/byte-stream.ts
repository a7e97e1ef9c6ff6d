import { type Cancel, type Clock, errorMessage, STREAM_LEFT_CODE, type StreamId } from '@bowline/contracts';
import type { BiStream, RecvStream, SendStream } from '@number0/iroh/index.js';
import { StreamClosedError, StreamQueueFullError } from './errors.ts';
import { fromNativeBytes, toSharedNativeBytes } from './native-bytes.ts';

/** Bytes asked of one read. */
const READ_BYTES = 65_536;

/** Writes that may wait at once. */
const MAX_WAITING_WRITES = 8;

/** How long the other side may take to end its direction of a stream that was left. */
const PEER_END_MS = 5_000;

/** How long iroh may take to let go of a write that was under way when its stream was left. */
const OWN_WRITE_MS = 30_000;

/** What a {@link ByteStream} tells. After `onOver` nothing more is told. */
export interface ByteStreamListener {
  readonly onReceived: (bytes: Uint8Array) => void;
  readonly onEnded: () => void;
  readonly onLeft: (code: number) => void;
  /** Both native halves are done with. */
  readonly onOver: () => void;
  /** The other side, or iroh, holds on to a stream that was left. */
  readonly onStuck: () => void;
}

/** One QUIC stream of bytes. It holds both native halves until it is over: a collected half ends its direction. */
export interface ByteStream {
  write(bytes: Uint8Array, isLast: boolean): Promise<void>;
  allow(bytes: number): void;
  leave(code: number): void;
  /** The connection is gone: every write rejects, nothing more is told. */
  end(): void;
}

/** Each held once, and the stream they are of. */
interface Halves {
  readonly native: BiStream;
  readonly send: SendStream;
  readonly recv: RecvStream;
}

/** Starts reading at once, up to `credit` bytes. */
export const byteStream = (
  streamId: StreamId,
  native: BiStream,
  credit: number,
  clock: Clock,
  listener: ByteStreamListener,
): ByteStream => {
  const halves: Halves = { native, send: native.send, recv: native.recv };
  let allowed = credit;
  let wakeReader: (() => void) | null = null;
  let waitingWrites = 0;
  let lastWrite: Promise<void> = Promise.resolve();
  let isLeft = false;
  let isEnded = false;
  let isSendOver = false;
  let isRecvOver = false;
  let cancelTimer: Cancel = () => undefined;

  const noteOver = (): void => {
    if (!isSendOver || !isRecvOver || isEnded) return;
    isEnded = true;
    cancelTimer();
    listener.onOver();
  };

  const resetOwn = async (code: number): Promise<void> => {
    isLeft = true;
    wakeReader?.();
    if (!isSendOver) cancelTimer = clock.setTimer(OWN_WRITE_MS, listener.onStuck, { unref: true });
    // `lastWrite` never rejects. A write under way holds the native half; what waits behind it gives up by itself.
    await lastWrite;
    if (isEnded) return;
    try {
      // Also after an orderly end: what was not acknowledged by then needs not be.
      await halves.send.reset(BigInt(code));
    } catch {
      // The half is over already.
    }
    isSendOver = true;
    cancelTimer();
    if (!isRecvOver && !isEnded) cancelTimer = clock.setTimer(PEER_END_MS, listener.onStuck, { unref: true });
    noteOver();
  };

  const readOnce = async (): Promise<boolean> => {
    while (allowed <= 0 && !isLeft) {
      await new Promise<void>((resolve) => {
        wakeReader = resolve;
      });
    }
    wakeReader = null;
    const chunk = await halves.recv.read(isLeft ? READ_BYTES : Math.min(READ_BYTES, allowed));
    // An empty read is the end of the direction, and it repeats for ever.
    if (chunk.length === 0) return false;
    if (isLeft || isEnded) return !isEnded;
    allowed -= chunk.length;
    listener.onReceived(fromNativeBytes(chunk));
    return true;
  };

  const read = async (): Promise<void> => {
    try {
      while (await readOnce());
      isRecvOver = true;
      if (!isLeft && !isEnded) listener.onEnded();
    } catch (error) {
      isRecvOver = true;
      const code = resetCodeOf(errorMessage(error));
      // Anything else is the end of the connection, which is told by itself.
      if (code !== null && !isLeft && !isEnded) {
        listener.onLeft(code);
        void resetOwn(STREAM_LEFT_CODE);
      }
    }
    noteOver();
  };

  const writeNow = async (bytes: Uint8Array, isLast: boolean): Promise<void> => {
    if (isLeft || isEnded || isSendOver) throw new StreamClosedError(streamId);
    try {
      if (bytes.byteLength > 0) await halves.send.writeAll(toSharedNativeBytes(bytes));
      if (isLast) await halves.send.finish();
    } catch (error) {
      throw new StreamClosedError(streamId, error);
    }
    if (isLast) {
      isSendOver = true;
      noteOver();
    }
  };

  // `read` never rejects.
  void read();

  return {
    write: (bytes, isLast) => {
      if (isLeft || isEnded || isSendOver) return Promise.reject(new StreamClosedError(streamId));
      if (waitingWrites >= MAX_WAITING_WRITES) return Promise.reject(new StreamQueueFullError(streamId));
      waitingWrites += 1;
      const written = lastWrite.then(() => writeNow(bytes, isLast));
      lastWrite = written.then(
        () => {
          waitingWrites -= 1;
        },
        () => {
          waitingWrites -= 1;
        },
      );
      return written;
    },
    allow: (bytes) => {
      allowed += bytes;
      wakeReader?.();
    },
    leave: (code) => {
      if (!isLeft && !isEnded) void resetOwn(code);
    },
    end: () => {
      isEnded = true;
      isLeft = true;
      cancelTimer();
      wakeReader?.();
    },
  };
};

/** What iroh says of a stream the other side has reset: `Reset(7)`. */
const resetCodeOf = (message: string): number | null => {
  const digits = /\bReset\((\d{1,19})\)/.exec(message)?.[1];
  return digits === undefined ? null : Math.min(Number(digits), STREAM_LEFT_CODE);
};
