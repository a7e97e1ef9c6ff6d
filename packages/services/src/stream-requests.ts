import type { RequestContext } from '@bowline/contracts';
import type { ResumableStream } from '@bowline/stream-protocol';
import { WaitCancelledError } from './errors.ts';
import type { Waiters } from './waiters.ts';

/** From so many bytes on nothing is added to what one read gives. */
const READ_BYTES = 196_608;

/** What an app asks of a stream. */
export interface StreamRequests {
  /** The signal of the context is looked at only when there is something to wait for, since it is made when looked at. */
  read(context: RequestContext): Promise<readonly Uint8Array[]>;
  write(bytes: Uint8Array, context: RequestContext): Promise<void>;
  end(context: RequestContext): Promise<void>;
}

interface StreamRequestsComponents {
  readonly machine: ResumableStream;
  /** Woken whenever something about the stream has changed. */
  readonly changed: Waiters;
  readonly failure: () => Error | null;
  /** There may be something to send. */
  readonly wake: () => void;
  /** The app has been told that nothing more comes. */
  readonly onReadEnd: () => void;
}

/** Moves the machine of a stream as the app asks, and waits until it lets the app go on. */
export const streamRequests = (components: StreamRequestsComponents): StreamRequests => {
  const { machine, changed, failure, wake, onReadEnd } = components;
  const throwIfFailed = (): void => {
    const error = failure();
    if (error !== null) throw error;
  };

  return {
    read: async (context) => {
      for (;;) {
        const pieces = takePieces(machine);
        if (pieces.length > 0) {
          wake();
          return pieces;
        }
        if (machine.read() === 'end') {
          onReadEnd();
          return [];
        }
        throwIfFailed();
        await changed.wait(context.signal, 'read');
      }
    },
    write: async (bytes, context) => {
      throwIfFailed();
      if (machine.hasEnded) throw new WaitCancelledError('write after the end');
      machine.write(bytes);
      wake();
      while (!machine.canWrite) {
        throwIfFailed();
        await changed.wait(context.signal, 'write');
      }
    },
    end: async (context) => {
      throwIfFailed();
      machine.end();
      wake();
      while (!machine.isAllAcknowledged) {
        throwIfFailed();
        await changed.wait(context.signal, 'end');
      }
    },
  };
};

/** What waits to be read, as far as one read goes. */
const takePieces = (machine: ResumableStream): readonly Uint8Array[] => {
  const pieces: Uint8Array[] = [];
  for (let sizeBytes = 0; sizeBytes < READ_BYTES && machine.waitingBytes > 0; ) {
    const piece = machine.read();
    if (!(piece instanceof Uint8Array)) break;
    pieces.push(piece);
    sizeBytes += piece.byteLength;
  }
  return pieces;
};
