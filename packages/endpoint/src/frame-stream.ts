import type { Cancel, Clock, ConnectionId } from '@bowline/contracts';
import type { BiStream, Connection as NativeConnection, RecvStream, SendStream } from '@number0/iroh/index.js';

import { type FrameDecoder, frameDecoder } from './frame-decoder.ts';
import { fromNativeBytes } from './native-bytes.ts';
import type { EndpointOptions } from './options.ts';
import { sendQueue } from './send-queue.ts';

/** Bytes asked of one read. */
const READ_BYTES = 65_536;

/** Frames told in one turn. A flood of tiny ones would otherwise keep a close from being heard. */
const FRAMES_PER_TURN = 64;

/** How long an orderly end of the stream may come before the end of its connection, milliseconds. */
const END_OF_STREAM_GRACE_MS = 1_000;

/** The one stream of a connection, as frames in both directions. */
export interface FrameStream {
  /** Resolves when the stream exists, which on the accepting side takes the first bytes of the other. */
  open(): Promise<void>;
  send(frame: Uint8Array, signal: AbortSignal): Promise<void>;
  allowFrames(maxFrameBytes: number): void;
  /** Stops telling frames and rejects every send; the native stream ends with its connection. */
  end(): void;
}

/** What a {@link FrameStream} needs of its connection. */
export interface FrameStreamComponents {
  readonly native: NativeConnection;
  readonly connectionId: ConnectionId;
  readonly isIncoming: boolean;
  readonly maxFrameBytes: number;
  readonly options: EndpointOptions;
  readonly clock: Clock;
  readonly onFrame: (frame: Uint8Array) => void;
  /** The stream is of no further use: too large a frame, or whatever the binding said. */
  readonly onFailed: (error: unknown) => void;
}

/** The two halves, each held once: a half that is collected ends the stream in its direction. */
interface Halves {
  readonly stream: BiStream;
  readonly send: SendStream;
  readonly recv: RecvStream;
}

/** Opens nothing by itself: the dialling side with its first frame, the accepting side when `open` is asked for. */
export const frameStream = (components: FrameStreamComponents): FrameStream => {
  const { native, connectionId, isIncoming, options, clock, onFrame, onFailed } = components;
  let maxFrameBytes = components.maxFrameBytes;
  let halves: Promise<Halves> | null = null;
  let isEnded = false;
  let stopGrace: Cancel | null = null;

  const tellFrames = async (decoder: FrameDecoder): Promise<void> => {
    for (let told = 1; !isEnded; told += 1) {
      const frame = decoder.next();
      if (frame === undefined) return;
      onFrame(frame);
      if (told % FRAMES_PER_TURN === 0) await nextTurn(clock);
    }
  };

  const readToEnd = async (recv: RecvStream): Promise<void> => {
    const decoder = frameDecoder(() => maxFrameBytes);
    while (!isEnded) {
      const chunk = await recv.read(READ_BYTES);
      // An empty read is the end of the stream, and it repeats for ever.
      if (chunk.length === 0) return;
      decoder.push(fromNativeBytes(chunk));
      await tellFrames(decoder);
    }
  };

  const read = async ({ recv }: Halves): Promise<void> => {
    try {
      await readToEnd(recv);
      if (isEnded) return;
      const giveUp = (): void => onFailed(new Error('the stream ended before its connection'));
      stopGrace = clock.setTimer(END_OF_STREAM_GRACE_MS, giveUp, { unref: true });
    } catch (error) {
      onFailed(error);
    }
  };

  const openHalves = (): Promise<Halves> => {
    halves ??= (isIncoming ? native.acceptBi() : native.openBi()).then((stream) => {
      const opened = { stream, send: stream.send, recv: stream.recv };
      // `read` never rejects.
      void read(opened);
      return opened;
    });
    return halves;
  };

  const queue = sendQueue({
    connectionId,
    options,
    write: async (piece) => (await openHalves()).send.writeAll(piece),
    onFailed,
  });

  return {
    open: async () => {
      await openHalves();
    },
    send: queue.send,
    allowFrames: (maxBytes) => {
      maxFrameBytes = maxBytes;
    },
    end: () => {
      isEnded = true;
      stopGrace?.();
      queue.end();
    },
  };
};

const nextTurn = (clock: Clock): Promise<void> => new Promise((resolve) => void clock.setTimer(0, resolve));
