import type { ConnectionPath, RelayInfo, RoundTrip } from '../addresses.ts';
import { defineChannel, event, request } from '../channel-definition.ts';
import type { MessagePosition } from '../device.ts';
import type { DeviceFacts } from '../device-facts.ts';
import type { ConnectionId, DeviceId, EndpointId, PresenceKey, SocketAddress } from '../ids.ts';
import type { MachineSession, MachineTransition } from '../machines.ts';
import type { PeerList } from '../peer-list.ts';
import type { MessageUsage } from './persistence.ts';
import type { TcpDialFailure } from './tcp-transport.ts';

/** What every hello of this device says. */
export interface LinkIdentity {
  readonly endpointId: EndpointId;
  readonly incarnation: number;
  readonly name: string;
  readonly relayInfo: RelayInfo;
  readonly directAddresses: readonly SocketAddress[];
  /** What this device knows beside the link itself, as in `features.received`. @defaultValue nothing */
  readonly features?: readonly string[];
  /** By what paired devices know this one on the local network: a secret, told on every link and when it changes. @defaultValue none is told */
  readonly presenceKey?: PresenceKey;
  /** This device's own proof of how often it has started, which peers keep. @defaultValue none */
  readonly claim?: string;
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
  /** What it told last of its starts, to be handed back when it has forgotten; `null`: nothing. @defaultValue null */
  readonly claim?: string | null;
}

export interface LinkStatus {
  readonly deviceId: DeviceId;
  readonly state: 'connected' | 'connecting' | 'offline';
  readonly path: ConnectionPath | null;
  /** What the link is on; `null` while there is none. */
  readonly connectionId?: ConnectionId | null;
  /** Wall clock of the last change of `state`, milliseconds. */
  readonly sinceMs: number;
  /** Round trip of the heartbeat, smoothed, milliseconds; `null` before the first. */
  readonly rttMs?: number | null;
  /** Messages accepted for sending that the other side has not acknowledged. */
  readonly unacknowledgedCount: number;
  /** Those of them that end with this device: they have no `messageId`. */
  readonly unkept: MessageUsage;
  /** Why the other side takes no messages for now; `null` while it does, and while there is no link. */
  readonly heldBack: HeldBackReason | null;
}

/** What was measured on the path of a link. */
export interface LinkMeasurements {
  /** Oldest first; at most 64, and none older than five minutes. */
  readonly roundTrips: readonly RoundTrip[];
  /** Share of the packets that the other side sent on this path lately and that were lost, 0 to 1; `null`: it has not said. */
  readonly lossRatioThere: number | null;
  /** How the other side's last dial by TCP failed on this link; `null`: it has not said. */
  readonly tcpFailureThere: TcpDialFailure | null;
}

/** Why a device takes no messages for now: nobody takes those it has, or its disk is full. */
export const HELD_BACK_REASONS = ['inboxFull', 'storeFull'] as const;
export type HeldBackReason = (typeof HELD_BACK_REASONS)[number];

/** Why a link ended. `goodbye`: the other side shut down in order. `cloned`: one of the two runs twice. */
export type LinkDownReason =
  | 'goodbye'
  | 'notResponding'
  | 'connectionLost'
  | 'endpointLost'
  | 'unpaired'
  | 'superseded'
  | 'protocolError'
  | 'cloned'
  | 'closedHere';

/**
 * Asked of, and told by, the keeper of links: one live connection for each paired device, with hello, heartbeat and
 * messages that survive reconnects. It accepts incoming links itself and dials only when asked.
 *
 * Messages are numbered by the sender, resent after a reconnect, and delivered in order, once, also across a restart of
 * the receiver, as long as the sender lives; those with a `messageId` also across its restart. At most 1,000 messages or
 * 4 MiB are under way to one device; what is more waits for room.
 */
export const linksChannel = defineChannel({
  name: 'links',
  version: 4,
  requests: {
    /** What hellos say from now on; a changed name, address or presence key is told to connected peers. */
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
        /** Whether anybody may have named the addresses, so that a wrong one must not keep the others from being reached. @defaultValue false */
        readonly isHearsay?: boolean;
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
     * other device has stored it. `payload` is a byte that tells its kind, and a body of at most 256 KiB. With a
     * `messageId` the message is one that the store keeps; the caller asks again after a restart.
     * Rejects with `MESSAGE_TOO_LARGE`, `MESSAGE_QUEUE_FULL` (65,536 messages or 64 MiB wait), `DEVICE_UNKNOWN`,
     * `DEVICE_REMOVED`.
     */
    sendMessage: request<
      { readonly deviceId: DeviceId; readonly payload: Uint8Array; readonly messageId?: string },
      { readonly position: MessagePosition; readonly elapsedMs: number }
    >(30_000),
    /** The host has stored a received message: acknowledge it to its sender. */
    acknowledge: request<{ readonly deviceId: DeviceId; readonly position: MessagePosition }, void>(),
    /** Tells a device, now and on every later link, whether its messages are stored or why they are not. */
    setReceiving: request<{ readonly deviceId: DeviceId; readonly heldBack: HeldBackReason | null }, void>(),
    /** Tells linked devices our relays. */
    pushRelayInfo: request<{ readonly deviceIds: readonly DeviceId[]; readonly relayInfo: RelayInfo }, void>(),
    /**
     * Tells linked devices what this one knows of itself. Relays that are only joined for other devices, and the words about
     * mDNS, stay here.
     */
    tellFacts: request<{ readonly deviceIds: readonly DeviceId[]; readonly facts: DeviceFacts }, void>(),
    /**
     * Tells a linked device this one's half of the keys of their TCP connections, and where it listens for them; on this very
     * connection of the link, and nowhere if it is another one by now. To be said to devices that know `tcp/1` alone.
     */
    tellTcp: request<
      {
        readonly deviceId: DeviceId;
        readonly connectionId: ConnectionId;
        readonly share: Uint8Array;
        readonly addresses: readonly SocketAddress[];
      },
      void
    >(),
    /** Asks a linked device to make a TCP connection. */
    askTcp: request<{ readonly deviceId: DeviceId }, void>(),
    /** Tells a linked device how dialling it by TCP failed. */
    tellTcpFailure: request<{ readonly deviceId: DeviceId; readonly failure: TcpDialFailure }, void>(),
    /** Asks a linked device for its relays; the answer is `relayInfo.received`. */
    askRelayInfo: request<{ readonly deviceId: DeviceId }, void>(),
    /**
     * The connection of a link is used beside its frames: the link looks after it more often for some seconds, and takes
     * what was heard for a sign of life.
     */
    noteUse: request<{ readonly deviceId: DeviceId; readonly wasHeard: boolean }, void>(),
    /**
     * The network of this device has changed: every link is asked at once. One on a direct path that hears nothing for three
     * round trips, and 0.4 s at least, is down: an old path is more likely dead than slow.
     */
    checkNow: request<Record<string, never>, void>(),
    /** One heartbeat now, answered by the peer. Rejects with `LINK_DOWN`. */
    ping: request<{ readonly deviceId: DeviceId }, { readonly rttMs: number; readonly path: ConnectionPath | null }>(
      10_000,
    ),
    /**
     * How every link is now. Links that were silent for longer than `heardWithinMs` are asked at once, and down soon where they
     * do not answer; the status does not wait for that.
     */
    status: request<{ readonly heardWithinMs?: number }, { readonly links: readonly LinkStatus[] }>(),
    /**
     * What was measured on the path of a link, without asking anybody for it: round trips of its heartbeat while it was in use, and
     * what of the other side's packets was lost on the way here, as that tells. Nothing of a device that is not linked.
     */
    measurements: request<{ readonly deviceId: DeviceId }, LinkMeasurements>(5_000),
    /** Whether `machine.moved` is told from now on. Idempotent; answers where every session stands. */
    watchMachines: request<{ readonly isWatched: boolean }, { readonly sessions: readonly MachineSession[] }>(),
  },
  events: {
    /** Told while somebody watches. */
    'machine.moved': event<MachineTransition>(),
    'link.up': event<{
      readonly deviceId: DeviceId;
      readonly connectionId: ConnectionId;
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
    /**
     * What the other side of a link knows beside it; follows `link.up`. A device of an earlier release says nothing, and
     * must not be spoken to in any of it.
     */
    'features.received': event<{
      readonly deviceId: DeviceId;
      readonly connectionId: ConnectionId;
      readonly features: readonly string[];
    }>(),
    'link.pathChanged': event<{ readonly deviceId: DeviceId; readonly path: ConnectionPath }>(),
    /**
     * In order, and possibly again after a restart of this actor until acknowledged, or, with its `messageId`, after one
     * of the sender; the store drops repeats.
     */
    'message.received': event<{
      readonly deviceId: DeviceId;
      readonly position: MessagePosition;
      readonly messageId: string | null;
      readonly payload: Uint8Array;
    }>(),
    /** The other side takes no messages any more, for this reason, or takes them again (`null`). */
    'peer.heldBack': event<{ readonly deviceId: DeviceId; readonly heldBack: HeldBackReason | null }>(),
    'relayInfo.received': event<{ readonly deviceId: DeviceId; readonly relayInfo: RelayInfo }>(),
    /** A linked device tells what it knows of itself; its times are of its own clock. */
    'facts.received': event<{ readonly deviceId: DeviceId; readonly facts: DeviceFacts }>(),
    /** The other side's half of the keys of TCP connections, and where it listens for them. */
    'tcp.received': event<{
      readonly deviceId: DeviceId;
      readonly connectionId: ConnectionId;
      readonly share: Uint8Array;
      readonly addresses: readonly SocketAddress[];
    }>(),
    /** The other side wants a TCP connection and cannot make one. */
    'tcp.asked': event<{ readonly deviceId: DeviceId }>(),
    /** By what the other side is known on the local network from now on: a secret. */
    'presence.received': event<{ readonly deviceId: DeviceId; readonly presenceKey: PresenceKey }>(),
    /** A linked device tells how often it has started; to be kept, and given to this actor with the device. */
    'claim.received': event<{ readonly deviceId: DeviceId; readonly claim: string }>(),
    /** Two runs of one device are there at the same time, so neither is linked; or only one is left (`false`). */
    'peer.cloned': event<{ readonly deviceId: DeviceId; readonly isCloned: boolean }>(),
    /**
     * A device refuses this one: it has seen a later start of it (`stale`, with the claim that this device gave it then), or
     * two of its runs at the same time (`cloned`).
     */
    'self.refused': event<{
      readonly deviceId: DeviceId;
      readonly name: 'stale' | 'cloned';
      readonly claim: string | null;
    }>(),
    /**
     * The peer came by itself, and this device refused it: it has seen a later start of it (`stale`), or two of its runs at the
     * same time (`cloned`), or does not speak the version of the protocol in which it greeted.
     */
    'peer.refused': event<{
      readonly deviceId: DeviceId;
      readonly name: 'stale' | 'cloned' | 'version-unsupported';
    }>(),
    /** The peer renamed itself or its addresses changed. */
    'peer.updated': event<{
      readonly deviceId: DeviceId;
      readonly name: string;
      readonly directAddresses: readonly SocketAddress[];
    }>(),
    /**
     * The other side says that it removed us: on a link, or in answer to a dial. The latter is also said by a device that
     * pairs anew with one it once removed, until it has stored the new pairing; about the earlier pairing, then.
     */
    'peer.unpaired': event<{
      readonly deviceId: DeviceId;
      readonly toldOn: 'link' | 'dial';
      /** Which pairing has ended, as it says; `null` when it does not. */
      readonly pairingId: string | null;
    }>(),
  },
});

export type LinksChannel = typeof linksChannel;
