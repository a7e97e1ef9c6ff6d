import type { EndpointId, RelayUrl } from '@bowline/contracts';
import type { FakeEndpointNetwork } from '@bowline/testing';
import type { RelayCloud, Uplink } from './relay-cloud.ts';

/** A network that devices are on: their own, with a way out to relays. */
export interface Place {
  readonly name: string;
  /** The second number of its addresses. */
  readonly subnet: number;
  /** Whether what leaves for the outside gets there. */
  hasWayOut: boolean;
}

/** Where one device is, and whether it can do anything there. */
export interface Station {
  readonly endpointId: EndpointId;
  /** `null`: it has no network, and knows. */
  place: Place | null;
  isAsleep: boolean;
  readonly ip: () => string;
  /** The network that its multicast reaches. */
  readonly lan: () => string | null;
}

export const uplinkOf = ({ place, isAsleep }: Station): Uplink => {
  if (isAsleep) return 'dark';
  if (place === null) return 'none';
  return place.hasWayOut ? 'open' : 'dark';
};

/** How two devices reach each other just now. */
export interface Reach {
  readonly isDirect: boolean;
  readonly isRelayed: boolean;
}

/** One way between devices of different networks, milliseconds. On one network it is nothing, which costs no timer. */
const FAR_DELAY_MS = 20;

/** The ways between the devices of one household, kept as places, relays and faults have them. */
export class Reaches {
  readonly #network: FakeEndpointNetwork;
  readonly #cloud: RelayCloud;
  readonly #relayUrls: readonly RelayUrl[];
  readonly #stations: readonly Station[];
  readonly #severed = new Set<string>();
  readonly #punched = new Set<string>();
  /** Of each station to each other one. */
  readonly #last = new Map<Station, Map<Station, Reach>>();
  /** Hears of pairs for which a way has opened or closed. */
  readonly #onChanged: (one: Station, other: Station, reach: Reach, before: Reach) => void;

  constructor(
    { network, cloud, relayUrls }: { network: FakeEndpointNetwork; cloud: RelayCloud; relayUrls: readonly RelayUrl[] },
    stations: readonly Station[],
    onChanged: (one: Station, other: Station, reach: Reach, before: Reach) => void,
  ) {
    this.#network = network;
    this.#cloud = cloud;
    this.#relayUrls = relayUrls;
    this.#stations = stations;
    this.#onChanged = onChanged;
  }

  of(one: Station, other: Station): Reach {
    return this.#last.get(one)?.get(other) ?? NO_WAY;
  }

  /** Something between two devices drops everything, and neither knows. */
  sever(one: Station, other: Station, isSevered: boolean): void {
    if (isSevered) this.#severed.add(keyOf(one, other));
    else this.#severed.delete(keyOf(one, other));
    this.#review(one, other);
  }

  /** The networks of two devices let them reach each other directly, as long as a relay brings them together; or no more. */
  punch(one: Station, other: Station, isPunched: boolean): void {
    if (isPunched) this.#punched.add(keyOf(one, other));
    else this.#punched.delete(keyOf(one, other));
    this.#review(one, other);
  }

  /** Looks again at all ways of one device. */
  review(station: Station): void {
    for (const other of this.#stations) if (other !== station) this.#review(station, other);
  }

  reviewAll(): void {
    for (const [index, one] of this.#stations.entries()) {
      for (const other of this.#stations.slice(index + 1)) this.#review(one, other);
    }
  }

  #review(one: Station, other: Station): void {
    const key = keyOf(one, other);
    const before = this.#last.get(one)?.get(other);
    const reach = this.#decide(one, other, key);
    if (before?.isDirect === reach.isDirect && before.isRelayed === reach.isRelayed) return;
    this.#note(one, other, reach);
    this.#note(other, one, reach);
    const { endpointId: a } = one;
    const { endpointId: b } = other;
    const { isDirect, isRelayed } = reach;
    this.#network.setDelay(a, b, one.place === other.place ? 0 : FAR_DELAY_MS);
    this.#network.setRelayOnly(a, b, !isDirect);
    this.#network.setDirectOnly(a, b, !isRelayed);
    if (isDirect || isRelayed) {
      this.#network.unblock(a, b);
      this.#network.movePath(a, b, isDirect ? 'direct' : 'relay');
    } else this.#network.block(a, b);
    this.#onChanged(one, other, reach, before ?? NO_WAY);
  }

  #note(from: Station, to: Station, reach: Reach): void {
    const reaches = this.#last.get(from) ?? new Map<Station, Reach>();
    this.#last.set(from, reaches.set(to, reach));
  }

  #decide(one: Station, other: Station, key: string): Reach {
    if (one.isAsleep || other.isAsleep || this.#severed.has(key)) return NO_WAY;
    const isRelayed =
      uplinkOf(one) === 'open' &&
      uplinkOf(other) === 'open' &&
      this.#relayUrls.some((url) => this.#cloud.has(url, one.endpointId) && this.#cloud.has(url, other.endpointId));
    const isOnOneNetwork = one.place !== null && one.place === other.place;
    return { isDirect: isOnOneNetwork || (isRelayed && this.#punched.has(key)), isRelayed };
  }
}

const NO_WAY: Reach = Object.freeze({ isDirect: false, isRelayed: false });

const keyOf = (one: Station, other: Station): string =>
  one.endpointId < other.endpointId ? `${one.endpointId} ${other.endpointId}` : `${other.endpointId} ${one.endpointId}`;
