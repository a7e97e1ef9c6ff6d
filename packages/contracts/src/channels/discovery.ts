import type { EndpointAddress } from '../addresses.ts';
import { defineChannel, event, request } from '../channel-definition.ts';
import type { DeviceId, EndpointId, RelayUrl, SocketAddress } from '../ids.ts';
import type { PeerList } from '../peer-list.ts';

/** Where a candidate came from. The same word stands in events, errors and the command line's output. */
export type DiscoverySource = 'mdns' | 'ticket' | 'rendezvous';

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
  /** One-way derivation of the code; both sides order the public relays by it. 32 lower-case hex digits. */
  readonly relayOrderSeed: string;
}

/** Somewhere worth dialling. The handshake decides whether it is the right one. */
export interface Candidate {
  readonly source: DiscoverySource;
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
  readonly source: DiscoverySource;
  readonly candidateCount: number;
  /** What was done, for a person: "no answer in 5 s on eth0, wlan0", "not given", "relays are disabled". */
  readonly summary: string;
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
}

/** What an mDNS record of this device says. */
export interface Advertisement {
  /** Chosen by the caller. */
  readonly advertisementId: string;
  readonly endpointId: EndpointId;
  /** UDP port of the endpoint. */
  readonly port: number;
  /** Present while a code is offered; `null` for plain presence, which paired devices use to find each other. */
  readonly lanTag: string | null;
}

/**
 * Asked of, and told by, the mDNS source. Service `_bowline._udp`; the TXT record holds the tag, the endpoint id and
 * the port, nothing else. It works on every usable interface and starts over when the interfaces change.
 */
export const discoveryMdnsChannel = defineChannel({
  name: 'discovery-mdns',
  version: 2,
  requests: {
    ...searchRequests,
    /** Announces until withdrawn. Repeating an id replaces its record. */
    advertise: request<Advertisement, void>(),
    /** Says goodbye and stops answering. Unknown ids are ignored. */
    withdraw: request<{ readonly advertisementId: string }, void>(),
    /** The paired devices. What was heard lately of one that is new in the list is told at once as `device.sighted`. */
    setPeers: request<PeerList<SightedPeer>, void>(),
    /** The network changed: open the interfaces anew, announce and ask again. */
    refresh: request<Record<string, never>, void>(),
  },
  events: {
    ...searchEvents,
    /**
     * A record of any Bowline device was seen, new or changed; what was seen before somebody asked for it by `setPeers` is
     * told then. Our own are left out. A hint, never a proof.
     */
    'device.sighted': event<{ readonly endpointId: EndpointId; readonly directAddresses: readonly SocketAddress[] }>(),
    /** Multicast does not work here, or works again. `problem` is a sentence for the person, `null` when all is well. */
    'health.changed': event<{ readonly problem: string | null; readonly interfaces: readonly string[] }>(),
  },
});

/** Asked of the ticket source: what the ticket holds, in the order worth dialling. */
export const discoveryTicketChannel = defineChannel({
  name: 'discovery-ticket',
  version: 1,
  requests: searchRequests,
  events: searchEvents,
});

/** Asked of the rendezvous source: the derived endpoint on one relay after the other, staggered. */
export const discoveryRendezvousChannel = defineChannel({
  name: 'discovery-rendezvous',
  version: 1,
  requests: searchRequests,
  events: searchEvents,
});

export type DiscoveryMdnsChannel = typeof discoveryMdnsChannel;
export type DiscoveryTicketChannel = typeof discoveryTicketChannel;
export type DiscoveryRendezvousChannel = typeof discoveryRendezvousChannel;
