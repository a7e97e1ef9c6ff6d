import {
  brandAs,
  type Cancel,
  type ChannelClient,
  type Clock,
  type ConnectionId,
  type ConnectionInfo,
  type DialInput,
  type EndpointChannel,
  errorCode,
  errorMessage,
  type Logger,
  type Random,
} from '@bowline/contracts';
import { DialCancelledError } from './errors.ts';
import { type ConnectionLimits, resolveConnectionLimits } from './options.ts';
import { type PeerConnection, type PeerConnectionSource, peerConnection } from './peer-connection.ts';

/**
 * Makes objects of the connections that its owner dialled, or that came in for a protocol its owner answers. Several of
 * these may share one endpoint: each keeps to its own connections.
 */
export interface EndpointConnections {
  /**
   * Dials under a fresh connection id. Aborting cancels the dial, and whatever comes of it is closed.
   * @throws what the endpoint's `dial` rejects with, e.g. `DIAL_TIMED_OUT`, `DIAL_FAILED`, or `CHANNEL_CANCELLED`.
   */
  dial(input: Omit<DialInput, 'connectionId'>, options?: { readonly signal?: AbortSignal }): Promise<PeerConnection>;
  /** Answers connections of one protocol from now on. Call it before the endpoint is bound: earlier ones are not told. */
  onAccepted(alpn: string, listener: (connection: PeerConnection) => void): Cancel;
  /** The endpoint worker died: every connection ends as lost, at once. */
  dropAll(reason: string): void;
  /** Ends the subscriptions and closes every connection with `shutdown`. */
  stop(): void;
}

/** What {@link endpointConnections} needs. */
export interface EndpointConnectionsComponents {
  readonly endpoint: ChannelClient<EndpointChannel>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Bytes of a connection id: 128 random bits never collide. */
const CONNECTION_ID_BYTES = 16;

/** How long after the dial's own timeout the channel may still bring the answer, milliseconds. */
const ANSWER_GRACE_MS = 2_000;

/** Errors of the channel that say nothing about how the request ended on the other side. */
const GIVEN_UP: ReadonlySet<string | undefined> = new Set(['CHANNEL_CANCELLED', 'CHANNEL_DEADLINE']);

/**
 * Listens to the endpoint from now on, until `stop`.
 *
 * @throws `INVALID_OPTION` for limits that break their rule.
 */
export const endpointConnections = (
  components: EndpointConnectionsComponents,
  limits?: Partial<ConnectionLimits>,
): EndpointConnections => {
  const { endpoint, random } = components;
  const logger = components.logger.child({ component: 'endpoint-connections' });
  const parts = { endpoint, clock: components.clock, logger, limits: resolveConnectionLimits(limits) };
  const open = new Map<ConnectionId, PeerConnectionSource>();
  const acceptors = new Map<string, Set<(connection: PeerConnection) => void>>();

  const register = (info: ConnectionInfo): PeerConnectionSource => {
    const source = peerConnection(parts, info);
    open.set(info.connectionId, source);
    // `closed` never rejects.
    void source.connection.closed.then(() => open.delete(info.connectionId));
    return source;
  };

  const accept = (info: ConnectionInfo): void => {
    const listeners = acceptors.get(info.alpn);
    if (listeners === undefined) return;
    const { connection } = register(info);
    for (const listener of [...listeners]) {
      try {
        listener(connection);
      } catch (error) {
        logger.error({ alpn: info.alpn, error: errorMessage(error) }, 'listener of incoming connections failed');
      }
    }
  };

  const subscriptions = [
    endpoint.on('connection.accepted', accept),
    endpoint.on('frame.received', ({ connectionId, frame }) => open.get(connectionId)?.receive(frame)),
    endpoint.on('connection.pathChanged', ({ connectionId, path }) => open.get(connectionId)?.movePath(path)),
    endpoint.on('connection.lossChanged', ({ connectionId, lossRatio }) => open.get(connectionId)?.noteLoss(lossRatio)),
    endpoint.on('heartbeat.unanswered', ({ connectionId }) => open.get(connectionId)?.noteUnanswered()),
    endpoint.on('heartbeat.roundTripChanged', ({ connectionId, rttMs }) =>
      open.get(connectionId)?.noteRoundTrip(rttMs),
    ),
    endpoint.on('connection.closed', ({ connectionId, close }) => {
      open.get(connectionId)?.finish(close);
    }),
  ];

  const dial: EndpointConnections['dial'] = async (input, { signal } = {}) => {
    const connectionId = brandAs<ConnectionId>(Buffer.from(random.bytes(CONNECTION_ID_BYTES)).toString('hex'));
    const { from, to, alpn, timeoutMs } = input;
    // Registered first: frames and even the close may be told before the answer to `dial` has been looked at.
    const source = register({ connectionId, localEndpointId: from, remoteEndpointId: to, alpn, path: null });
    try {
      const deadline = { deadlineMs: timeoutMs + ANSWER_GRACE_MS };
      const options = signal === undefined ? deadline : { ...deadline, signal };
      const info = await endpoint.request('dial', { ...input, connectionId }, options);
      if (source.connection.path() === null) source.movePath(info.path);
    } catch (error) {
      // Given up here, it may have succeeded there at the same moment; closing an id that is not open does nothing.
      if (GIVEN_UP.has(errorCode(error))) void source.connection.close('cancelled', '');
      else source.finish({ by: 'lost', code: null, name: null, reason: 'never connected' });
      throw error;
    }
    // Aborted between the answer and now: nobody holds the connection, so it ends here.
    if (signal?.aborted === true) {
      await source.connection.close('cancelled', '');
      throw new DialCancelledError(input.to, signal.reason);
    }
    return source.connection;
  };

  return {
    dial,
    onAccepted: (alpn, listener) => {
      const listeners = acceptors.get(alpn) ?? new Set();
      acceptors.set(alpn, listeners);
      const entry = (connection: PeerConnection): void => listener(connection);
      listeners.add(entry);
      return () => {
        listeners.delete(entry);
        if (listeners.size === 0 && acceptors.get(alpn) === listeners) acceptors.delete(alpn);
      };
    },
    dropAll: (reason) => {
      for (const source of [...open.values()]) source.finish({ by: 'lost', code: null, name: null, reason });
    },
    stop: () => {
      for (const cancel of subscriptions) cancel();
      acceptors.clear();
      // `close` never rejects.
      for (const source of [...open.values()]) void source.connection.close('shutdown', '');
    },
  };
};
