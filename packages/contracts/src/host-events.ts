import type { ConnectionPath, PathKind } from './addresses.ts';
import type { ByteCount } from './byte-count.ts';
import type { DiscoverySourceName, MdnsProblem } from './channels/discovery.ts';
import type { HeldBackReason, LinkDownReason } from './channels/links.ts';
import type { PairingAttempt, PairingCircumstance, PairingFailureCode } from './channels/pairing-sessions.ts';
import type { StoreKeyKind } from './channels/persistence.ts';
import type { RelayConnectionState, RelayDownReason } from './channels/relay-switchboard.ts';
import type { DeviceCard, DeviceSummary } from './device.ts';
import type { DeviceId, EndpointId, PairingSessionId, RelayUrl, SocketAddress } from './ids.ts';
import type { LifecycleState } from './ports/lifecycle.ts';
import type { CloseName } from './protocol-names.ts';

/** Where a worker runs: in the host's own thread, in a thread of its own, or in a process of its own. */
export type Placement = 'inline' | 'thread' | 'process';

/**
 * What a host tells its app, in the order it happened. A command line prints them in a shape of its own, in which devices,
 * paths and times look the same everywhere. Long because it is a list.
 */
export type HostEvent =
  | {
      readonly event: 'pairing.stateChanged';
      readonly sessionId: PairingSessionId;
      readonly role: 'initiator' | 'joiner';
      readonly state: string;
    }
  | {
      readonly event: 'pairing.peerProven';
      readonly sessionId: PairingSessionId;
      readonly role: 'initiator' | 'joiner';
      readonly authenticationString: string;
      readonly peer: DeviceCard;
      readonly mustDecide: boolean;
    }
  | {
      readonly event: 'pairing.confirmationNeeded';
      readonly sessionId: PairingSessionId;
      readonly authenticationString: string;
      readonly peer: DeviceCard;
      /** The paired device that would be paired anew; `null` for a new one. */
      readonly renews: DeviceSummary | null;
    }
  | {
      readonly event: 'pairing.completed';
      readonly sessionId: PairingSessionId;
      readonly role: 'initiator' | 'joiner';
      readonly device: DeviceSummary;
      readonly isRenewed: boolean;
      readonly authenticationString: string;
      readonly via: DiscoverySourceName | null;
      readonly path: PathKind;
      readonly elapsedMs: number;
      readonly discoveredMs: number | null;
    }
  | {
      readonly event: 'pairing.failed';
      readonly sessionId: PairingSessionId;
      readonly role: 'initiator' | 'joiner';
      readonly code: PairingFailureCode;
      readonly reason: string;
      readonly attempts: readonly PairingAttempt[];
      readonly circumstance: PairingCircumstance | null;
    }
  | {
      readonly event: 'device.connected';
      readonly deviceId: DeviceId;
      readonly name: string;
      readonly path: ConnectionPath | null;
    }
  | {
      readonly event: 'device.disconnected';
      readonly deviceId: DeviceId;
      readonly name: string;
      readonly reason: LinkDownReason;
    }
  | {
      readonly event: 'device.pathChanged';
      readonly deviceId: DeviceId;
      readonly name: string;
      readonly path: ConnectionPath;
    }
  | {
      /** Packets that cannot travel directly reach the device through another relay now. */
      readonly event: 'device.routeChanged';
      readonly deviceId: DeviceId;
      readonly name: string;
      readonly relayUrl: RelayUrl;
      readonly previous: RelayUrl | null;
      readonly reason: RouteReason;
    }
  | { readonly event: 'device.removed'; readonly deviceId: DeviceId; readonly name: string; readonly by: 'us' | 'peer' }
  | { readonly event: 'device.renamed'; readonly deviceId: DeviceId; readonly name: string }
  | {
      /** It is kept out from now on. */
      readonly event: 'device.blocked';
      readonly deviceId: DeviceId;
      /** What it was called here; `null` when it was not paired. */
      readonly name: string | null;
    }
  | {
      /** Two copies of a device run at the same time, so neither is connected until one of them ends; or only one is left (`false`). */
      readonly event: 'device.cloned';
      readonly deviceId: DeviceId;
      readonly name: string;
      readonly isCloned: boolean;
    }
  | {
      /**
       * This device runs from an older copy of its data, as a peer has shown it, and goes on from there: what happened since
       * then is forgotten here.
       */
      readonly event: 'identity.restored';
      /** How many of its starts it had forgotten. */
      readonly forgottenStarts: number;
    }
  | { readonly event: 'device.unblocked'; readonly deviceId: DeviceId; readonly name: string | null }
  | {
      readonly event: 'message.received';
      /** The sender's device id. */
      readonly from: DeviceId;
      readonly fromName: string;
      /** The message: `text`, or the `bytes` that an app sent; the other one is `null`. */
      readonly text: string | null;
      readonly bytes: Uint8Array | null;
    }
  | {
      /** Messages are not taken for now, for this reason, or are taken again (`null`): the device's here, or ours there. */
      readonly event: 'messages.heldBack';
      readonly deviceId: DeviceId;
      readonly name: string;
      readonly by: 'us' | 'peer';
      readonly reason: HeldBackReason | null;
    }
  | { readonly event: 'store.problemChanged'; readonly problem: StoreProblemReport | null }
  | {
      readonly event: 'relay.stateChanged';
      readonly url: RelayUrl;
      readonly state: RelayConnectionState;
      readonly downReason: RelayDownReason | null;
    }
  | {
      readonly event: 'relay.homeChanged';
      readonly homeRelayUrl: RelayUrl | null;
      readonly previous: RelayUrl | null;
      readonly reason: string;
    }
  | {
      readonly event: 'relay.budgetCrossed';
      /** One device's budget of the day, or that of all together (both are `null`). */
      readonly deviceId: DeviceId | null;
      readonly name: string | null;
      /** `warning`: four fifths are used. `limit`: all of it; only a trickle passes for the rest of the day (UTC). */
      readonly level: 'warning' | 'limit';
      readonly spentBytes: number;
      readonly limitBytes: number;
    }
  | {
      /** Somebody who may not, or one too many, tried to connect. At most one a second is told. */
      readonly event: 'connection.refused';
      /** Who it was, where its handshake came so far. */
      readonly endpointId: EndpointId | null;
      readonly alpn: string | null;
      readonly name: CloseName;
    }
  | { readonly event: 'journal.trimmed' /** Entries up to this one are gone. */; readonly upToPosition: number }
  | { readonly event: 'network.changed'; readonly cause: 'interfaces' | 'wake' }
  | {
      /** What is offered to peers beside the addresses of the interfaces, or what is known of the NAT, changed. */
      readonly event: 'network.observed';
      readonly addresses: readonly SocketAddress[];
      readonly nat: NatKind;
    }
  | {
      /** Devices on the local network are not found any more, for this reason, which says what to do as well; or they are again (`null`). */
      readonly event: 'discovery.healthChanged';
      readonly problem: string | null;
    }
  | {
      readonly event: 'worker.stateChanged';
      readonly name: string;
      readonly state: LifecycleState;
      readonly restarts: number;
      /** Why it crashed: `WORKER_HUNG` where it ran and answered nothing. `null` unless `state` is `crashed`. */
      readonly failure: WorkerFailure | null;
    };

/**
 * Why a device is reached through a relay. `first`: it was not reached through any before. `relayDown`: the relay before
 * is not connected. `peerMoved`: it was heard on this one and no longer on the one before.
 */
export type RouteReason = 'first' | 'relayDown' | 'peerMoved';

export type HostEventName = HostEvent['event'];

/** Every event there is, for whoever is given a name at run time. */
export const HOST_EVENT_NAMES = Object.freeze({
  'pairing.stateChanged': true,
  'pairing.peerProven': true,
  'pairing.confirmationNeeded': true,
  'pairing.completed': true,
  'pairing.failed': true,
  'device.connected': true,
  'device.disconnected': true,
  'device.pathChanged': true,
  'device.removed': true,
  'device.renamed': true,
  'device.blocked': true,
  'device.unblocked': true,
  'device.cloned': true,
  'identity.restored': true,
  'device.routeChanged': true,
  'connection.refused': true,
  'journal.trimmed': true,
  'messages.heldBack': true,
  'store.problemChanged': true,
  'message.received': true,
  'relay.stateChanged': true,
  'relay.homeChanged': true,
  'relay.budgetCrossed': true,
  'network.changed': true,
  'network.observed': true,
  'discovery.healthChanged': true,
  'worker.stateChanged': true,
} as const satisfies Record<HostEventName, true>);

export interface RelayReport {
  readonly url: RelayUrl;
  readonly state: RelayConnectionState;
  readonly rttMs: number | null;
  readonly role: 'home' | 'standby' | 'peer';
  readonly downReason: RelayDownReason | null;
}

/** What keeps the store from storing, and what to do about it. */
export interface StoreProblemReport {
  readonly code: string;
  readonly reason: string;
  readonly remedy: string;
}

export interface MessageTotal {
  readonly count: number;
  readonly bytes: number;
}

/** What went between this device and another one, whatever the connections were. */
export interface DeviceBytes {
  /** When counting began, which is when this device started; wall clock, milliseconds. */
  readonly sinceMs: number;
  /** In UDP datagrams, and in TCP connections under their encryption. */
  readonly direct: ByteCount;
  /** As the relay budget counts: what was sent over two relays counts twice. */
  readonly relayed: ByteCount;
}

export interface DeviceReport {
  readonly id: DeviceId;
  readonly name: string;
  readonly state: 'connected' | 'connecting' | 'offline';
  readonly path: PathKind | null;
  /** The relay it was reached through last; `null` where none was needed yet. */
  readonly relay: RelayUrl | null;
  readonly rttMs: number | null;
  /** The TCP connection beside the link, which carries streams that carry much; `null` while there is none. */
  readonly tcp: { readonly bytesPerSecond: number } | null;
  /** Why there is none; `null` while there is one, and while the device is not connected or nothing is known of it yet. */
  readonly tcpAbsence: TcpAbsence | null;
  readonly bytes: DeviceBytes;
  /** Messages for it that it has not stored yet, kept ones included. */
  readonly waiting: MessageTotal;
  /** Why it takes no messages of this device for now. */
  readonly heldBack: HeldBackReason | null;
  /** When `state` last changed (wall clock, milliseconds); `null` before the first contact since the device started. */
  readonly sinceMs: number | null;
}

/** Why a worker crashed. */
export interface WorkerFailure {
  readonly code: string;
  /** A sentence. */
  readonly reason: string;
}

export interface WorkerReport {
  readonly name: string;
  readonly pid: number | null;
  readonly placement: Placement;
  readonly state: LifecycleState;
  readonly restarts: number;
  /** Why it crashed last; `null` before. */
  readonly failure: WorkerFailure | null;
}

/**
 * What stands between this device and the internet, by the ports that others see it at. `none`: a public address of its
 * own. `endpoint-independent`: one outside port, whoever is spoken to: hole punching works. `symmetric`: a port for
 * every destination: what one observer sees helps nobody else. `unknown`: too few have looked.
 */
export type NatKind = 'none' | 'endpoint-independent' | 'symmetric' | 'unknown';

/** Where somebody saw this device last. */
export interface ObservedAddressReport {
  readonly address: SocketAddress;
  /** The relay beside which the observer stands, or a peer device. */
  readonly by: RelayUrl | DeviceId;
  /** Wall clock, milliseconds. */
  readonly atMs: number;
}

/** How iroh looks for the public address by itself (QUIC address discovery). */
export interface AddressDiscoveryReport {
  /** The relay it asks. */
  readonly relay: RelayUrl;
  /** What it has found beyond the addresses of the interfaces, here or from a router (UPnP); iroh does not say which. */
  readonly addresses: readonly SocketAddress[];
}

/** What others have seen of this device since its network last changed. */
export interface NetworkReport {
  /** Kinds of addresses by which others could reach this machine; none: it is on no network. */
  readonly families: readonly ('ipv4' | 'ipv6')[];
  readonly observed: readonly ObservedAddressReport[];
  readonly nat: NatKind;
  /** `null` while no relay is asked: none in use offers it, or none of those is connected. */
  readonly addressDiscovery: AddressDiscoveryReport | null;
  readonly mdns: MdnsReport;
  /** The port that a router opened though this device keeps to the local network or this machine; `null` where none did. */
  readonly openedPort: OpenedPortReport | null;
  readonly tcp: TcpReport;
}

/**
 * How far this device uses TCP for streams that carry much: not at all, on networks that are its own, or across the internet too,
 * and where it listens for it, which it does while a device is linked that knows TCP.
 */
export interface TcpReport {
  readonly reach: 'off' | 'private' | 'public';
  readonly listeningAt: readonly SocketAddress[];
}

/**
 * Why streams that carry much use QUIC: no TCP connection was needed yet, or since the last one ended; it is turned off here, or
 * there, where an earlier release counts as much; the path leads through a relay; the two share no network, nor a public address
 * that both may use; what was dialled did not answer, as where a firewall lets no TCP through; or the connection broke just now.
 */
export type TcpAbsence = 'notNeeded' | 'offHere' | 'offThere' | 'relayed' | 'noSharedNetwork' | 'blocked' | 'lost';

/** A port of a router that leads to this device, and was not wanted. */
export interface OpenedPortReport {
  /** Where it is, or was, open. */
  readonly address: SocketAddress;
  /** Whether the router was told to close it, and did. */
  readonly isClosed: boolean;
  /** Why it is not closed; empty where it is. */
  readonly reason: string;
}

/** Whether devices on the local network find this one, and it them. */
export interface MdnsReport {
  /** `off`: not wanted. `failing`: wanted, and does not work. */
  readonly state: 'works' | 'failing' | 'off';
  /** Why it fails; `null` unless it does. */
  readonly problem: MdnsProblem | null;
}

/** Everything about a running device at one moment. */
export interface HostStatus {
  readonly device: DeviceSummary;
  readonly relays: readonly RelayReport[];
  /** Why the relay that is home was chosen, in a sentence; `null` while none is. */
  readonly homeReason: string | null;
  readonly network: NetworkReport;
  /** How the key that opens the store is kept, and what keeps the store from storing. */
  readonly store: { readonly key: StoreKeyKind; readonly problem: StoreProblemReport | null };
  /** Messages that came and were not taken yet. */
  readonly inbox: MessageTotal;
  readonly peers: readonly DeviceReport[];
  readonly workers: readonly WorkerReport[];
}
