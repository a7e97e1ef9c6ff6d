import type { ConnectionPath, RelayInfo } from '../addresses.ts';
import { defineChannel, event, request } from '../channel-definition.ts';
import type { MessagePosition } from '../device.ts';
import type { DeviceId, EndpointId, SocketAddress } from '../ids.ts';
import type { PeerList } from '../peer-list.ts';

/** What every hello of this device says. */
export interface LinkIdentity {
  readonly endpointId: EndpointId;
  readonly incarnation: number;
  readonly name: string;
  readonly relayInfo: RelayInfo;
  readonly directAddresses: readonly SocketAddress[];
}

/** A paired device the links actor may talk to. */
export interface LinkPeer {
  readonly deviceId: DeviceId;
  readonly endpointId: EndpointId;
  /** Highest incarnation seen; a hello with a lower one is closed with `stale`. */
  readonly incarnation: number;
  readonly lastReceived: MessagePosition | null;
  /**
   * Grows when the device is paired anew: what was known of it counts no more, its link ends as `superseded`, and messages
   * for it keep waiting.
   */
  readonly pairing: number;
}

export interface LinkStatus {
  readonly deviceId: DeviceId;
  readonly state: 'connected' | 'connecting' | 'offline';
  readonly path: ConnectionPath | null;
  /** Wall clock of the last change of `state`, milliseconds. */
  readonly sinceMs: number;
  /** Round trip of the heartbeat, smoothed, milliseconds; `null` before the first. */
  readonly rttMs?: number | null;
  /** Messages accepted for sending that the other side has not acknowledged. */
  readonly unacknowledgedCount: number;
}

/** Why a link ended. `goodbye`: the other side shut down in order. */
export type LinkDownReason =
  | 'goodbye'
  | 'notResponding'
  | 'connectionLost'
  | 'endpointLost'
  | 'unpaired'
  | 'superseded'
  | 'protocolError'
  | 'closedHere';

/**
 * Asked of, and told by, the keeper of links: one live connection for each paired device, with hello, heartbeat and
 * messages that survive reconnects. It accepts incoming links itself and dials only when asked.
 *
 * Messages are numbered by the sender, resent after a reconnect, and delivered in order, once, also across a restart of
 * the receiver, as long as the sender lives. At most 1,000 messages or 4 MiB wait for one device.
 */
export const linksChannel = defineChannel({
  name: 'links',
  version: 2,
  requests: {
    /** What hellos say from now on; a changed name or address is told to connected peers. */
    presentSelf: request<LinkIdentity, void>(),
    /**
     * The paired devices, whose incoming links are answered from now on. One that is paired no more is told `unpaired`, its
     * link ends, and messages that wait for it are dropped (their sends reject with `DEVICE_REMOVED`); the answer comes
     * when that is done.
     */
    setPeers: request<PeerList<LinkPeer>, void>(),
    /**
     * Dials and says hello. Resolves when the link is up, also when an incoming one won meanwhile.
     * Rejects with `LINK_UNREACHABLE`, `LINK_REFUSED` (data.name says why, e.g. `not-paired`), `DEVICE_UNKNOWN`.
     */
    connect: request<
      {
        readonly deviceId: DeviceId;
        readonly directAddresses: readonly SocketAddress[];
        readonly throughRelay: boolean;
        readonly timeoutMs: number;
      },
      { readonly path: ConnectionPath | null }
    >(60_000),
    /** The endpoint process died: every link is down at once, and messages wait. */
    dropAll: request<Record<string, never>, void>(),
    /** Says goodbye to every peer and closes; used when the device shuts down. */
    sayGoodbye: request<Record<string, never>, void>(5_000),
    /**
     * Sends a message, now or when the link is back, until the request's deadline or cancelling. Resolves once the
     * other daemon has journaled it. `payload` is a byte that tells its kind, and a body of at most 256 KiB.
     * Rejects with `MESSAGE_TOO_LARGE`, `MESSAGE_QUEUE_FULL`, `DEVICE_UNKNOWN`, `DEVICE_REMOVED`.
     */
    sendMessage: request<
      { readonly deviceId: DeviceId; readonly payload: Uint8Array },
      { readonly position: MessagePosition; readonly elapsedMs: number }
    >(30_000),
    /** The host has journaled a received message: acknowledge it to its sender. */
    acknowledge: request<{ readonly deviceId: DeviceId; readonly position: MessagePosition }, void>(),
    /** Tells linked devices our relays. */
    pushRelayInfo: request<{ readonly deviceIds: readonly DeviceId[]; readonly relayInfo: RelayInfo }, void>(),
    /** Asks a linked device for its relays; the answer is `relayInfo.received`. */
    askRelayInfo: request<{ readonly deviceId: DeviceId }, void>(),
    /** One heartbeat now, answered by the peer. Rejects with `LINK_DOWN`. */
    ping: request<{ readonly deviceId: DeviceId }, { readonly rttMs: number; readonly path: ConnectionPath | null }>(
      10_000,
    ),
    status: request<Record<string, never>, { readonly links: readonly LinkStatus[] }>(),
  },
  events: {
    'link.up': event<{
      readonly deviceId: DeviceId;
      readonly path: ConnectionPath | null;
      readonly incarnation: number;
      readonly name: string;
      readonly relayInfo: RelayInfo;
      readonly directAddresses: readonly SocketAddress[];
      /** Where the other side sees us; `null` over a relay. */
      readonly observedAddress: SocketAddress | null;
      readonly dialledBy: 'us' | 'peer';
    }>(),
    'link.down': event<{ readonly deviceId: DeviceId; readonly reason: LinkDownReason }>(),
    'link.pathChanged': event<{ readonly deviceId: DeviceId; readonly path: ConnectionPath }>(),
    /** In order, and possibly again after a restart of this actor until acknowledged; the journal drops repeats. */
    'message.received': event<{
      readonly deviceId: DeviceId;
      readonly position: MessagePosition;
      readonly payload: Uint8Array;
    }>(),
    'relayInfo.received': event<{ readonly deviceId: DeviceId; readonly relayInfo: RelayInfo }>(),
    /** The peer renamed itself or its addresses changed. */
    'peer.updated': event<{
      readonly deviceId: DeviceId;
      readonly name: string;
      readonly directAddresses: readonly SocketAddress[];
    }>(),
    /**
     * The other side says that it removed us: on a link, or in answer to a dial. The latter is also said by a device that
     * pairs anew with one it once removed, until it has stored the new pairing.
     */
    'peer.unpaired': event<{ readonly deviceId: DeviceId; readonly toldOn: 'link' | 'dial' }>(),
  },
});

export type LinksChannel = typeof linksChannel;
