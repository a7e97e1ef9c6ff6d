import type { ByteCount } from '../byte-count.ts';
import { defineChannel, event, request } from '../channel-definition.ts';
import type { ConnectionId, DeviceId, SocketAddress } from '../ids.ts';
import type { ConnectionStream } from './connection-stream.ts';

/** What a linked device says of itself that knows TCP connections beside its link. */
export const TCP_FEATURE = 'tcp/1';

/** Most addresses at which one device says that it listens. */
export const MAX_TCP_ADDRESSES = 8;

/** By what the two ends of a TCP connection know each other. A secret: it stands in no log. */
export interface TcpKey {
  /** Tells whoever is dialled which key it is: 32 hexadecimal digits, of no meaning to others. */
  readonly identity: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

/** A linked device to which TCP connections may be made, for as long as this link lasts. */
export interface TcpLink {
  readonly deviceId: DeviceId;
  /** The key of connections that this device dials; those that the other one dials have another, so that nobody's own is led back to him. */
  readonly dialled: TcpKey;
  readonly accepted: TcpKey;
  /** Where the other device listens, as far as this one may dial it, link-local IPs with the zone here; none: it is not dialled. */
  readonly addresses: readonly SocketAddress[];
}

/**
 * What came of dialling a device. `refused`: an answer said no, of the device, of its firewall or of one here. `noAnswer`: nothing
 * came back. `noRoute`: no way leads there, or a firewall here lets nothing out. `other`: somebody answered who is not the device.
 */
export const TCP_DIAL_FAILURES = ['refused', 'noAnswer', 'noRoute', 'other'] as const;
export type TcpDialFailure = (typeof TCP_DIAL_FAILURES)[number];

/** How TCP stands with a linked device. */
export interface TcpLinkStatus {
  readonly deviceId: DeviceId;
  /** Whether there is anywhere to dial it. */
  readonly isDiallable: boolean;
  /**
   * How it went last on this link, whoever dialled, and since the device is where it is now. `stood`: it stands, or nobody used
   * it any more. `lost`: it ended while it was used. `failed`: this device could not make one. `null`: none was tried.
   */
  readonly lastAttempt: 'stood' | 'lost' | 'failed' | null;
  /** How this device's last dial failed, where it was the last attempt; `null` where it had nowhere to dial, too. */
  readonly lastFailure: TcpDialFailure | null;
}

/** A TCP connection that stands. */
export interface TcpConnectionStatus extends ByteCount {
  readonly connectionId: ConnectionId;
  readonly deviceId: DeviceId;
  readonly remoteAddress: SocketAddress;
  readonly dialledBy: 'us' | 'peer';
  /** Of both directions together, over the last second. */
  readonly bytesPerSecond: number;
}

/**
 * Asked of, and told by, the keeper of TCP connections between linked devices: a second transport for their streams, beside
 * QUIC, for networks on which two devices reach each other directly. It carries streams alone, decides nothing about them,
 * and may die at any time: then its connections are gone, and their streams go on over QUIC.
 *
 * A connection is TLS 1.3 with a key of this link. It is made when somebody asks for it and closed when it has carried no
 * stream for a while. Any number of streams share it; each is in order, and none waits for another to be read as long as
 * what comes is taken.
 */
export const tcpTransportChannel = defineChannel({
  name: 'tcp-transport',
  version: 2,
  requests: {
    /**
     * All links there are, and the IP addresses of this machine to listen at, none of them twice, link-local ones with their
     * zone. Connections of links that are in it no more, or have other keys, are closed. To be sent on every change.
     *
     * @param dialFrom IP addresses to dial from, one of each family at most; of a family without one the system chooses
     */
    setLinks: request<
      {
        readonly links: readonly TcpLink[];
        readonly listenAt: readonly string[];
        readonly dialFrom: readonly string[];
      },
      void
    >(5_000),
    /**
     * Answers with a connection that stands and was heard just now, after dialling where there is none.
     * Rejects with `TCP_UNREACHABLE` (data.retryAfterMs: sooner the device is not dialled again, unless what is known of it changes).
     */
    connect: request<{ readonly deviceId: DeviceId }, { readonly connectionId: ConnectionId }>(5_000),
    /** Opens a stream with its first bytes, 1 to 65,536. The id is the caller's choice. Rejects with `TCP_CONNECTION_CLOSED`. */
    openStream: request<ConnectionStream & { readonly first: Uint8Array }, void>(10_000),
    /**
     * Writes bytes that follow each other, at most 65,536 together, and ends this direction after them when they are the last.
     * They may be changed once the other side has acknowledged them. Resolves when there is room for more. Rejects with
     * `TCP_CONNECTION_CLOSED`, `TCP_STREAM_CLOSED`.
     */
    writeStream: request<ConnectionStream & { readonly pieces: readonly Uint8Array[]; readonly isLast: boolean }, void>(
      3_600_000,
    ),
    /** Ends both directions at once, with a code from 0 to 2^32. Unknown ids are ignored. */
    leaveStream: request<ConnectionStream & { readonly code: number }, void>(5_000),
    /**
     * So many bytes that were told, of any of its streams, are dealt with, the earliest first: as many more may come. Their
     * memory is gone from then on; whoever keeps bytes keeps a copy. Unknown ids are ignored.
     */
    taken: request<{ readonly connectionId: ConnectionId; readonly bytes: number }, void>(5_000),
    status: request<
      Record<string, never>,
      {
        readonly listeningAt: readonly SocketAddress[];
        readonly links: readonly TcpLinkStatus[];
        readonly connections: readonly TcpConnectionStatus[];
      }
    >(5_000),
  },
  events: {
    /** Where it listens from now on. */
    'listening.changed': event<{ readonly addresses: readonly SocketAddress[] }>(),
    /** A device could not be dialled; perhaps it can dial this one. `failure` is `null` where there was nowhere to dial. */
    'dial.failed': event<{ readonly deviceId: DeviceId; readonly failure: TcpDialFailure | null }>(),
    /** Either side has dialled it; it stands, and its streams follow. */
    'connection.opened': event<{
      readonly connectionId: ConnectionId;
      readonly deviceId: DeviceId;
      readonly remoteAddress: SocketAddress;
      readonly dialledBy: 'us' | 'peer';
    }>(),
    /** Told once for each that was opened, with what it carried in all; its streams are gone, and nothing follows. */
    'connection.closed': event<{
      readonly connectionId: ConnectionId;
      readonly deviceId: DeviceId;
      readonly carried: ByteCount;
    }>(),
    /** The other side opened a stream; its bytes follow. */
    'stream.opened': event<ConnectionStream>(),
    /** In order. Every one has to be answered for by `taken`, sooner or later, and is lent until then. */
    'stream.received': event<ConnectionStream & { readonly bytes: Uint8Array }>(),
    /** The other side ended its direction in order. */
    'stream.ended': event<ConnectionStream>(),
    /** The other side left the stream, which is over. */
    'stream.left': event<ConnectionStream & { readonly code: number }>(),
  },
});

export type TcpTransportChannel = typeof tcpTransportChannel;
