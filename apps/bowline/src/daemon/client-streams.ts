import { BowlineError, type ServiceStreamId } from '@bowline/contracts';
import type { DeviceStream } from '@bowline/host';

/** The streams of one client of the daemon, by the ids that it names them by. */
export interface ClientStreams {
  /** Opens one for the client; cancelled by `signal`, and by the client's end. */
  open(
    streamId: ServiceStreamId,
    make: (signal: AbortSignal) => Promise<DeviceStream>,
    signal: AbortSignal,
  ): Promise<void>;
  /** Gives the client one that another device has opened; resolves once the client is done with it. */
  offer(streamId: ServiceStreamId, stream: DeviceStream): Promise<void>;
  read(streamId: ServiceStreamId): Promise<Uint8Array | null>;
  write(streamId: ServiceStreamId, bytes: Uint8Array): Promise<void>;
  end(streamId: ServiceStreamId): Promise<void>;
  reset(streamId: ServiceStreamId, code: number): void;
  /** The client is gone: all of them are reset. */
  close(): void;
}

interface ClientStream {
  readonly stream: DeviceStream;
  readonly reader: AsyncIterator<Uint8Array>;
  readonly done: PromiseWithResolvers<void>;
  isReadToEnd: boolean;
  isEnded: boolean;
}

export const clientStreams = (): ClientStreams => {
  const streams = new Map<ServiceStreamId, ClientStream>();
  const gone = new AbortController();

  const find = (streamId: ServiceStreamId): ClientStream => {
    const found = streams.get(streamId);
    if (found !== undefined) return found;
    throw new BowlineError({
      code: 'STREAM_CLOSED',
      message: 'The stream is closed; open another one if it is still wanted.',
    });
  };
  const add = (streamId: ServiceStreamId, stream: DeviceStream): ClientStream => {
    if (gone.signal.aborted || streams.has(streamId)) {
      stream.reset();
      throw new BowlineError({ code: 'STREAM_ID_IN_USE', message: 'Choose a fresh id for every stream.' });
    }
    const reader = stream[Symbol.asyncIterator]();
    const added = { stream, reader, done: Promise.withResolvers<void>(), isReadToEnd: false, isEnded: false };
    streams.set(streamId, added);
    return added;
  };
  const forget = (streamId: ServiceStreamId): void => {
    streams.get(streamId)?.done.resolve();
    streams.delete(streamId);
  };
  /** Runs what one direction does; a stream that failed, or whose directions have both ended, is forgotten. */
  const use = async <Value>(
    streamId: ServiceStreamId,
    work: (found: ClientStream) => Promise<Value>,
  ): Promise<Value> => {
    const found = find(streamId);
    try {
      const value = await work(found);
      if (found.isReadToEnd && found.isEnded) forget(streamId);
      return value;
    } catch (error) {
      if (streams.get(streamId) === found) forget(streamId);
      throw error;
    }
  };

  return {
    open: async (streamId, make, signal) => {
      add(streamId, await make(AbortSignal.any([signal, gone.signal])));
    },
    offer: (streamId, stream) => add(streamId, stream).done.promise,
    read: (streamId) =>
      use(streamId, async (found) => {
        const { value, done } = await found.reader.next();
        found.isReadToEnd = done === true;
        return done === true ? null : value;
      }),
    write: (streamId, bytes) => use(streamId, ({ stream }) => stream.write(bytes)),
    end: (streamId) =>
      use(streamId, async (found) => {
        await found.stream.end();
        found.isEnded = true;
      }),
    reset: (streamId, code) => {
      streams.get(streamId)?.stream.reset(code);
      forget(streamId);
    },
    close: () => {
      gone.abort();
      for (const [streamId, { stream }] of [...streams]) {
        stream.reset();
        forget(streamId);
      }
    },
  };
};
