import { defineChannel, event, request } from '../channel-definition.ts';
import type { NatKind, ObservedAddressReport } from '../host-events.ts';
import type { DeviceId, RelayUrl, SocketAddress } from '../ids.ts';
import type { RelayObserver } from './relay-switchboard.ts';

/** Where a linked device said it sees this one. */
export interface PeerObservation {
  readonly deviceId: DeviceId;
  readonly address: SocketAddress;
  /** Wall clock, milliseconds. */
  readonly seenAtMs: number;
}

/** Where this device stands, as far as it matters for how it is seen from outside. */
export interface ObservedStanding {
  /** Another number: another network, or another socket. What was seen before says nothing any more. */
  readonly network: number;
  /** The UDP port of the endpoint; `null` while it is not bound, when nobody is asked. */
  readonly port: number | null;
  /** Addresses of the interfaces of this machine. */
  readonly localIps: readonly string[];
  /** The relay beside which observers are looked for; `null`: none. */
  readonly homeRelayUrl: RelayUrl | null;
  /** What peers have seen on this network, the last of each. Of more than 64, the last 64 count. */
  readonly seenByPeers: readonly PeerObservation[];
}

/** What came of asking the observers of this device's home relay on this network. */
export interface AskedObservers {
  /** Whether there is one. */
  readonly hasObserver: boolean;
  /** Observers asked in a row of which none answered. */
  readonly silentCount: number;
  /** Whether one has answered. */
  readonly hasAnswered: boolean;
}

/** What others see of this device. */
export interface SeenReport {
  /** The last word of everybody on this network. */
  readonly observed: readonly ObservedAddressReport[];
  readonly asked: AskedObservers;
  /** What follows, and is offered to peers. */
  readonly addresses: readonly SocketAddress[];
  readonly nat: NatKind;
}

/**
 * Asked of, and told by, the keeper of what others see of this device: when observers are looked for and asked, what follows
 * from what they and linked devices saw, and which addresses are therefore offered to peers. It sends nothing itself.
 *
 * Observers outrank peers: where one has looked, no peer is listened to. Where none has, nothing follows from what a single
 * peer says.
 */
export const addressObservationChannel = defineChannel({
  name: 'address-observation',
  version: 1,
  requests: {
    /** Where this device stands now; asks anew when the network, the relay or the endpoint is another one. */
    setStanding: request<ObservedStanding, void>(),
    /** The home relay is back: its observers may be others. Looks for them, and asks them, anew. */
    lookAgain: request<Record<string, never>, void>(),
    /** The observers a relay tells of; `null`: it did not answer. What nobody looked for is ignored. */
    setObservers: request<{ readonly relayUrl: RelayUrl; readonly observers: readonly RelayObserver[] | null }, void>(),
    /** What an observer saw; `null`: it did not answer. What nobody asked for is ignored. */
    noteAnswer: request<{ readonly askId: string; readonly address: SocketAddress | null }, void>(),
    /** What was seen on this network, the last of everybody, and what follows. */
    status: request<Record<string, never>, SeenReport>(),
  },
  events: {
    /** Ask this relay for its observers, and answer with `setObservers`. */
    'search.due': event<{ readonly relayUrl: RelayUrl }>(),
    /** Ask this observer where it sees this device, and answer with `noteAnswer`. */
    'ask.due': event<{ readonly askId: string; readonly relayUrl: RelayUrl; readonly observer: RelayObserver }>(),
    /** What follows is something else now; told once after a start, too. Offer exactly these addresses to peers. */
    'verdict.changed': event<{ readonly addresses: readonly SocketAddress[]; readonly nat: NatKind }>(),
  },
});

export type AddressObservationChannel = typeof addressObservationChannel;
