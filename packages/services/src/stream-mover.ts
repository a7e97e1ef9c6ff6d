import type { ChannelClient, Clock, ConnectionId, DeviceId, Logger, TcpTransportChannel } from '@bowline/contracts';
import type { RawStreams } from './raw-streams.ts';
import type { StreamOpener } from './stream-opener.ts';
import { isSettled, type StreamEntry, type StreamTable } from './stream-table.ts';

/**
 * A stream that carried so many bytes within so long is worth a TCP connection: about 50 ms of what QUIC gives here. Requests and
 * answers stay where they are, and so does what was large once and is quiet now.
 */
const MOVE_FROM_BYTES = 524_288;
const MOVE_WITHIN_MS = 10_000;

/**
 * Before TCP is asked for again, milliseconds. The transport pauses between dials by itself; a pause here too would outlast what
 * ends its own: keys that are agreed on a moment after the link stands, an address that is new.
 */
const RETRY_MS = 250;

/** Moves streams that this device opened to TCP once they carry much; what they were on carries them meanwhile. */
export interface StreamMover {
  /** Bytes of a stream went or came. */
  noteBytes(entry: StreamEntry): void;
  /** There is a TCP connection. */
  opened(connectionId: ConnectionId): void;
  /** The link is gone. */
  linkDown(): void;
}

interface StreamMoverComponents {
  readonly deviceId: DeviceId;
  readonly tcp: ChannelClient<TcpTransportChannel>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly table: StreamTable;
  readonly opener: Pick<StreamOpener, 'attachTo'>;
  /** The streams on a TCP connection; none when it is gone. */
  readonly rawsOf: (connectionId: ConnectionId) => RawStreams | undefined;
  readonly isLinked: () => boolean;
}

export const streamMover = (components: StreamMoverComponents): StreamMover => {
  const { deviceId, tcp, clock, table, opener, rawsOf, isLinked } = components;
  const logger = components.logger.child({ deviceId });
  /** Since when it is counted what a stream carries, and what it had carried by then. */
  const counted = new WeakMap<StreamEntry, { readonly sinceMs: number; readonly bytes: number }>();
  let isConnecting = false;
  let notBeforeMs = Number.NEGATIVE_INFINITY;

  const carriesMuch = (entry: StreamEntry): boolean => {
    if (entry.isLarge) return true;
    const { carriedBytes } = entry.stream;
    const since = counted.get(entry);
    const nowMs = clock.monotonicMs();
    if (since !== undefined && nowMs - since.sinceMs <= MOVE_WITHIN_MS) {
      return carriedBytes - since.bytes >= MOVE_FROM_BYTES;
    }
    counted.set(entry, { sinceMs: nowMs, bytes: carriedBytes });
    return false;
  };

  const isMovable = (entry: StreamEntry): boolean => {
    const { stream } = entry;
    return (
      stream.raw?.transport === 'quic' &&
      stream.isResumable &&
      stream.role.kind === 'opener' &&
      // While it is not answered for on the connection it is on, it is on its way already.
      stream.machine.wasAccepted &&
      stream.machine.isAttached &&
      !isSettled(stream) &&
      carriesMuch(entry)
    );
  };

  const moveTo = (connectionId: ConnectionId): void => {
    const raws = rawsOf(connectionId);
    const movable = table.entries().filter(isMovable);
    if (raws === undefined || movable.length === 0) return;
    logger.debug({ connectionId, streams: movable.length }, 'streams move to tcp');
    for (const entry of movable) opener.attachTo(entry, raws.outgoing(connectionId));
  };

  const connect = async (): Promise<void> => {
    isConnecting = true;
    try {
      const { connectionId } = await tcp.request('connect', { deviceId });
      if (isLinked()) moveTo(connectionId);
    } catch {
      // It is gone, or none is to be had now: the stream stays where it is.
      notBeforeMs = clock.monotonicMs() + RETRY_MS;
    } finally {
      isConnecting = false;
    }
  };

  return {
    noteBytes: (entry) => {
      if (!isConnecting && clock.monotonicMs() >= notBeforeMs && isMovable(entry)) void connect();
    },
    opened: moveTo,
    linkDown: () => {
      notBeforeMs = Number.NEGATIVE_INFINITY;
    },
  };
};
