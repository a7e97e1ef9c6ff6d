import {
  type Cancel,
  type Clock,
  type ConnectionId,
  type ConnectionPath,
  type DeviceId,
  STREAMS_FEATURE,
} from '@bowline/contracts';
import { PeerNotLinkedError, ServicesUnsupportedError } from './errors.ts';
import { waiters } from './waiters.ts';

/** How long a linked device may take to say that it knows streams: a round trip, on the slowest line. */
const FEATURES_WAIT_MS = 5_000;

/** The link of one device, as far as streams need it: which connection it is, and whether the other side knows streams. */
export interface StreamLink {
  /** The connection of the link; `null` while there is none. */
  readonly connectionId: ConnectionId | null;
  /** The same, once the other side has said that it knows streams. */
  readonly usableId: ConnectionId | null;
  /** The path it takes, or took last. */
  readonly path: ConnectionPath | null;
  up(connectionId: ConnectionId, path: ConnectionPath | null): void;
  down(): void;
  pathMoved(path: ConnectionPath): void;
  /** What the other side knows. Answers whether this was said on the connection there is. */
  featuresTold(connectionId: ConnectionId, features: readonly string[]): boolean;
  /** Waits for a connection that streams may use. @throws ServicesUnsupportedError, WaitCancelledError */
  ready(signal: AbortSignal): Promise<ConnectionId>;
  /** The connection there is now. @throws PeerNotLinkedError, ServicesUnsupportedError, WaitCancelledError */
  current(signal: AbortSignal, request: string): Promise<ConnectionId>;
}

export const streamLink = (deviceId: DeviceId, clock: Clock): StreamLink => {
  const changed = waiters();
  let link: { readonly connectionId: ConnectionId; knowsStreams: boolean | null } | null = null;
  let path: ConnectionPath | null = null;
  let cancelWait: Cancel = () => undefined;

  /** `null` while it is not known. @throws ServicesUnsupportedError */
  const usable = (): ConnectionId | null => {
    if (link === null || link.knowsStreams === null) return null;
    if (!link.knowsStreams) throw new ServicesUnsupportedError(deviceId);
    return link.connectionId;
  };

  return {
    get connectionId() {
      return link?.connectionId ?? null;
    },
    get usableId() {
      return link?.knowsStreams === true ? link.connectionId : null;
    },
    get path() {
      return path;
    },
    up: (connectionId, now) => {
      const fresh = { connectionId, knowsStreams: null as boolean | null };
      link = fresh;
      path = now;
      cancelWait = clock.setTimer(
        FEATURES_WAIT_MS,
        () => {
          fresh.knowsStreams ??= false;
          changed.wake();
        },
        { unref: true },
      );
    },
    down: () => {
      link = null;
      cancelWait();
      changed.wake();
    },
    pathMoved: (now) => {
      path = now;
    },
    featuresTold: (connectionId, features) => {
      if (link?.connectionId !== connectionId) return false;
      cancelWait();
      link.knowsStreams = features.includes(STREAMS_FEATURE);
      changed.wake();
      return true;
    },
    ready: async (signal) => {
      for (;;) {
        const connectionId = usable();
        if (connectionId !== null) return connectionId;
        await changed.wait(signal, 'open');
      }
    },
    current: async (signal, request) => {
      while (link !== null) {
        const connectionId = usable();
        if (connectionId !== null) return connectionId;
        // A link that is just up says within a round trip what the other side knows.
        await changed.wait(signal, request);
      }
      throw new PeerNotLinkedError(deviceId);
    },
  };
};
