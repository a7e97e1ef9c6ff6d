import {
  type Cancel,
  type ChannelClient,
  CLOSE_CODES,
  type Clock,
  type CloseName,
  type ConnectionClose,
  type ConnectionInfo,
  type ConnectionPath,
  type EndpointChannel,
  errorMessage,
  type IdleHeartbeat,
  type Logger,
} from '@bowline/contracts';
import { ConnectionClosedError } from './errors.ts';
import { frameInbox } from './frame-inbox.ts';
import { type NextFrameOptions, nextFrame } from './next-frame.ts';
import type { ConnectionLimits } from './options.ts';

/** Hears what the endpoint finds out while it asks and answers idle heartbeats. */
export interface IdleHeartbeatListener {
  /** Nothing was heard for too long after a question; the endpoint asks no more. */
  readonly onUnanswered: () => void;
  readonly onRoundTrip: (rttMs: number) => void;
}

/**
 * One open connection. Nothing here rejects with anything but errors that carry a `code`; after `closed` has resolved
 * every method is still safe to call.
 */
export interface PeerConnection {
  /** As the connection was when it opened; `path()` is the newer news. */
  readonly info: ConnectionInfo;
  /** Resolves when the endpoint has buffered the frame, not when it arrived. @throws {@link ConnectionClosedError} */
  send(frame: Uint8Array): Promise<void>;
  /** Hears every frame, whole and in order. Frames that nobody has read yet come first, in a later microtask. */
  onFrame(listener: (frame: Uint8Array) => void): Cancel;
  /**
   * The next unread frame; a frame read here is not told to listeners. Frames that came before a close can still be read
   * after it.
   * @throws {@link ConnectionClosedError} when nothing is left and nothing will come.
   * @throws `FRAME_TIMED_OUT` after `timeoutMs`, `FRAME_CANCELLED` when the signal aborts.
   */
  nextFrame(options: NextFrameOptions): Promise<Uint8Array>;
  /** Raises or lowers the largest frame accepted from the other side. */
  allowFrames(maxFrameBytes: number): Promise<void>;
  /**
   * Has the endpoint ask and answer idle heartbeats by itself, until `stopIdleHeartbeat`.
   * @throws {@link ConnectionClosedError}, or what an endpoint says that cannot.
   */
  startIdleHeartbeat(heartbeat: IdleHeartbeat, listener: IdleHeartbeatListener): Promise<void>;
  /** Takes them back: every frame is told again, and nothing more is told of them. Never rejects. */
  stopIdleHeartbeat(): Promise<void>;
  /** Closes and drops what was not read. Never rejects; resolves after `closed`. Frames still being sent may be lost. */
  close(name: CloseName, reason: string): Promise<void>;
  /** Why the connection ended. Never rejects. */
  readonly closed: Promise<ConnectionClose>;
  /** The selected path as last told; `null` while none is known. */
  path(): ConnectionPath | null;
  onPathChanged(listener: (path: ConnectionPath) => void): Cancel;
  /** Hears what share of the packets sent on the path was lost, when that has changed; `null`: not known any more. */
  onLossChanged(listener: (lossRatio: number | null) => void): Cancel;
}

/** The side of a {@link PeerConnection} that its registry feeds. */
export interface PeerConnectionSource {
  readonly connection: PeerConnection;
  receive(frame: Uint8Array): void;
  movePath(path: ConnectionPath | null): void;
  noteLoss(lossRatio: number | null): void;
  noteUnanswered(): void;
  noteRoundTrip(rttMs: number): void;
  finish(close: ConnectionClose): void;
}

/** What every connection of one registry shares. */
export interface PeerConnectionComponents {
  readonly endpoint: ChannelClient<EndpointChannel>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: ConnectionLimits;
}

/** The object for one connection, open or about to be dialled under its id. */
export const peerConnection = (components: PeerConnectionComponents, info: ConnectionInfo): PeerConnectionSource => {
  const { endpoint, clock, logger, limits } = components;
  const { connectionId } = info;
  const pathListeners = new Set<(path: ConnectionPath) => void>();
  const lossListeners = new Set<(lossRatio: number | null) => void>();
  const ended = Promise.withResolvers<ConnectionClose>();
  let endedWith: ConnectionClose | null = null;
  let closing: { readonly close: ConnectionClose; readonly done: Promise<void> } | null = null;
  let path = info.path;
  let idleListener: IdleHeartbeatListener | null = null;

  const logListenerError = (error: unknown): void => {
    logger.error({ connectionId, error: errorMessage(error) }, 'listener of a connection failed');
  };
  const inbox = frameInbox(limits, logListenerError);
  const over = (): ConnectionClose | null => endedWith ?? closing?.close ?? null;

  const finish = (close: ConnectionClose): void => {
    if (endedWith !== null) return;
    endedWith = close;
    pathListeners.clear();
    lossListeners.clear();
    idleListener = null;
    inbox.end();
    ended.resolve(close);
  };

  const requestClose = async (close: ConnectionClose, name: CloseName): Promise<void> => {
    try {
      await endpoint.request('close', { connectionId, name, reason: close.reason });
    } catch (error) {
      logger.debug({ connectionId, error: errorMessage(error) }, 'endpoint could not be told to close a connection');
    }
    // The endpoint tells `connection.closed` before it answers; this covers an endpoint that died or never knew it.
    finish(close);
  };

  const close = (name: CloseName, reason: string): Promise<void> => {
    if (closing !== null) return closing.done;
    if (endedWith !== null) return Promise.resolve();
    const closeHere: ConnectionClose = { by: 'here', code: CLOSE_CODES[name], name, reason };
    inbox.clear();
    const done = Promise.withResolvers<void>();
    closing = { close: closeHere, done: done.promise };
    inbox.end();
    done.resolve(requestClose(closeHere, name));
    return done.promise;
  };

  const connection: PeerConnection = {
    info,
    send: (frame) => {
      const closed = over();
      if (closed !== null) return Promise.reject(new ConnectionClosedError(connectionId, closed));
      // Passed on as it is: there is one for every frame of every link.
      return endpoint.request('send', { connectionId, frame });
    },
    onFrame: inbox.listen,
    nextFrame: (frameOptions) => nextFrame({ inbox, clock, connectionId, over }, frameOptions),
    allowFrames: async (maxFrameBytes) => {
      const closed = over();
      if (closed !== null) throw new ConnectionClosedError(connectionId, closed);
      await endpoint.request('allowFrames', { connectionId, maxFrameBytes });
    },
    startIdleHeartbeat: async (heartbeat, listener) => {
      const closed = over();
      if (closed !== null) throw new ConnectionClosedError(connectionId, closed);
      idleListener = listener;
      await endpoint.request('setIdleHeartbeat', { connectionId, heartbeat });
    },
    stopIdleHeartbeat: async () => {
      idleListener = null;
      if (over() !== null) return;
      try {
        await endpoint.request('setIdleHeartbeat', { connectionId, heartbeat: null });
      } catch (error) {
        // It has closed meanwhile, which is told; or the endpoint died, and nobody beats.
        logger.debug({ connectionId, error: errorMessage(error) }, 'idle heartbeat not taken back');
      }
    },
    close,
    closed: ended.promise,
    path: () => path,
    onPathChanged: (listener) => listenIn(pathListeners, listener),
    onLossChanged: (listener) => listenIn(lossListeners, listener),
  };

  const tell = <T>(listeners: ReadonlySet<(told: T) => void>, told: T): void => {
    for (const listener of [...listeners]) {
      try {
        listener(told);
      } catch (error) {
        logListenerError(error);
      }
    }
  };

  return {
    connection,
    receive: (frame) => {
      if (over() !== null || inbox.put(frame)) return;
      // Not a warning: whoever may connect can make as many of these as it likes.
      logger.debug({ connectionId, ...limits }, 'connection closed because nobody reads its frames');
      // `close` never rejects.
      void close('busy', 'too many frames waited to be read');
    },
    movePath: (changed) => {
      path = changed;
      if (changed === null || over() !== null) return;
      tell(pathListeners, changed);
    },
    noteLoss: (lossRatio) => {
      if (over() === null) tell(lossListeners, lossRatio);
    },
    noteUnanswered: () => {
      if (over() === null) idleListener?.onUnanswered();
    },
    noteRoundTrip: (rttMs) => {
      if (over() === null) idleListener?.onRoundTrip(rttMs);
    },
    finish,
  };
};

/** The same function may listen twice, and be cancelled once. */
const listenIn = <T>(listeners: Set<(told: T) => void>, listener: (told: T) => void): Cancel => {
  const entry = (told: T): void => listener(told);
  listeners.add(entry);
  return () => {
    listeners.delete(entry);
  };
};
