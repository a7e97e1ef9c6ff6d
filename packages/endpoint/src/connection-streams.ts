import {
  brandAs,
  type Clock,
  type ConnectionId,
  errorMessage,
  InvalidOptionError,
  type Logger,
  MAX_STREAM_CHUNK_BYTES,
  STREAM_INITIAL_CREDIT_BYTES,
  STREAM_LEFT_CODE,
  type StreamId,
} from '@bowline/contracts';
import type { BiStream, Connection as NativeConnection } from '@number0/iroh/index.js';
import { type ByteStream, byteStream } from './byte-stream.ts';
import { datagramAllowance } from './datagram-allowance.ts';
import { DatagramTooLargeError, RequestCancelledError, StreamClosedError, StreamIdInUseError } from './errors.ts';
import { fromNativeBytes, toNativeBytes } from './native-bytes.ts';

/** What the streams and datagrams of a connection tell. */
export interface ConnectionStreamsListener {
  readonly onOpened: (streamId: StreamId) => void;
  readonly onReceived: (streamId: StreamId, bytes: Uint8Array) => void;
  readonly onEnded: (streamId: StreamId) => void;
  readonly onLeft: (streamId: StreamId, code: number) => void;
  readonly onDatagram: (bytes: Uint8Array) => void;
  /** A stream that was left cannot be given back as long as the connection stands. */
  readonly onStuck: () => void;
}

/** The streams of bytes of one connection, beside its frames, and its datagrams. */
export interface ConnectionStreams {
  /** A stream the other side opened. */
  accept(native: BiStream): void;
  /** Reads datagrams until the connection ends; it never rejects. */
  readDatagrams(): Promise<void>;
  open(streamId: StreamId, first: Uint8Array, signal: AbortSignal): Promise<void>;
  write(streamId: StreamId, bytes: Uint8Array, isLast: boolean): Promise<void>;
  allow(streamId: StreamId, bytes: number): void;
  leave(streamId: StreamId, code: number): void;
  sendDatagram(bytes: Uint8Array): void;
  /** The connection is gone. */
  end(): void;
}

interface ConnectionStreamsComponents {
  readonly native: NativeConnection;
  readonly connectionId: ConnectionId;
  /** Resolves when no stream opened from then on can be taken for the one of the frames. */
  readonly whenFramesHaveTheirs: () => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly listener: ConnectionStreamsListener;
}

export const connectionStreams = (components: ConnectionStreamsComponents): ConnectionStreams => {
  const { native, clock, logger, listener } = components;
  const streams = new Map<StreamId, ByteStream | null>();
  const mayTellDatagram = datagramAllowance(clock);
  let accepted = 0;
  let isOver = false;

  const add = (streamId: StreamId, opened: BiStream): ByteStream => {
    const stream = byteStream(streamId, opened, STREAM_INITIAL_CREDIT_BYTES, clock, {
      onReceived: (bytes) => listener.onReceived(streamId, bytes),
      onEnded: () => listener.onEnded(streamId),
      onLeft: (code) => listener.onLeft(streamId, code),
      onOver: () => streams.delete(streamId),
      onStuck: () => {
        logger.info({ streamId }, 'stream could not be given back');
        listener.onStuck();
      },
    });
    streams.set(streamId, stream);
    return stream;
  };

  const find = (streamId: StreamId): ByteStream => {
    const stream = streams.get(streamId);
    if (stream === undefined || stream === null) throw new StreamClosedError(streamId);
    return stream;
  };

  const openNative = async (streamId: StreamId, signal: AbortSignal): Promise<BiStream> => {
    const opening = components.whenFramesHaveTheirs().then(() => native.openBi());
    const cancelled = Promise.withResolvers<never>();
    const onAbort = (): void => cancelled.reject(new RequestCancelledError('openStream'));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      return await Promise.race([opening, cancelled.promise]);
    } catch (error) {
      // One that is opened later is given back at once: the other side has never heard of it.
      opening
        .then(
          ({ send }) => send.reset(BigInt(STREAM_LEFT_CODE)),
          () => undefined,
        )
        .catch(() => undefined);
      throw signal.aborted ? error : new StreamClosedError(streamId, error);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  };

  return {
    accept: (opened) => {
      accepted += 1;
      const streamId = brandAs<StreamId>(`in-${accepted}`);
      if (isOver) return;
      listener.onOpened(streamId);
      add(streamId, opened);
    },
    readDatagrams: async () => {
      try {
        for (;;) {
          const bytes = fromNativeBytes(await native.readDatagram());
          if (isOver) return;
          if (mayTellDatagram()) listener.onDatagram(bytes);
        }
      } catch (error) {
        logger.trace({ error: errorMessage(error) }, 'no more datagrams');
      }
    },
    open: async (streamId, first, signal) => {
      checkChunk('first', first);
      if (first.byteLength === 0) throw new InvalidOptionError('first', 'must not be empty', '0 bytes');
      // Names given here begin otherwise than those of the caller.
      if (streamId === '' || streamId.length > 64 || streamId.startsWith('in-') || streams.has(streamId)) {
        throw new StreamIdInUseError(streamId);
      }
      // Held from now on, so that nobody else takes it meanwhile.
      streams.set(streamId, null);
      try {
        const opened = await openNative(streamId, signal);
        if (isOver) throw new StreamClosedError(streamId);
        await add(streamId, opened).write(first, false);
      } catch (error) {
        if (streams.get(streamId) === null) streams.delete(streamId);
        throw error;
      }
    },
    write: async (streamId, bytes, isLast) => {
      checkChunk('bytes', bytes);
      await find(streamId).write(bytes, isLast);
    },
    allow: (streamId, bytes) => {
      if (!Number.isSafeInteger(bytes) || bytes < 0) {
        throw new InvalidOptionError('bytes', 'must be a whole number, 0 or more', bytes);
      }
      streams.get(streamId)?.allow(bytes);
    },
    leave: (streamId, code) => {
      if (!Number.isSafeInteger(code) || code < 0 || code > STREAM_LEFT_CODE) {
        throw new InvalidOptionError('code', `must be a whole number from 0 to ${STREAM_LEFT_CODE}`, code);
      }
      streams.get(streamId)?.leave(code);
    },
    sendDatagram: (bytes) => {
      const maxBytes = native.maxDatagramSize() ?? 0;
      if (bytes.byteLength > maxBytes) throw new DatagramTooLargeError(bytes.byteLength, maxBytes);
      native.sendDatagram(toNativeBytes(bytes));
    },
    end: () => {
      isOver = true;
      for (const stream of streams.values()) stream?.end();
      streams.clear();
    },
  };
};

const checkChunk = (field: string, bytes: Uint8Array): void => {
  if (bytes.byteLength > MAX_STREAM_CHUNK_BYTES) {
    throw new InvalidOptionError(field, `must be at most ${MAX_STREAM_CHUNK_BYTES} bytes`, `${bytes.byteLength} bytes`);
  }
};
