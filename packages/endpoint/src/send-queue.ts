import type { ConnectionId } from '@bowline/contracts';
import { ConnectionClosedError, FrameTooLargeError, RequestCancelledError, SendQueueFullError } from './errors.ts';
import { encodePieces, PIECE_BYTES } from './frame-encoder.ts';
import type { EndpointOptions } from './options.ts';

/** What waits to be written on one connection, and writes it: one write at a time, frames in the order they were sent. */
export interface SendQueue {
  /**
   * Resolves when the binding has taken the whole frame. Aborting takes a waiting frame out of the queue; one that is
   * being written goes on, because half a frame would end the stream.
   */
  send(frame: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Rejects everything that waits, and every later send. */
  end(): void;
}

interface Entry {
  readonly frame: Uint8Array;
  readonly settle: (error?: Error) => void;
}

interface SendQueueComponents {
  readonly connectionId: ConnectionId;
  readonly options: EndpointOptions;
  /** Writes one piece; may wait as long as the other side does not read. */
  readonly write: (piece: number[]) => Promise<void>;
  readonly onFailed: (error: unknown) => void;
}

/** Writes whenever something waits; owns no timer. */
export const sendQueue = ({ connectionId, options, write, onFailed }: SendQueueComponents): SendQueue => {
  const waiting = new Set<Entry>();
  let writing: readonly Entry[] = [];
  let waitingBytes = 0;
  let isEnded = false;
  let isPumping = false;

  const remove = (entry: Entry): boolean => {
    if (!waiting.delete(entry)) return false;
    waitingBytes -= entry.frame.byteLength;
    return true;
  };

  /** As many small frames as share one write, or one large frame. */
  const takeBatch = (): readonly Entry[] => {
    const batch: Entry[] = [];
    let batchBytes = 0;
    for (const entry of waiting) {
      if (batch.length > 0 && batchBytes + entry.frame.byteLength > PIECE_BYTES) break;
      remove(entry);
      batch.push(entry);
      batchBytes += entry.frame.byteLength;
    }
    return batch;
  };

  const end = (): void => {
    isEnded = true;
    const entries = [...writing, ...waiting];
    waiting.clear();
    waitingBytes = 0;
    for (const entry of entries) entry.settle(new ConnectionClosedError(connectionId));
  };

  const pump = async (): Promise<void> => {
    isPumping = true;
    try {
      while (waiting.size > 0) {
        writing = takeBatch();
        for (const piece of encodePieces(writing.map(({ frame }) => frame))) await write(piece);
        for (const entry of writing) entry.settle();
        writing = [];
      }
    } catch (error) {
      end();
      onFailed(error);
    } finally {
      writing = [];
      isPumping = false;
    }
  };

  return {
    send: (frame, signal) => {
      const sizeBytes = frame.byteLength;
      if (isEnded) return Promise.reject(new ConnectionClosedError(connectionId));
      if (signal.aborted) return Promise.reject(new RequestCancelledError('send'));
      if (sizeBytes > options.frameCeilingBytes) {
        return Promise.reject(new FrameTooLargeError(sizeBytes, options.frameCeilingBytes));
      }
      const isFull = waitingBytes + sizeBytes > options.maxQueuedSendBytes || waiting.size >= options.maxQueuedSends;
      if (waiting.size > 0 && isFull) return Promise.reject(new SendQueueFullError(connectionId));
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const onAbort = (): void => {
        remove(entry);
        reject(new RequestCancelledError('send'));
      };
      const entry: Entry = {
        frame,
        settle: (error) => {
          signal.removeEventListener('abort', onAbort);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      waiting.add(entry);
      waitingBytes += sizeBytes;
      // `pump` never rejects.
      if (!isPumping) void pump();
      return promise;
    },
    end,
  };
};
