import type { EndpointAddress } from '../addresses.ts';
import { type ChannelDefinition, defineChannel, event, request } from '../channel-definition.ts';
import type { DeviceId, EndpointId, PresenceKey, RelayUrl, SocketAddress } from '../ids.ts';
import type { PeerList } from '../peer-list.ts';
import type { ChannelClient, WorkerDefinition } from '../ports/actor.ts';

/**
 * What a discovery source is called, e.g. `mdns`: 1 to 32 characters, chosen by its package. The same word stands in
 * events, errors and the output of apps. It is shown and counted by; nothing is decided by it.
 */
export type DiscoverySourceName = string;

/**
 * How far what a source tells may be made up. `hearsay`: anybody nearby can have it tell whatever they like, as often as
 * they like, so its candidates share a bounded number of places. `vouched`: the person, the ticket or the code said it.
 * Neither is believed; the handshake decides.
 */
export type DiscoveryTrust = 'hearsay' | 'vouched';

/** What a joiner looks for: everything derived from the code, nothing that reveals it. */
export interface SearchTarget {
  /** One-way derivation of the code that the initiator's mDNS record shows; 32 lower-case hex digits. */
  readonly lanTag: string;
  /** The endpoint id both sides derive from the code. */
  readonly rendezvousEndpointId: EndpointId;
  /** What the ticket says about the initiator; `null` when only the words were given. */
  readonly ticketAddress: EndpointAddress | null;
  /** Relays this device could meet the initiator on: its own, then public ones. Empty with relays disabled. */
  readonly meetingRelayUrls: readonly RelayUrl[];
  /** How many of `meetingRelayUrls`, from the front, are this device's own; the rest are public. @defaultValue all of them */
  readonly ownRelayCount?: number;
  /**
   * Where the person says the initiator is, as it was typed: at most 8 texts of 1 to 262 characters. Each source takes
   * from them what it understands. @defaultValue none
   */
  readonly hints?: readonly string[];
  /** One-way derivation of the code; both sides order the public relays by it. 32 lower-case hex digits. */
  readonly relayOrderSeed: string;
}

/** Somewhere worth dialling. The handshake decides whether it is the right one. */
export interface Candidate {
  readonly source: DiscoverySourceName;
  /** `device`: the initiator's own endpoint. `rendezvous`: the endpoint derived from the code, which tells the device's address. */
  readonly kind: 'device' | 'rendezvous';
  readonly address: EndpointAddress;
}

export interface SearchInput {
  /** Chosen by the caller; names the search in events. */
  readonly searchId: string;
  readonly target: SearchTarget;
  /** How long to look, milliseconds. The search also ends when its request is cancelled. */
  readonly timeoutMs: number;
}

/** How a search ended when its time was over: for the sentence that lists every source and why it failed. */
export interface SearchReport {
  readonly source: DiscoverySourceName;
  readonly candidateCount: number;
  /** What was done, for a person: "no answer in 5 s on eth0, wlan0", "not given", "relays are disabled". */
  readonly summary: string;
  /** Why this source can find nobody at present, and what to do about it, as a sentence. @defaultValue it can */
  readonly problem?: string;
}

const searchRequests = {
  /** Looks until `timeoutMs` is over and tells candidates on the way. A source that cannot look answers at once with a report that says why; it never rejects for that. */
  search: request<SearchInput, SearchReport>(120_000),
};

const searchEvents = {
  /** Told once for each distinct address within one search. Nothing is told after the search's answer or its cancelling. */
  'candidate.found': event<{ readonly searchId: string; readonly candidate: Candidate }>(),
};

/** A paired device that is looked out for. */
export interface SightedPeer {
  readonly deviceId: DeviceId;
  readonly endpointId: EndpointId;
  /** What its tags of the hour are made from, a secret. @defaultValue `null`, where it has told none: it is known by its endpoint id alone */
  readonly presenceKey?: PresenceKey | null;
  /**
   * Whether it was here and is not connected: the network is asked for it at a steady pace, ever less often the longer it
   * stays away, and whatever is heard of it is told, new or not. @defaultValue false
   */
  readonly isAwaited?: boolean;
}

/** How one interface fares with multicast. */
export interface MulticastInterface {
  /** The system's name for it, such as `eth0`. */
  readonly name: string;
  /** What keeps it from being used, a sentence for the person; `null` while it hears what this device sends there itself. */
  readonly problem: string | null;
}

/** What an mDNS record of this device says. */
export interface Advertisement {
  /** Chosen by the caller. */
  readonly advertisementId: string;
  /** Shown to everybody; `null`: whose record it is shows to those who have the `presenceKey` alone. */
  readonly endpointId: EndpointId | null;
  /** A secret: the record shows a tag of it and the current hour. @defaultValue `null`, shows none */
  readonly presenceKey?: PresenceKey | null;
  /** UDP port of the endpoint, of its IPv4 socket. */
  readonly port: number;
  /** The same of its IPv6 socket. @defaultValue `null`: it has none, and is not announced over IPv6 */
  readonly ipv6Port?: number | null;
  /** Present while a code is offered, and then with the endpoint id; `null` for plain presence, which paired devices use to find each other. */
  readonly lanTag: string | null;
}

/**
 * What keeps mDNS from working. `portTaken`: another program keeps UDP port 5353 to itself. `unheard`: what is sent does not
 * come back. `notAllowed`: the system does not let it send. `unreachable`: the interfaces take nothing. `noNetwork`: there
 * is none. `addressMissing`: none has the address that was chosen. `linkLocalOnly`: there are link-local IPv6 addresses alone, over
 * which devices cannot be connected. `other`: a code of the system stands in the reason.
 */
export type MdnsProblemCode =
  | 'portTaken'
  | 'unheard'
  | 'notAllowed'
  | 'unreachable'
  | 'noNetwork'
  | 'addressMissing'
  | 'linkLocalOnly'
  | 'other';

/** Why mDNS does not work. */
export interface MdnsProblem {
  readonly code: MdnsProblemCode;
  /** A sentence without its full stop. At most 200 characters. */
  readonly reason: string;
  /** What to do about it; it ends the sentence. At most 200 characters. */
  readonly remedy: string;
}

/**
 * Asked of, and told by, the mDNS source. Service `_bowline._udp`; the TXT record holds the tag of a code, the tag of the
 * hour, the endpoint id, each where it is shown, and the port, nothing else. It works on every usable interface and starts over when the interfaces change.
 */
export const discoveryMdnsChannel = defineChannel({
  name: 'discovery-mdns',
  version: 4,
  requests: {
    ...searchRequests,
    /** Announces until withdrawn; nothing where the source only listens. Repeating an id replaces its record. */
    advertise: request<Advertisement, void>(),
    /** Says goodbye and stops answering. Unknown ids are ignored. */
    withdraw: request<{ readonly advertisementId: string }, void>(),
    /** The paired devices. What was heard lately of one that is new in the list is told at once as `device.sighted`. */
    setPeers: request<PeerList<SightedPeer>, void>(),
    /** The network changed: open the interfaces anew, announce and ask again. */
    refresh: request<Record<string, never>, void>(),
    /** The interfaces in use, by name, each with whether it hears itself. None where mDNS is off. */
    readInterfaces: request<Record<string, never>, { readonly interfaces: readonly MulticastInterface[] }>(5_000),
  },
  events: {
    ...searchEvents,
    /**
     * A record of a paired device, or of one that shows its endpoint id, was seen: new, changed, or of one that is awaited; what was seen before
     * somebody asked for it by `setPeers` is told then. Told of one device at most every second after the first few, with all
     * that is known by then: two addresses of each neighbour that shows it. Our own are left out. A hint, never a proof.
     */
    'device.sighted': event<{ readonly endpointId: EndpointId; readonly directAddresses: readonly SocketAddress[] }>(),
    /** Multicast does not work here, or works again (`null`). */
    'health.changed': event<{ readonly problem: MdnsProblem | null; readonly interfaces: readonly string[] }>(),
  },
});

/** What every discovery source is asked and tells; one that does more for the device has a channel of its own besides. */
export const discoveryChannel = defineChannel({
  name: 'discovery',
  version: 1,
  requests: searchRequests,
  events: searchEvents,
});

export type DiscoveryMdnsChannel = typeof discoveryMdnsChannel;
export type DiscoveryChannel = typeof discoveryChannel;

/** One place to look for an initiator. A search is given a list of them and treats them all alike, but for their trust. */
export interface DiscoverySource {
  readonly name: DiscoverySourceName;
  readonly trust: DiscoveryTrust;
  readonly client: ChannelClient<DiscoveryChannel>;
}

/** How a discovery source is made: a worker, and what whoever asks it has to know of it. Each source's package exports one. */
export interface DiscoverySourceDefinition<
  C extends ChannelDefinition = DiscoveryChannel,
  Options = Readonly<Record<string, never>>,
> extends Pick<DiscoverySource, 'name' | 'trust'> {
  readonly worker: WorkerDefinition<C, Options>;
}
