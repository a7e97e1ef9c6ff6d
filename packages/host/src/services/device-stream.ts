import type { Duplex } from 'node:stream';
import { ReadableStream, WritableStream } from 'node:stream/web';
import {
  type ChannelClient,
  type DeviceSummary,
  MAX_STREAM_WRITE_BYTES,
  type ServiceStreamId,
  type ServicesChannel,
} from '@bowline/contracts';
import { streamDuplex } from './stream-duplex.ts';

/** Who is at the other end of a stream. */
export type StreamPeer = Pick<DeviceSummary, 'id' | 'name'>;

/**
 * A stream of bytes to a service of another device, or from another device to one of ours. It outlives connections: what
 * was not acknowledged is sent again after a change of path, relay or network, and after a restart of the endpoint.
 *
 * Read it once, by `for await`, `readable` or `toNode()`. Where it fails, reading and writing reject with the reason:
 * `STREAM_RESET` (data.resetCode), `STREAM_LOST`, `STREAM_EXPIRED`, `DEVICE_REMOVED`.
 */
export interface DeviceStream extends AsyncIterable<Uint8Array>, AsyncDisposable {
  readonly service: string;
  readonly device: StreamPeer;
  /**
   * Sends bytes, or a text as UTF-8, of any size. Resolves when there is room for more, so awaiting it holds the writer to
   * the pace of the reader on the other device; not when they have arrived.
   */
  write(data: Uint8Array | string): Promise<void>;
  /** Ends this direction; the other side may go on. Resolves when the other device has everything. */
  end(): Promise<void>;
  /** Ends both directions at once. @param code 0 to 4,294,967,039, for the other side to see. @defaultValue 0 */
  reset(code?: number): void;
  /** As a Web Stream, made when first asked for. Cancelling it resets the stream. */
  readonly readable: ReadableStream<Uint8Array>;
  /** As a Web Stream, made when first asked for. Aborting it resets the stream. */
  readonly writable: WritableStream<Uint8Array>;
  /** As a Node stream, made when first asked for. Destroying it resets the stream unless both directions have ended. */
  toNode(): Duplex;
}

/** A stream as the host itself uses it. */
export interface OwnStream extends DeviceStream {
  /**
   * Writes bytes without copying them, 512 KiB at most. Resolves when there is room for more, to how many of the bytes
   * written last must stay as they are, since the other device may not have them; what comes before may be changed.
   */
  lend(bytes: Uint8Array): Promise<number>;
}

/** A buffer's own `slice` would share its memory. */
const copyOf = (bytes: Uint8Array): Uint8Array => Uint8Array.prototype.slice.call(bytes);

export const deviceStream = (
  client: ChannelClient<ServicesChannel>,
  streamId: ServiceStreamId,
  service: string,
  device: StreamPeer,
): OwnStream => {
  let readable: ReadableStream<Uint8Array> | null = null;
  let writable: WritableStream<Uint8Array> | null = null;
  let duplex: Duplex | null = null;
  let ended: Promise<void> | null = null;
  let isReadToEnd = false;
  let waiting: readonly Uint8Array[] = [];

  const read = async (): Promise<Uint8Array | null> => {
    if (waiting.length === 0 && !isReadToEnd) {
      waiting = (await client.request('read', { streamId })).pieces;
      isReadToEnd = waiting.length === 0;
    }
    const [next = null, ...others] = waiting;
    waiting = others;
    return next;
  };
  const reset = (code = 0): void => {
    // A stream that is over cannot be reset, and needs not be.
    client.request('reset', { streamId, code }).catch(() => undefined);
  };
  const write = async (data: Uint8Array | string): Promise<void> => {
    // The caller may use its buffer again at once.
    const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : copyOf(data);
    for (let at = 0; at < bytes.byteLength; at += MAX_STREAM_WRITE_BYTES) {
      await client.request('write', { streamId, bytes: bytes.subarray(at, at + MAX_STREAM_WRITE_BYTES) });
    }
  };
  const end = (): Promise<void> => {
    ended ??= client.request('end', { streamId });
    return ended;
  };

  return {
    service,
    device,
    write,
    lend: async (bytes) => (await client.request('lend', { streamId, bytes })).keptBytes,
    end,
    reset,
    get readable() {
      readable ??= new ReadableStream<Uint8Array>({
        pull: async (controller) => {
          const bytes = await read();
          if (bytes === null) controller.close();
          else controller.enqueue(bytes);
        },
        cancel: () => reset(),
      });
      return readable;
    },
    get writable() {
      writable ??= new WritableStream<Uint8Array>({ write, close: end, abort: () => reset() });
      return writable;
    },
    toNode: () => {
      duplex ??= streamDuplex({ read, write, end, reset });
      return duplex;
    },
    async *[Symbol.asyncIterator]() {
      let isDone = false;
      try {
        for (let bytes = await read(); bytes !== null; bytes = await read()) yield bytes;
        isDone = true;
      } finally {
        // Whoever leaves the loop early wants no more of it.
        if (!isDone) reset();
      }
    },
    [Symbol.asyncDispose]: async () => {
      if (ended !== null && isReadToEnd) await ended.catch(() => undefined);
      else reset();
    },
  };
};
