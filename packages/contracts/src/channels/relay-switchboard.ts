import type { AddressDiscoveryRelay, RelayToken } from '../addresses.ts';
import { defineChannel, event, request } from '../channel-definition.ts';
import type { EndpointId, RelayUrl, SocketAddress } from '../ids.ts';
import type { MachineSession, MachineTransition } from '../machines.ts';

/** Devices that open pairing sessions may look for through relays at once. */
export const MAX_RELAY_CANDIDATES = 1_024;

/** One relay the switchboard may use for this device's own presence. */
export interface RelaySettings {
  readonly url: RelayUrl;
  /** Bearer token for the relay's login; `null` for none. A secret. */
  readonly token: string | null;
  /** Relays of a lower tier are preferred whenever one of them works. 0: the person's own; 1: public ones. */
  readonly tier: number;
  /** Home whenever it works, whatever its tier and latency. @defaultValue false */
  readonly pinned?: boolean;
  /** Share of devices among equally good relays of its tier, above 0; unset everywhere: list order. */
  readonly weight?: number;
  /** UDP port of its QUIC address discovery; unset: it offers none. */
  readonly quicPort?: number;
}

/** `down`: not connected, and the last attempt failed with `reason`; another attempt is scheduled. */
export type RelayConnectionState = 'connected' | 'connecting' | 'down';

/**
 * Why a relay is not connected. `notConfigured`: it was named by a peer or a ticket, and can be used only if this device is
 * told to use it: because of where it is (on this machine, in a network that only this device reaches), or because it takes
 * no login that is good for this relay alone. `displaced`: another login of this device's key came after it; one that happens
 * is answered by logging in again. `contested`: so it goes again and again, and somebody else logs in with this device's key.
 * `proxy`: the proxy of this device cannot be used, or lets nobody through to it. `portClosed`: its machine, or what stands before it,
 * says that nothing listens there; `noNetwork`: this device has no address by which anything
 * else is reached; `noRoute`: no way leads from it to its address, so that nothing was sent; `tcp`: no
 * connection for any other reason. `timeout`: it, or a proxy before it, takes a connection and does not answer on it. `certificateDates`: its certificate is not valid yet, or not any more, by the clock of this device;
 * `tls`: it is not trusted for any other reason. `closed`: a connection that stood has ended: the relay or the network ended it, or this
 * device did, which has another address now or was asked to drop it. `unavailable`: it, or a web server before it, answers that it cannot serve now.
 */
export type RelayDownReason =
  | 'dns'
  | 'tcp'
  | 'portClosed'
  | 'noRoute'
  | 'noNetwork'
  | 'tls'
  | 'certificateDates'
  | 'http'
  | 'unavailable'
  | 'auth'
  | 'version'
  | 'protocol'
  | 'timeout'
  | 'closed'
  | 'displaced'
  | 'contested'
  | 'notConfigured'
  | 'proxy';

/** Statuses of HTTP with which a web server says that what stands behind it cannot serve now, or a relay that it is full (RFC 9110, section 15.6). */
export const UNAVAILABLE_STATUSES: ReadonlySet<number> = new Set([500, 502, 503, 504]);

/** `home` and `standby` carry this device's presence; `peer` relays are joined because a peer is known to be there. */
export type RelayRole = 'home' | 'standby' | 'peer';

export interface RelayStatus {
  readonly url: RelayUrl;
  readonly role: RelayRole;
  readonly state: RelayConnectionState;
  /** Median of the last in-band pings, milliseconds; `null` before the first answer. */
  readonly rttMs: number | null;
  readonly downReason: RelayDownReason | null;
}

/** How a relay answered a question beside this device's connection to it. */
export interface AskedRelay {
  /** From the question to the answer, on a connection that was open, milliseconds; `null`: it did not answer as a relay does. */
  readonly rttMs: number | null;
  /**
   * How far this machine's clock is ahead of the relay's, milliseconds, to half a second; `null` where it told no time. Where its
   * certificate is not accepted, it is what whoever answered said: good for a hint, and for nothing else.
   */
  readonly clockAheadMs: number | null;
  /** Whether it was asked through the proxy. */
  readonly isProxied: boolean;
  /** What kept it from answering; `detail` in the words of the system, a proxy or a server, without a secret. */
  readonly problem: { readonly reason: RelayDownReason; readonly detail: string } | null;
}

/** Datagrams that went through relays, and the bytes they carried (without framing), since the switchboard started. */
export interface TrafficCount {
  readonly sentDatagrams: number;
  readonly sentBytes: number;
  readonly receivedDatagrams: number;
  readonly receivedBytes: number;
  /** Those that found no room, no relay or no budget. */
  readonly droppedDatagrams: number;
  readonly droppedBytes: number;
}

/** The least a budget may allow, bytes a day: less would be used up by keeping connections alive. */
export const LEAST_RELAY_BUDGET_BYTES = 1_048_576;

/**
 * How much may go through relays in one day (UTC), both directions together; `null`: as much as is needed. At least
 * {@link LEAST_RELAY_BUDGET_BYTES} each. Beyond a limit a trickle still passes, enough for heartbeats, pairing and short messages.
 */
export interface RelayBudget {
  /** For each peer. */
  readonly peerBytesPerDay: number | null;
  /** For all peers together. */
  readonly totalBytesPerDay: number | null;
}

/** One endpoint that tells a device the address it is seen at; it stands beside a relay. */
export interface RelayObserver {
  readonly endpointId: EndpointId;
  /** Of one family: IPv4 where the relay has it, because IPv6 is hardly ever translated. */
  readonly directAddresses: readonly SocketAddress[];
}

/** One device that is reached through relays, as far as the switchboard has to know it. */
export interface RelayPeer {
  readonly endpointId: EndpointId;
  /** Where it is known to be, best first; at most 8 are used. */
  readonly relayUrls: readonly RelayUrl[];
  /** Tokens it has shared for logins at its relays, at most 8. Secrets. */
  readonly tokens: readonly RelayToken[];
  /** `false`: nothing passes between it and this device's endpoints through relays, in either direction. @defaultValue true */
  readonly usesRelays?: boolean;
}

/** What one peer has used of today's budget. */
export interface SpentToday {
  readonly endpointId: EndpointId;
  readonly bytes: number;
}

/** A relay says that a device is not there. */
export interface RelayAbsence {
  readonly relayUrl: RelayUrl;
  /** How long ago it said so, milliseconds. */
  readonly agoMs: number;
}

/** Everything counted. At most 4,096 relays and as many strangers are counted one by one, paired devices always; `total` holds all. */
export interface TrafficReport {
  readonly total: TrafficCount;
  readonly relays: readonly { readonly url: RelayUrl; readonly traffic: TrafficCount }[];
  readonly peers: readonly {
    readonly endpointId: EndpointId;
    readonly traffic: TrafficCount;
    readonly spentTodayBytes: number;
  }[];
  /** All peers together, today. */
  readonly spentTodayBytes: number;
  /** What a day is limited to; `null`: nothing. */
  readonly budget: RelayBudget | null;
}

/**
 * Asked of, and told by, the switchboard: a relay to this device's endpoints on loopback, a client to real relays.
 *
 * It runs in a process of its own so that relay presence outlives the endpoint. After a restart it knows nothing:
 * the host names its port, admits the identities and configures the relays again. The port is the host's: it listens,
 * accepts, and hands each connection over (`Actor.accept`), so that the port is never free for another program while
 * an endpoint of this device would log in there.
 */
export const relaySwitchboardChannel = defineChannel({
  name: 'relay-switchboard',
  version: 2,
  requests: {
    /**
     * Serves the connections that the caller accepts at 127.0.0.1 and hands over. Rejects with `SWITCHBOARD_LISTENING` when
     * it has another port.
     */
    serve: request<{ readonly port: number }, { readonly loopbackUrl: string }>(),
    /** Opens the relay on 127.0.0.1 itself, for a switchboard that runs without a host. Port 0 asks the system for one. Rejects with `SWITCHBOARD_PORT_TAKEN`. */
    listen: request<{ readonly port: number }, { readonly loopbackUrl: string; readonly port: number }>(),
    /** Lets endpoints with this key log in on loopback, and logs in to the relays with it. 32 bytes, a secret. Repeating it is harmless. */
    admit: request<{ readonly secretKey: Uint8Array }, { readonly endpointId: EndpointId }>(),
    /** Ends a key's logins on loopback and on every relay. Unknown ids are ignored. */
    dismiss: request<{ readonly endpointId: EndpointId }, void>(),
    /** Replaces the relays of this device. Empty: LAN only, every relay connection ends and none is opened, hints included. */
    configureRelays: request<{ readonly relays: readonly RelaySettings[] }, void>(),
    /**
     * Every paired device, in place of those told before; at most 16,384. The whole list is sent on every change and
     * whenever the switchboard becomes ready. A relay that neither this list, nor {@link setCandidates}, nor the
     * configured relays name is left at once; one that is named for a peer is joined for datagrams to it, and left once
     * idle.
     *
     * A token of this device's own settings goes first at a login; a token that is refused gives way to the next one lent
     * for the same relay.
     */
    setPeers: request<{ readonly peers: readonly RelayPeer[] }, void>(),
    /**
     * Every device that an open pairing session looks for, in place of those told before; at most
     * {@link MAX_RELAY_CANDIDATES}. The whole list is sent on every change and whenever the switchboard becomes ready. A
     * device may be in both lists; what is said here of its relays goes first.
     */
    setCandidates: request<{ readonly candidates: readonly RelayPeer[] }, void>(),
    /** The network changed or the machine woke: ping every relay now, retry those that are down without waiting. */
    checkNow: request<Record<string, never>, void>(),
    /** Relays that said a device is not there, and have not passed on anything of it since. */
    absences: request<{ readonly endpointId: EndpointId }, { readonly absences: readonly RelayAbsence[] }>(),
    /**
     * Drops this device's logins at a relay as if their connections had broken, to see what happens then; they come back by
     * themselves. Answers whether there was any.
     */
    dropRelay: request<{ readonly relayUrl: RelayUrl }, { readonly wasConnected: boolean }>(),
    /**
     * Asks a relay whether it is there, on a line of the same kind as this device's own connection to it (authorities, proxy),
     * and without showing an identity. Takes some 8 s at the most.
     */
    askRelay: request<{ readonly relayUrl: RelayUrl }, AskedRelay>(),
    /**
     * Asks a configured relay for the observers beside it. Empty: it has none, is not configured, or is reached through a
     * proxy, which UDP does not pass. `null`: it did not answer, and may do so later.
     */
    findObservers: request<{ readonly relayUrl: RelayUrl }, { readonly observers: readonly RelayObserver[] | null }>(
      15_000,
    ),
    /** Sets or, with `null`, lifts the budget. `spentToday` hands back what was counted before a restart, on the same day. */
    limitTraffic: request<{ readonly budget: RelayBudget | null; readonly spentToday?: readonly SpentToday[] }, void>(),
    traffic: request<Record<string, never>, TrafficReport>(),
    status: request<
      Record<string, never>,
      { readonly relays: readonly RelayStatus[]; readonly homeRelayUrl: RelayUrl | null }
    >(),
    /** Whether `machine.moved` is told from now on. Idempotent; answers where every session stands. */
    watchMachines: request<{ readonly isWatched: boolean }, { readonly sessions: readonly MachineSession[] }>(),
  },
  events: {
    /** Told while somebody watches. */
    'machine.moved': event<MachineTransition>(),
    'relay.stateChanged': event<RelayStatus>(),
    /**
     * A connected relay owed an answer for more than a second, and gives it now: it was out of reach, and its connection has
     * outlived that. What was sent meanwhile may be lost.
     */
    'relay.answeredAgain': event<RelayStatus>(),
    /** The home relay moved, or there is none now. `reason` is a sentence for the person. */
    'relay.homeChanged': event<{
      readonly homeRelayUrl: RelayUrl | null;
      readonly previous: RelayUrl | null;
      /** Home first, then standby: what peers should be told. */
      readonly relayUrls: readonly RelayUrl[];
      readonly reason: string;
    }>(),
    /**
     * Which relay the endpoint is to ask for its public address, `null` for none; it changes seldom, and not before a
     * relay is connected. The endpoint's own login there and the switchboard's, where both have one, take turns once.
     */
    'addressDiscovery.changed': event<{ readonly relay: AddressDiscoveryRelay | null }>(),
    /** A relay joined for a peer, or for measuring, was left because nobody needs it; it is no longer in `status`. */
    'relay.left': event<{ readonly url: RelayUrl }>(),
    /** Today's traffic of one peer (`total`: of all) reached four fifths of its limit (`warning`), or all of it (`limit`). Once each a day. */
    'budget.crossed': event<{
      readonly scope: 'peer' | 'total';
      readonly endpointId: EndpointId | null;
      readonly level: 'warning' | 'limit';
      readonly spentBytes: number;
      readonly limitBytes: number;
    }>(),
    /** Traffic of a peer moved to another relay. */
    'route.changed': event<{
      readonly endpointId: EndpointId;
      readonly relayUrl: RelayUrl;
      readonly previous: RelayUrl | null;
    }>(),
  },
});

export type RelaySwitchboardChannel = typeof relaySwitchboardChannel;
