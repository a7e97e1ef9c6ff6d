import {
  type ByteCount,
  type Cancel,
  CLOSE_CODES,
  type Clock,
  type CloseName,
  type ConnectionClose,
  type ConnectionInfo,
  type ConnectionPath,
  errorMessage,
  type IdleHeartbeat,
  isSamePath,
  type Logger,
  type RoundTrip,
} from '@bowline/contracts';
import { idleHeartbeat, type RunningIdleHeartbeat, roundTrips } from '@bowline/link-protocol';
import type { Connection as NativeConnection } from '@number0/iroh/index.js';
import type { ChangePoller } from './change-poller.ts';
import { closeHere, MAX_REASON_CHARACTERS, parseCloseReason } from './connection-close.ts';
import { nativePathInUse, selectedPath } from './connection-path.ts';
import { type ConnectionStreams, type ConnectionStreamsListener, connectionStreams } from './connection-streams.ts';
import { directBytes } from './direct-bytes.ts';
import { ConnectionClosedError, FrameTooLargeError } from './errors.ts';
import { frameStream } from './frame-stream.ts';
import { lossNews } from './loss-news.ts';
import { textToNativeBytes } from './native-bytes.ts';
import type { EndpointOptions } from './options.ts';
import { pathLoss } from './path-loss.ts';

/** What a connection tells: frames and paths in any number, then one end and nothing after it. */
export interface FramedConnectionListener {
  readonly onFrame: (frame: Uint8Array) => void;
  readonly onPathChanged: (path: ConnectionPath) => void;
  readonly onLossChanged: (lossRatio: number | null) => void;
  readonly onUnanswered: () => void;
  readonly onRoundTrip: (rttMs: number) => void;
  readonly onClosed: (close: ConnectionClose) => void;
  readonly streams: Omit<ConnectionStreamsListener, 'onStuck'>;
}

/** One iroh connection with its one stream of frames. It holds every native handle until the connection has ended. */
export interface FramedConnection {
  info(): ConnectionInfo;
  /** Starts reading and watching; nothing is told before. */
  start(listener: FramedConnectionListener): void;
  send(frame: Uint8Array, signal: AbortSignal): Promise<void>;
  allowFrames(maxFrameBytes: number): void;
  /** Asks and answers idle heartbeats by itself; `null`: no more. @throws {@link ConnectionClosedError} */
  setIdleHeartbeat(told: IdleHeartbeat | null): void;
  /** Ends it here, at once, and tells so. */
  close(name: CloseName, reason: string): void;
  /** Its streams of bytes and datagrams. @throws {@link ConnectionClosedError} */
  streams(): Omit<ConnectionStreams, 'accept' | 'readDatagrams' | 'end'>;
  /** The selected path now, and what was measured on it. @throws {@link ConnectionClosedError} */
  inspect(): {
    readonly path: ConnectionPath | null;
    readonly lossRatio: number | null;
    readonly roundTrips: readonly RoundTrip[];
  };
  /** What it has carried directly so far; after its end, in all. */
  countDirectBytes(): ByteCount;
}

/** What a {@link FramedConnection} is made from. */
export interface FramedConnectionComponents {
  readonly native: NativeConnection;
  readonly info: Omit<ConnectionInfo, 'path'>;
  readonly isIncoming: boolean;
  readonly maxFrameBytes: number;
  /** Streams of bytes the other side may have open at once, beside the frames. */
  readonly maxStreams: number;
  readonly options: EndpointOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly poller: ChangePoller;
}

/** Heartbeats are few and small: none is ever taken back. */
const NEVER = new AbortController().signal;

/** Takes a native connection over; it belongs to nobody else from then on. */
export const framedConnection = (components: FramedConnectionComponents): FramedConnection => {
  const { native, info, isIncoming, poller } = components;
  const { connectionId } = info;
  const logger = components.logger.child({ connectionId });
  let path = selectedPath(native.paths());
  const loss = pathLoss();
  const direct = directBytes();
  const news = lossNews();
  const measured = roundTrips(components.clock);
  let listener: FramedConnectionListener | null = null;
  let isOver = false;
  let stopWatching: Cancel | null = null;
  let streams: ConnectionStreams | null = null;
  let idle: RunningIdleHeartbeat | null = null;

  const finish = (close: ConnectionClose): void => {
    if (isOver) return;
    isOver = true;
    stopWatching?.();
    idle?.stop();
    stream.end();
    streams?.end();
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

  const onFrame = (frame: Uint8Array): void => {
    if (idle?.take(frame) !== true) listener?.onFrame(frame);
  };
  const stream = frameStream({ ...components, connectionId, onFrame, onFailed });

  const setIdleHeartbeat = (told: IdleHeartbeat | null): void => {
    if (isOver || native.closeReason() !== null) throw new ConnectionClosedError(connectionId);
    if (told !== null && idle?.goOn(told.forMs) === true) return;
    idle?.stop();
    idle = null;
    if (told === null) return;
    idle = idleHeartbeat({
      clock: components.clock,
      heartbeat: told,
      // A stream that takes nothing more ends the connection by itself.
      send: (frame) =>
        void stream.send(frame, NEVER).catch((error: unknown) => {
          logger.debug({ error: errorMessage(error) }, 'heartbeat not sent');
        }),
      onUnanswered: () => listener?.onUnanswered(),
      onRoundTrip: (rttMs) => listener?.onRoundTrip(rttMs),
      onMeasured: measured.note,
    });
  };

  /** The frames are on the first stream of the dialling side. What comes beside it unasked would fill memory unread. */
  const takeOtherStreams = async (): Promise<void> => {
    if (isIncoming) await stream.open();
    for (;;) {
      const opened = await native.acceptBi();
      if (streams === null) {
        close('protocol-error', 'one stream at most');
        return;
      }
      streams.accept(opened);
    }
  };
  const refuseOneWayStreams = async (): Promise<void> => {
    await native.acceptUni();
    close('protocol-error', 'no stream in one direction');
  };

  const openStreams = (given: FramedConnectionListener): void => {
    const onStuck = (): void => close('not-responding', 'a stream was not given back');
    const told = { ...given.streams, onStuck };
    // The dialling side opens the first one for its frames, whatever it says first.
    const whenFramesHaveTheirs = (): Promise<void> => (isIncoming ? Promise.resolve() : stream.open());
    const { clock } = components;
    streams = connectionStreams({ native, connectionId, whenFramesHaveTheirs, clock, logger, listener: told });
    // The frames take one of those of the dialling side.
    native.setMaxConcurrentBiStreams(BigInt(components.maxStreams + 1));
    // It never rejects.
    void streams.readDatagrams();
  };

  const pathNow = (): ConnectionPath | null => {
    const paths = native.paths();
    direct.notePaths(paths);
    const inUse = nativePathInUse(paths);
    if (inUse !== undefined) loss.note(inUse);
    return selectedPath(paths);
  };

  const look = (): void => {
    if (isOver || native.closeReason() !== null) return;
    const now = pathNow();
    if (now === null) return;
    const isMoved = !isSamePath(path, now);
    path = now;
    if (isMoved) {
      measured.clear();
      listener?.onPathChanged(now);
    }
    if (news.isNews(loss.ratio, components.clock.monotonicMs())) listener?.onLossChanged(loss.ratio);
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
      if (components.maxStreams > 0) openStreams(given);
      takeOtherStreams().catch(onFailed);
      refuseOneWayStreams().catch(onFailed);
      stopWatching = poller.watch({ look });
    },
    send: stream.send,
    allowFrames: stream.allowFrames,
    setIdleHeartbeat,
    close,
    streams: () => {
      if (isOver || streams === null || native.closeReason() !== null) throw new ConnectionClosedError(connectionId);
      return streams;
    },
    inspect: () => {
      if (isOver || native.closeReason() !== null) throw new ConnectionClosedError(connectionId);
      return { path: pathNow(), lossRatio: loss.ratio, roundTrips: measured.list() };
    },
    // A connection that is over answers both with what it counted last.
    countDirectBytes: () => {
      direct.notePaths(native.paths());
      return direct.count(native.stats());
    },
  };
};
