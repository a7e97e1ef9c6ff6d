import {
  type Cancel,
  CLOSE_CODES,
  type Clock,
  type CloseName,
  type ConnectionClose,
  type ConnectionInfo,
  type ConnectionPath,
  errorMessage,
  type Logger,
} from '@bowline/contracts';
import type { BiStream, Connection as NativeConnection, RecvStream, SendStream } from '@number0/iroh/index.js';
import type { ChangePoller } from './change-poller.ts';
import { closeHere, MAX_REASON_CHARACTERS, parseCloseReason } from './connection-close.ts';
import { isSamePath, selectedPath } from './connection-path.ts';
import { ConnectionClosedError, FrameTooLargeError } from './errors.ts';
import { frameDecoder } from './frame-decoder.ts';
import { fromNativeBytes, textToNativeBytes } from './native-bytes.ts';
import type { EndpointOptions } from './options.ts';
import { sendQueue } from './send-queue.ts';

/** Bytes asked of one read. */
const READ_BYTES = 65_536;

/** Frames told in one turn. A flood of tiny ones would otherwise keep a close from being heard. */
const FRAMES_PER_TURN = 64;

/** How long an orderly end of the stream may come before the end of its connection, milliseconds. */
const END_OF_STREAM_GRACE_MS = 1_000;

/** What a connection tells: frames and paths in any number, then one end and nothing after it. */
export interface FramedConnectionListener {
  readonly onFrame: (frame: Uint8Array) => void;
  readonly onPathChanged: (path: ConnectionPath) => void;
  readonly onClosed: (close: ConnectionClose) => void;
}

/** One iroh connection with its one stream of frames. It holds every native handle until the connection has ended. */
export interface FramedConnection {
  info(): ConnectionInfo;
  /** Starts reading and watching; nothing is told before. */
  start(listener: FramedConnectionListener): void;
  send(frame: Uint8Array, signal: AbortSignal): Promise<void>;
  allowFrames(maxFrameBytes: number): void;
  /** Ends it here, at once, and tells so. */
  close(name: CloseName, reason: string): void;
  /** The selected path now. @throws {@link ConnectionClosedError} */
  inspect(): ConnectionPath | null;
}

export interface FramedConnectionParts {
  readonly native: NativeConnection;
  readonly info: Omit<ConnectionInfo, 'path'>;
  readonly isIncoming: boolean;
  readonly maxFrameBytes: number;
  readonly options: EndpointOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly poller: ChangePoller;
}

/** The two halves, each held once: a half that is collected ends the stream in its direction. */
interface Halves {
  readonly stream: BiStream;
  readonly send: SendStream;
  readonly recv: RecvStream;
}

export const framedConnection = (parts: FramedConnectionParts): FramedConnection => {
  const { native, isIncoming, options, clock, poller } = parts;
  const { connectionId } = parts.info;
  const logger = parts.logger.child({ connectionId });
  let maxFrameBytes = parts.maxFrameBytes;
  let path = selectedPath(native.paths());
  let listener: FramedConnectionListener | null = null;
  let halves: Promise<Halves> | null = null;
  let isOver = false;
  let stopWatching: Cancel | null = null;
  let stopGrace: Cancel | null = null;

  const finish = (close: ConnectionClose): void => {
    if (isOver) return;
    isOver = true;
    stopWatching?.();
    stopGrace?.();
    queue.end();
    listener?.onClosed(close);
  };

  const close = (name: CloseName, reason: string): void => {
    if (isOver) return;
    native.close(BigInt(CLOSE_CODES[name]), textToNativeBytes(reason.slice(0, MAX_REASON_CHARACTERS)));
    finish(closeHere(name, reason));
  };

  /** A native call failed. When the connection itself is over, its end is told by `closed`; else it is unusable. */
  const onStreamFailed = (error: unknown): void => {
    if (isOver || native.closeReason() !== null) return;
    logger.debug({ error: errorMessage(error) }, 'stream of a connection failed');
    close('protocol-error', 'the stream ended before the connection');
  };

  /** Asked lazily by the dialling side: the other side hears of a stream only with its first bytes. */
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
    onFailed: onStreamFailed,
  });

  const tellFrames = async (decoder: ReturnType<typeof frameDecoder>): Promise<void> => {
    for (let told = 1; !isOver; told += 1) {
      const frame = decoder.next();
      if (frame === undefined) return;
      listener?.onFrame(frame);
      if (told % FRAMES_PER_TURN === 0) await nextTurn(clock);
    }
  };

  const read = async ({ recv }: Halves): Promise<void> => {
    const decoder = frameDecoder(() => maxFrameBytes);
    try {
      while (!isOver) {
        const chunk = await recv.read(READ_BYTES);
        // An empty read is the end of the stream, and it repeats for ever.
        if (chunk.length === 0) break;
        decoder.push(fromNativeBytes(chunk));
        await tellFrames(decoder);
      }
      if (!isOver) {
        stopGrace = clock.setTimer(END_OF_STREAM_GRACE_MS, () => onStreamFailed('end of stream'), { unref: true });
      }
    } catch (error) {
      if (error instanceof FrameTooLargeError) close('frame-too-large', error.message);
      else onStreamFailed(error);
    }
  };

  /** The other side may open one stream at most, and only if it dialled. More would fill memory unread. */
  const refuseOtherStreams = async (): Promise<void> => {
    if (isIncoming) await openHalves();
    await native.acceptBi();
    close('protocol-error', 'one stream at most');
  };
  const refuseUniStreams = async (): Promise<void> => {
    await native.acceptUni();
    close('protocol-error', 'no stream in one direction');
  };

  return {
    info: () => ({ ...parts.info, path }),
    start: (given) => {
      listener = given;
      // The pending promise also keeps the native connection from being collected, which would close it.
      native.closed().then(
        (text) => finish(parseCloseReason(text)),
        (error: unknown) => finish(parseCloseReason(errorMessage(error))),
      );
      refuseOtherStreams().catch(onStreamFailed);
      refuseUniStreams().catch(onStreamFailed);
      const look = (): void => {
        if (isOver || native.closeReason() !== null) return;
        const now = selectedPath(native.paths());
        if (now === null) return;
        const isMoved = !isSamePath(path, now);
        path = now;
        if (isMoved) listener?.onPathChanged(now);
      };
      stopWatching = poller.watch({ look });
    },
    send: queue.send,
    allowFrames: (maxBytes) => {
      maxFrameBytes = maxBytes;
    },
    close,
    inspect: () => {
      if (isOver || native.closeReason() !== null) throw new ConnectionClosedError(connectionId);
      return selectedPath(native.paths());
    },
  };
};

const nextTurn = (clock: Clock): Promise<void> => new Promise((resolve) => void clock.setTimer(0, resolve));
