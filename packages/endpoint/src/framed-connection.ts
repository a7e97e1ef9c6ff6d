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
import type { Connection as NativeConnection } from '@number0/iroh/index.js';
import type { ChangePoller } from './change-poller.ts';
import { closeHere, MAX_REASON_CHARACTERS, parseCloseReason } from './connection-close.ts';
import { isSamePath, selectedPath } from './connection-path.ts';
import { ConnectionClosedError, FrameTooLargeError } from './errors.ts';
import { frameStream } from './frame-stream.ts';
import { textToNativeBytes } from './native-bytes.ts';
import type { EndpointOptions } from './options.ts';

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

/** What a {@link FramedConnection} is made from. */
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

/** Takes a native connection over; it belongs to nobody else from then on. */
export const framedConnection = (parts: FramedConnectionParts): FramedConnection => {
  const { native, info, isIncoming, poller } = parts;
  const { connectionId } = info;
  const logger = parts.logger.child({ connectionId });
  let path = selectedPath(native.paths());
  let listener: FramedConnectionListener | null = null;
  let isOver = false;
  let stopWatching: Cancel | null = null;

  const finish = (close: ConnectionClose): void => {
    if (isOver) return;
    isOver = true;
    stopWatching?.();
    stream.end();
    listener?.onClosed(close);
  };

  const close = (name: CloseName, reason: string): void => {
    if (isOver) return;
    native.close(BigInt(CLOSE_CODES[name]), textToNativeBytes(reason.slice(0, MAX_REASON_CHARACTERS)));
    finish(closeHere(name, reason));
  };

  /** When the connection itself is over, its end is told by `closed`; else what failed makes it unusable. */
  const onFailed = (error: unknown): void => {
    if (isOver || native.closeReason() !== null) return;
    logger.debug({ error: errorMessage(error) }, 'stream of a connection failed');
    if (error instanceof FrameTooLargeError) close('frame-too-large', error.message);
    else close('protocol-error', 'the stream ended before the connection');
  };

  const stream = frameStream({ ...parts, connectionId, onFrame: (frame) => listener?.onFrame(frame), onFailed });

  /** The other side may open one stream at most, and only if it dialled. More would fill memory unread. */
  const refuseOtherStreams = async (): Promise<void> => {
    if (isIncoming) await stream.open();
    await native.acceptBi();
    close('protocol-error', 'one stream at most');
  };
  const refuseOneWayStreams = async (): Promise<void> => {
    await native.acceptUni();
    close('protocol-error', 'no stream in one direction');
  };

  const look = (): void => {
    if (isOver || native.closeReason() !== null) return;
    const now = selectedPath(native.paths());
    if (now === null) return;
    const isMoved = !isSamePath(path, now);
    path = now;
    if (isMoved) listener?.onPathChanged(now);
  };

  return {
    info: () => ({ ...info, path }),
    start: (given) => {
      listener = given;
      // The pending promise also keeps the native connection from being collected, which would close it.
      native.closed().then(
        (text) => finish(parseCloseReason(text)),
        (error: unknown) => finish(parseCloseReason(errorMessage(error))),
      );
      refuseOtherStreams().catch(onFailed);
      refuseOneWayStreams().catch(onFailed);
      stopWatching = poller.watch({ look });
    },
    send: stream.send,
    allowFrames: stream.allowFrames,
    close,
    inspect: () => {
      if (isOver || native.closeReason() !== null) throw new ConnectionClosedError(connectionId);
      return selectedPath(native.paths());
    },
  };
};
