import { defineChannel, event, request } from '../channel-definition.ts';
import type { DeviceId, ServiceStreamId } from '../ids.ts';
import type { PeerList } from '../peer-list.ts';

/** What a linked device says of itself that knows services, streams and datagrams. */
export const STREAMS_FEATURE = 'streams/1';

/** Most bytes of one write to a stream. */
export const MAX_STREAM_WRITE_BYTES = 65_536;

/** Most bytes that are lent to a stream at once. */
export const MAX_STREAM_LOAN_BYTES = 524_288;

/** Largest code with which an app may reset a stream. */
export const MAX_APP_RESET_CODE = 2 ** 32 - 257;

/**
 * Codes of resets that Bowline makes itself, above those of apps: a side broke the protocol; the service may not be used
 * through a relay, or not any more today; it is not served any more; the device may not use it any more.
 */
export const RESET_CODES = Object.freeze({
  'protocol-error': 2 ** 32 - 1,
  'relay-denied': 2 ** 32 - 2,
  'relay-budget-spent': 2 ** 32 - 3,
  withdrawn: 2 ** 32 - 4,
  forbidden: 2 ** 32 - 5,
});

/** Something this device serves. */
export interface ServiceOffer {
  /** 1 to 64 of `A-Z a-z 0-9 . _ / + -`, beginning with a letter or digit. */
  readonly name: string;
  /** Who may use it: every paired device, or these. */
  readonly allow: 'paired' | readonly DeviceId[];
  /** Whether its bytes may go through relays; the budget counts both directions, from midnight to midnight UTC. */
  readonly relay: 'allow' | 'deny' | { readonly bytesPerDay: number };
  /** Streams of it that one device may have open at once, 1 to 256. */
  readonly maxStreams: number;
}

/** A paired device, as far as services need to know it. */
export interface ServicePeer {
  readonly deviceId: DeviceId;
  /** Grows when the device is paired anew; its streams end then. */
  readonly pairing: number;
}

export interface OpenServiceInput {
  readonly deviceId: DeviceId;
  readonly service: string;
  /** Chosen by the caller, fresh for each stream. */
  readonly streamId: ServiceStreamId;
  /** Whether the stream outlives its connection. */
  readonly isResumable: boolean;
  /** Sent with the opening, so that a small request takes one round trip; 64 KiB at most. @defaultValue nothing */
  readonly first?: Uint8Array;
  /** Whether nothing follows `first`. @defaultValue false */
  readonly isLast?: boolean;
  /** Whether much is to be carried: it goes over to TCP as soon as it can. @defaultValue false, when it has carried much */
  readonly isLarge?: boolean;
}

/** What carries a stream between two devices: QUIC over the link's connection, or a TCP connection beside it. */
export type StreamTransportKind = 'quic' | 'tcp';

/** One open stream, for people to see. */
export interface ServiceStreamStatus {
  readonly streamId: ServiceStreamId;
  readonly deviceId: DeviceId;
  readonly service: string;
  readonly openedBy: 'us' | 'peer';
  /** `waiting`: there is no connection now; it goes on when there is one. */
  readonly state: 'connected' | 'waiting';
  /** What carries it now; `null` while it waits. */
  readonly transport: StreamTransportKind | null;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/**
 * Asked of, and told by, the keeper of services: what paired devices serve each other, and the streams to it. It rides on
 * the connections of links and knows what they tell; it dials nobody.
 *
 * A stream carries bytes in both directions, in order and once, and outlives connections: what was not acknowledged is
 * sent again on the next one, until either side ends it or nothing was heard of the other device for five minutes. Bytes
 * are kept in memory alone: a stream ends with the process at either end, and its other side is told so.
 *
 * Requests about a stream reject with `STREAM_CLOSED` when it is not known (any more), `STREAM_RESET` (data.code) after
 * either side has reset it, `STREAM_LOST` when the other device has started anew, `STREAM_EXPIRED` after too long without
 * contact, `STREAM_PROTOCOL_ERROR`, and `DEVICE_REMOVED`.
 */
export const servicesChannel = defineChannel({
  name: 'services',
  version: 1,
  requests: {
    /** The paired devices. Streams of those that are paired no more, or anew, end. */
    setPeers: request<PeerList<ServicePeer>, void>(),
    /** All that is served from now on. Streams of what is not served any more, or not to that device, are reset. */
    setServices: request<{ readonly services: readonly ServiceOffer[] }, void>(),
    /**
     * Asks a linked device what this one may use there. Waits for a link until the deadline.
     * Rejects with `DEVICE_UNKNOWN`, `SERVICES_UNSUPPORTED` (the other device runs an earlier release).
     */
    listServices: request<{ readonly deviceId: DeviceId }, { readonly services: readonly { readonly name: string }[] }>(
      10_000,
    ),
    /**
     * Opens a stream to a service of another device. Waits for a link until the deadline, and resolves when the other side
     * has accepted it. Cancelling takes it back.
     * Rejects with `SERVICE_REFUSED` (data.reason as on the wire, e.g. `forbidden`), `TOO_MANY_STREAMS`, `DEVICE_UNKNOWN`,
     * `SERVICES_UNSUPPORTED`, `STREAM_ID_IN_USE`.
     */
    open: request<OpenServiceInput, void>(30_000),
    /**
     * Waits for the next bytes of a stream, some 256 KiB at most, in pieces that follow each other; none when the other side
     * has ended its direction. One read at a time for each stream; cancelling loses nothing.
     */
    read: request<{ readonly streamId: ServiceStreamId }, { readonly pieces: readonly Uint8Array[] }>(2_000_000_000),
    /**
     * Takes bytes ({@link MAX_STREAM_WRITE_BYTES} at most) over; they must not be changed afterwards. Resolves when there is
     * room for more: a reader that stops on the other device stops its writer here.
     */
    write: request<{ readonly streamId: ServiceStreamId; readonly bytes: Uint8Array }, void>(2_000_000_000),
    /**
     * Writes in the same way bytes ({@link MAX_STREAM_LOAN_BYTES} at most) whose memory is to be used again: of all that was
     * written to the stream, the last `keptBytes` are not acknowledged yet and must stay as they are; what comes before may
     * be changed.
     */
    lend: request<{ readonly streamId: ServiceStreamId; readonly bytes: Uint8Array }, { readonly keptBytes: number }>(
      2_000_000_000,
    ),
    /** Ends this direction. Resolves when the other device has everything. */
    end: request<{ readonly streamId: ServiceStreamId }, void>(2_000_000_000),
    /** Ends both directions at once, with a code from 0 to {@link MAX_APP_RESET_CODE}. Unknown streams are ignored. */
    reset: request<{ readonly streamId: ServiceStreamId; readonly code: number }, void>(),
    /** Sends bytes that may be lost. Rejects with `LINK_DOWN`, `SERVICES_UNSUPPORTED`, `DATAGRAM_TOO_LARGE`, `DEVICE_UNKNOWN`. */
    sendDatagram: request<{ readonly deviceId: DeviceId; readonly bytes: Uint8Array }, void>(),
    /** The TCP transport died: its connections are gone, and their streams go on over QUIC. */
    dropTcp: request<Record<string, never>, void>(),
    status: request<Record<string, never>, { readonly streams: readonly ServiceStreamStatus[] }>(),
  },
  events: {
    /** Another device opened a stream to a service of this one. Whoever serves it reads and writes it from now on. */
    'stream.opened': event<{
      readonly streamId: ServiceStreamId;
      readonly deviceId: DeviceId;
      readonly service: string;
    }>(),
    /** Told once, after `stream.opened` or a successful `open`: nothing more can be read or written. */
    'stream.closed': event<{ readonly streamId: ServiceStreamId }>(),
    'datagram.received': event<{ readonly deviceId: DeviceId; readonly bytes: Uint8Array }>(),
  },
});

export type ServicesChannel = typeof servicesChannel;
