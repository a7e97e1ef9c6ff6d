import type { AddressDiscoveryRelay, ConnectionPath, RoundTrip } from '../addresses.ts';
import type { ByteCount } from '../byte-count.ts';
import { defineChannel, event, request } from '../channel-definition.ts';
import type { ConnectionId, EndpointId, RelayUrl, SocketAddress } from '../ids.ts';
import type { CloseName } from '../protocol-names.ts';
import type { ConnectionStream } from './connection-stream.ts';

/** Who may speak one protocol on one bound endpoint. */
export interface AlpnPolicy {
  readonly alpn: string;
  /** `listed`: only endpoints named by the last `setAdmitted`; others are closed with `not-paired` before a byte is read. */
  readonly admit: 'anyone' | 'listed';
  /** Largest frame accepted from the other side at first, bytes. `allowFrames` raises it for one connection. */
  readonly maxFrameBytes: number;
  /** Most connections of this protocol open at once that the other side started; the next is closed with `busy`. */
  readonly maxIncoming: number;
  /**
   * Streams of bytes the other side may have open at once on one connection, beside the frames: 128 to 1,024, since iroh
   * allows 100 before anything is known of a connection. With 0 a stream or datagram of the other side closes the connection, or is not read. @defaultValue 0
   */
  readonly maxStreams?: number;
}

/** Most bytes of a stream in one request or event: more in one write makes the binding's memory grow (measured). */
export const MAX_STREAM_CHUNK_BYTES = 65_536;

/** Bytes of a stream that are told before `allowStream` has asked for any. */
export const STREAM_INITIAL_CREDIT_BYTES = 262_144;

/** The code a stream is left with when nothing is meant by it; those of apps are below. */
export const STREAM_LEFT_CODE = 2 ** 32;

export interface BindInput {
  /** 32 bytes, the Ed25519 seed. The endpoint id follows from it. */
  readonly secretKey: Uint8Array;
  readonly protocols: readonly AlpnPolicy[];
  /** `http://127.0.0.1:<port>/` of the switchboard, or `null` for no relay at all. */
  readonly loopbackRelayUrl: string | null;
  /** As in `discoverAddresses`, from the first moment. @defaultValue null */
  readonly addressDiscovery?: AddressDiscoveryRelay | null;
  /** IP addresses to bind, at most one of each family; empty binds all interfaces. */
  readonly bindAddresses: readonly string[];
  /**
   * UDP port to bind, 1 to 65,535, on every address. iroh frees a port only some time after its endpoint was unbound:
   * binding the same one again in the same process may fail meanwhile. @defaultValue chosen by the system
   */
  readonly port?: number;
  /** Endpoints admitted to `listed` protocols from the first moment; nobody when absent, until `setAdmitted`. */
  readonly admitted?: readonly EndpointId[];
  /** As in `setAdmitted`. */
  readonly unpaired?: readonly UnpairedEndpoint[];
}

/** An endpoint that was admitted once and is not any more. */
export interface UnpairedEndpoint {
  readonly endpointId: EndpointId;
  /** Which pairing it was; the reason its connections are closed with. `null`: not known. */
  readonly pairingId: string | null;
}

/** What came of asking the router for a port, since the endpoint was bound. */
export interface PortMapping {
  /** How often it was asked. */
  readonly attempts: number;
  /** How often it told an outside address, for a port it had opened or renewed. */
  readonly successes: number;
}

export interface BoundEndpoint {
  readonly endpointId: EndpointId;
  /** UDP port of the IPv4 socket, or of the IPv6 one where there is no IPv4 socket. */
  readonly port: number;
  /** UDP port of the IPv6 socket. @defaultValue `null`, where there is none that leads out of this machine */
  readonly ipv6Port?: number | null;
  readonly directAddresses: readonly SocketAddress[];
}

/** One of iroh's own relays. */
export interface PublicRelay {
  readonly url: RelayUrl;
  /** UDP port of its QUIC address discovery; `null` where it offers none. */
  readonly quicPort: number | null;
}

export interface DialInput {
  /** Which bound endpoint dials. */
  readonly from: EndpointId;
  readonly to: EndpointId;
  /** Chosen by the caller and fresh (128 random bits), so that it can listen before the connection exists. */
  readonly connectionId: ConnectionId;
  readonly alpn: string;
  readonly directAddresses: readonly SocketAddress[];
  /** Whether the loopback relay may be used as well. */
  readonly throughRelay: boolean;
  /**
   * The addresses are what anybody may have said: none of them keeps the others from being reached, by answering in the
   * endpoint's name, refusing, or beginning a handshake and falling silent. The connection may come from another port than
   * the bound one, and has no relay to fall back on then.
   * @defaultValue false
   */
  readonly isHearsay?: boolean;
  /**
   * The endpoint id itself is what anybody may have said, as of one seen by mDNS alone. A part of the dials at once is kept
   * for others. @defaultValue what `isHearsay` says
   */
  readonly isFromStranger?: boolean;
  /** After this many milliseconds the dial rejects with `DIAL_TIMED_OUT`. */
  readonly timeoutMs: number;
  /**
   * What is said first. It goes out with the connection, without waiting for whoever dialled to hear of it; if it could
   * not, the connection's end says so. @defaultValue nothing
   */
  readonly firstFrame?: Uint8Array;
}

export interface ConnectionInfo {
  readonly connectionId: ConnectionId;
  readonly localEndpointId: EndpointId;
  readonly remoteEndpointId: EndpointId;
  readonly alpn: string;
  readonly path: ConnectionPath | null;
}

/**
 * What an endpoint needs to ask and answer by itself whether the other side of an idle connection is there. The two sides ask in
 * turns, each so long after anything was heard. All times are milliseconds.
 */
export interface IdleHeartbeat {
  /** Whether this side dialled, and so asks first when both have waited for the other. */
  readonly hasDialled: boolean;
  /** Whether the next to ask is this side. */
  readonly isOwnTurn: boolean;
  /** The smoothed round trip so far. */
  readonly rttMs: number;
  /** Silence after which a side asks. */
  readonly intervalMs: number;
  /** The longest wait for anything after a question. */
  readonly silenceMs: number;
  /** What that may stretch to on slow lines, where it is three round trips. */
  readonly maxSilenceMs: number;
  /** How long the endpoint goes on without being told anew: whoever told it may hang, and must not look alive for ever. */
  readonly forMs: number;
}

/** What an open connection has carried so far. */
export interface ConnectionBytes {
  readonly connectionId: ConnectionId;
  readonly remoteEndpointId: EndpointId;
  /** In UDP datagrams that went through no relay. */
  readonly direct: ByteCount;
}

/** Why a connection ended. `name` is set when the code is one of ours. */
export interface ConnectionClose {
  readonly by: 'peer' | 'here' | 'timeout' | 'lost';
  readonly code: number | null;
  readonly name: CloseName | null;
  /** The other side's words, cut to 200 characters and cleaned of control characters; nothing is to be believed for them. */
  readonly reason: string;
}

/**
 * Asked of, and told by, the sole owner of iroh endpoints. It usually runs in a process of its own: it may die at any
 * time, and then every connection is gone and every pending request rejects; whoever bound an endpoint binds it again.
 *
 * A connection carries frames on one bidirectional stream that the dialling side opens with its first frame. A frame
 * is 0 to `maxFrameBytes` bytes, prefixed on the wire by its length as a 32-bit big-endian number; larger ones close
 * the connection with `frame-too-large` before anything is allocated. Frames arrive whole, in order, once.
 *
 * Beside its frames a connection carries streams of bytes, as its protocol's `maxStreams` has it: each a QUIC stream of
 * its own, so that none holds up another. Both sides must know that the other one has them. A stream is over when both
 * directions have ended, when either side has left it, or with its connection; then its id means nothing any more.
 *
 * Long because connections, streams and datagrams have one owner, and this is all that is asked of it.
 */
export const endpointChannel = defineChannel({
  name: 'endpoint',
  version: 7,
  requests: {
    /** Opens an endpoint and starts accepting. Binding a key that is bound already rejects with `ENDPOINT_ALREADY_BOUND`. */
    bind: request<BindInput, BoundEndpoint>(15_000),
    /** Closes every connection of the endpoint with `ended` and frees it; who leaves in order has closed its own before. Unknown ids are ignored. */
    unbind: request<{ readonly endpointId: EndpointId }, void>(10_000),
    /** Moves the endpoint to another loopback relay URL; used when the switchboard could not get its old port back. */
    replaceRelay: request<{ readonly endpointId: EndpointId; readonly loopbackRelayUrl: string }, void>(5_000),
    /**
     * Has iroh ask one relay beside the loopback relay for the endpoint's public address; `null`: none. Whatever it is,
     * the endpoint stays logged in at loopback, dials through loopback alone, and sends nothing through that relay. What
     * was learnt is told as `endpoint.addressesChanged`. Rejects with `ENDPOINT_WITHOUT_RELAY`.
     */
    discoverAddresses: request<{ readonly endpointId: EndpointId; readonly relay: AddressDiscoveryRelay | null }, void>(
      5_000,
    ),
    /**
     * Replaces the lists for `listed` protocols. Open connections of endpoints no longer admitted are closed with
     * `unpaired`. So is whoever comes and is in `unpaired`, admitted once and not any more: it gets to know, with the pairing
     * that ended as the reason, and nothing else. An endpoint in both lists is admitted.
     */
    setAdmitted: request<
      {
        readonly endpointId: EndpointId;
        readonly admitted: readonly EndpointId[];
        readonly unpaired?: readonly UnpairedEndpoint[];
      },
      void
    >(5_000),
    /**
     * Replaces the list of who is kept out, of all endpoints and protocols: closed with `blocked` before a byte is read,
     * and not dialled (`ENDPOINT_BLOCKED`). Connections that are open end, but for those of `listed` protocols, which
     * `setAdmitted` ends; to those a newcomer hears `unpaired`. To be sent before the first `bind`.
     */
    setBlocked: request<{ readonly blocked: readonly EndpointId[] }, void>(5_000),
    /**
     * Connects. Cancelling closes whatever comes of it. An application-level answer is still needed before the other
     * side is known to have accepted: QUIC reports success to the dialling side first.
     * Rejects with `ENDPOINT_BLOCKED`, `DIAL_TIMED_OUT`, `DIAL_FAILED` (unreachable, no such protocol, refused), `ENDPOINT_NOT_BOUND`.
     */
    dial: request<DialInput, ConnectionInfo>(60_000),
    /** Queues a frame; resolves when iroh has buffered it. Rejects with `CONNECTION_CLOSED`. */
    send: request<{ readonly connectionId: ConnectionId; readonly frame: Uint8Array }, void>(30_000),
    /**
     * Has the endpoint ask and answer the idle heartbeats of the link protocol on one connection from now on, so that nobody else
     * wakes up for them; `null`: no more. Told anew, it goes on as it is, for that much longer. Those frames are not told then; all
     * others are, and so are heartbeats that it did not ask for, that whoever owns the link answers itself, or that come too often.
     * Rejects with `CONNECTION_CLOSED`.
     */
    setIdleHeartbeat: request<{ readonly connectionId: ConnectionId; readonly heartbeat: IdleHeartbeat | null }, void>(
      5_000,
    ),
    /** Changes the largest frame accepted on one connection, e.g. after the other side has proven itself. */
    allowFrames: request<{ readonly connectionId: ConnectionId; readonly maxFrameBytes: number }, void>(5_000),
    /**
     * Opens a stream with its first bytes (1 to {@link MAX_STREAM_CHUNK_BYTES}), without which the other side would not
     * hear of it. Waits while the other side allows no more streams, which it
     * tells in lots of an eighth of them; cancelling gives up. The id is the caller's choice.
     * Rejects with `CONNECTION_CLOSED`, `STREAM_ID_IN_USE`.
     */
    openStream: request<ConnectionStream & { readonly first: Uint8Array }, void>(10_000),
    /**
     * Writes at most {@link MAX_STREAM_CHUNK_BYTES}, and ends this direction after them when they are the last. Resolves
     * when iroh has taken them, which is when the other side keeps up; up to 8 writes may wait at once.
     * Rejects with `CONNECTION_CLOSED`, `STREAM_CLOSED`, `STREAM_QUEUE_FULL`.
     */
    writeStream: request<ConnectionStream & { readonly bytes: Uint8Array; readonly isLast: boolean }, void>(3_600_000),
    /** Takes so many more bytes of a stream. Unknown ids are ignored. */
    allowStream: request<ConnectionStream & { readonly bytes: number }, void>(5_000),
    /**
     * Ends both directions at once, with a code from 0 to {@link STREAM_LEFT_CODE}; what was not read is thrown away, and
     * nothing more is told of the stream. A peer that does not end its direction within 5 s loses the connection
     * (`not-responding`), since iroh gives a stream back only then. Unknown ids are ignored.
     */
    leaveStream: request<ConnectionStream & { readonly code: number }, void>(5_000),
    /**
     * Sends bytes that may be lost, doubled or overtaken. Resolves when they are on their way or thrown away.
     * Rejects with `CONNECTION_CLOSED`, and with `DATAGRAM_TOO_LARGE` (data.maxBytes says how many the path takes now).
     */
    sendDatagram: request<{ readonly connectionId: ConnectionId; readonly bytes: Uint8Array }, void>(5_000),
    /** Closes a connection; unknown ids are ignored. Frames still on their way may be lost. */
    close: request<{ readonly connectionId: ConnectionId; readonly name: CloseName; readonly reason: string }, void>(
      5_000,
    ),
    /**
     * Tells the endpoint at which addresses the outside sees it (address observation), 8 at most: exactly these, beside
     * those it finds itself. Connected peers learn them.
     */
    setExternalAddresses: request<
      { readonly endpointId: EndpointId; readonly addresses: readonly SocketAddress[] },
      void
    >(5_000),
    /** The public relays this version of iroh uses by default (`RelayMode.defaultMode()`), in its order; nothing is contacted. */
    publicRelays: request<Record<string, never>, { readonly relays: readonly PublicRelay[] }>(5_000),
    /** The endpoint as bound now. Rejects with `ENDPOINT_NOT_BOUND`. */
    readBound: request<{ readonly endpointId: EndpointId }, BoundEndpoint>(5_000),
    /** Whether a router has opened a port for the endpoint by itself (UPnP, PCP, NAT-PMP). Rejects with `ENDPOINT_NOT_BOUND`. */
    readPortMapping: request<{ readonly endpointId: EndpointId }, PortMapping>(5_000),
    /**
     * The selected path of one connection now, `null` when none is; and the share of the packets sent on it lately that were
     * lost, 0 to 1, `null` where they were too few (200); and the round trips that its idle heartbeat measured on it, oldest first.
     * Rejects with `CONNECTION_CLOSED`.
     */
    inspect: request<
      { readonly connectionId: ConnectionId },
      {
        readonly path: ConnectionPath | null;
        readonly lossRatio: number | null;
        readonly roundTrips: readonly RoundTrip[];
      }
    >(5_000),
    /** Every open connection, of whatever protocol, and what it has carried. */
    countBytes: request<Record<string, never>, { readonly connections: readonly ConnectionBytes[] }>(5_000),
  },
  events: {
    /** A connection came in and passed admission; its frames follow. */
    'connection.accepted': event<ConnectionInfo>(),
    /** Told once for every connection that was accepted or dialled with success, with what it carried in all; nothing follows it. */
    'connection.closed': event<ConnectionInfo & { readonly close: ConnectionClose; readonly direct: ByteCount }>(),
    /** The selected path changed, or was selected for the first time. */
    'connection.pathChanged': event<ConnectionInfo & { readonly path: ConnectionPath }>(),
    /**
     * The share of the packets sent lately on the path that were lost, as `inspect` says it, is another one than was last told, by a
     * quarter and a hundredth. At most once in five seconds for each connection.
     */
    'connection.lossChanged': event<{ readonly connectionId: ConnectionId; readonly lossRatio: number | null }>(),
    'frame.received': event<{ readonly connectionId: ConnectionId; readonly frame: Uint8Array }>(),
    /** Nothing was heard for too long after the idle heartbeat had asked; it asks no more, and the connection stays open. */
    'heartbeat.unanswered': event<{ readonly connectionId: ConnectionId }>(),
    /** The smoothed round trip of the idle heartbeat is another by a quarter and 2 ms than when it was last told. */
    'heartbeat.roundTripChanged': event<{ readonly connectionId: ConnectionId; readonly rttMs: number }>(),
    /** The other side opened a stream; its bytes follow. */
    'stream.opened': event<ConnectionStream>(),
    /** In order, and never more than was allowed. */
    'stream.received': event<ConnectionStream & { readonly bytes: Uint8Array }>(),
    /** The other side ended its direction in order. */
    'stream.ended': event<ConnectionStream>(),
    /** The other side left the stream, which is over. Nothing is told of streams that end with their connection. */
    'stream.left': event<ConnectionStream & { readonly code: number }>(),
    /** Told as it came, once at most; more than 4,000 a second are thrown away. */
    'datagram.received': event<{ readonly connectionId: ConnectionId; readonly bytes: Uint8Array }>(),
    /** Somebody not admitted tried a `listed` protocol, or a limit refused an incoming connection. At most one a second for each remote. */
    'connection.refused': event<{
      readonly localEndpointId: EndpointId;
      readonly remoteEndpointId: EndpointId | null;
      readonly alpn: string | null;
      readonly name: CloseName;
    }>(),
    /** The addresses of an endpoint changed (interface up or down, port mapping, observation). */
    'endpoint.addressesChanged': event<BoundEndpoint>(),
  },
});

export type EndpointChannel = typeof endpointChannel;
