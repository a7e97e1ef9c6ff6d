import type { RelayUrl } from '@bowline/contracts';
import type { RouteKey } from '@bowline/relay-protocol';

/** A relay as far as routes need it. */
export interface RouteRelay {
  readonly url: RelayUrl;
  /** Logged in, and no answer is overdue. */
  readonly isUsable: boolean;
}

/** A peer's route is believed for this long after it was last heard, milliseconds: QUIC's idle limit for relayed paths. */
const ROUTE_FRESH_MS = 30_000;

/** Sending without hearing anything for this long, milliseconds, puts a route in doubt: acknowledgements come far earlier. */
const SILENT_AFTER_MS = 1_000;

/** ... if at least this many frames went out meanwhile. */
const SILENT_AFTER_FRAMES = 3;

/** A relay that said a peer is not there is left out for this long, milliseconds, unless nothing else is left. */
const GONE_FOR_MS = 250;

/**
 * A peer heard on another relay moves there once the current one has been silent for this long, milliseconds, plus up to
 * as much again by chance: if both sides moved at the same moment they would swap relays instead of meeting.
 */
const MOVE_AFTER_MS = 100;

/** ... and this many frames in a row came over the other one. */
const MOVE_AFTER_FRAMES = 3;

/** After this long a silence, milliseconds, the first frame over another relay decides. */
const MOVE_AT_ONCE_AFTER_MS = 1_000;

/** Other relays remembered for one peer. */
const MAX_SIGHTINGS = 4;

/** Relays remembered that one peer is not at: as many as it may name. */
const MAX_ABSENCES = 8;

/** Where one peer was heard. */
interface PeerRoute<Relay extends RouteRelay> {
  current: Relay | null;
  currentHeardAtMs: number;
  moveAfterMs: number;
  /** Frames in a row heard over `rival` while `current` was silent. */
  rival: Relay | null;
  rivalFrames: number;
  /** Other relays it was heard on, latest last. */
  readonly sightings: Map<Relay, number>;
  /** When a relay said that the peer is not there, latest last. */
  readonly goneAtMs: Map<RelayUrl, number>;
  /** Frames sent since the peer was last heard, and since when. */
  unanswered: number;
  unansweredSinceMs: number;
  lastSentAtMs: number;
}

/** A peer's traffic moved. */
export interface RouteMove<Relay extends RouteRelay> {
  readonly from: Relay | null;
  readonly to: Relay;
}

/** Where else a peer may be, beside the relays it was heard on. */
export interface RouteHints {
  /** Where the peer is said to be, best first. */
  readonly hinted: readonly RelayUrl[];
  /** This device's own home and standby. */
  readonly own: readonly RelayUrl[];
}

/**
 * Where to send frames for a peer. Pure: it holds what was heard, and time comes in.
 *
 * A peer is answered where it was last heard. While that is uncertain (the relay owes an answer, nothing was heard for
 * long, the peer does not answer) frames go to every relay it may be on; QUIC drops what arrives twice. A peer that
 * sends over several relays at once does not make its route jump: the current one stays while it is heard there.
 */
export class RouteTable<Relay extends RouteRelay> {
  readonly #ratio: () => number;
  readonly #maxPeers: number;
  readonly #peers = new Map<RouteKey, PeerRoute<Relay>>();

  /** @param ratio randomness from 0 to 1 @param maxPeers peers remembered */
  constructor(ratio: () => number, maxPeers = 4_096) {
    this.#ratio = ratio;
    this.#maxPeers = maxPeers;
  }

  get size(): number {
    return this.#peers.size;
  }

  /** The relay a peer is answered on now, certain or not. */
  currentOf(peer: RouteKey): Relay | null {
    return this.#peers.get(peer)?.current ?? null;
  }

  /** A frame of `peer` came over `relay`. @returns the move, if its route changed by this */
  heard(peer: RouteKey, relay: Relay, nowMs: number): RouteMove<Relay> | null {
    const route = this.#peers.get(peer) ?? this.#open(peer, nowMs);
    route.unanswered = 0;
    if (route.current === relay) {
      route.currentHeardAtMs = nowMs;
      route.rivalFrames = 0;
      return null;
    }
    route.goneAtMs.delete(relay.url);
    if (this.#mayMove(route, relay, nowMs)) return this.#move(route, relay, nowMs);
    this.#note(route, relay, nowMs);
    return null;
  }

  /** `relay` says that `peer` is not there. */
  gone(peer: RouteKey, relay: Relay, nowMs: number): void {
    const route = this.#peers.get(peer);
    if (route === undefined) return;
    route.sightings.delete(relay);
    route.goneAtMs.delete(relay.url);
    const [oldest] = route.goneAtMs.keys();
    if (oldest !== undefined && route.goneAtMs.size >= MAX_ABSENCES) route.goneAtMs.delete(oldest);
    route.goneAtMs.set(relay.url, nowMs);
    if (route.current === relay) this.#loseCurrent(route);
  }

  /** A login at a relay ended for good; nobody is reached over it any more. */
  forgetRelay(relay: Relay): void {
    for (const route of this.#peers.values()) {
      route.sightings.delete(relay);
      if (route.rival === relay) route.rival = null;
      if (route.current === relay) this.#loseCurrent(route);
    }
  }

  /** The one relay to use for `peer`, or `null` when that is uncertain. Cheap; asked for every frame. */
  certain(peer: RouteKey, nowMs: number): Relay | null {
    const route = this.#peers.get(peer);
    if (route?.current == null || !route.current.isUsable) return null;
    if (nowMs - route.currentHeardAtMs > ROUTE_FRESH_MS) return null;
    const isSilent = route.unanswered >= SILENT_AFTER_FRAMES && nowMs - route.unansweredSinceMs > SILENT_AFTER_MS;
    return isSilent ? null : route.current;
  }

  /** Every relay `peer` may be on, the most likely first. */
  plausible(peer: RouteKey, nowMs: number, hints: RouteHints): readonly RelayUrl[] {
    const route = this.#peers.get(peer);
    const urls = new Set<RelayUrl>();
    if (route?.current) urls.add(route.current.url);
    for (const [relay, heardAtMs] of [...(route?.sightings ?? [])].reverse()) {
      if (nowMs - heardAtMs <= ROUTE_FRESH_MS) urls.add(relay.url);
    }
    for (const url of [...hints.hinted, ...hints.own]) urls.add(url);
    const here = [...urls].filter((url) => nowMs - (route?.goneAtMs.get(url) ?? -GONE_FOR_MS) >= GONE_FOR_MS);
    return here.length > 0 ? here : [...urls];
  }

  /** A frame for `peer` was handed to its relays. */
  sent(peer: RouteKey, nowMs: number): void {
    const route = this.#peers.get(peer) ?? this.#open(peer, nowMs);
    if (route.unanswered === 0) route.unansweredSinceMs = nowMs;
    route.unanswered += 1;
    route.lastSentAtMs = nowMs;
  }

  #mayMove(route: PeerRoute<Relay>, relay: Relay, nowMs: number): boolean {
    if (route.current === null || !route.current.isUsable) return true;
    const silentMs = nowMs - route.currentHeardAtMs;
    if (silentMs >= MOVE_AT_ONCE_AFTER_MS) return true;
    route.rivalFrames = route.rival === relay ? route.rivalFrames + 1 : 1;
    route.rival = relay;
    return route.rivalFrames >= MOVE_AFTER_FRAMES && silentMs >= route.moveAfterMs;
  }

  #move(route: PeerRoute<Relay>, to: Relay, nowMs: number): RouteMove<Relay> {
    const from = route.current;
    if (from !== null) this.#note(route, from, route.currentHeardAtMs);
    route.sightings.delete(to);
    route.current = to;
    route.currentHeardAtMs = nowMs;
    route.moveAfterMs = MOVE_AFTER_MS * (1 + this.#ratio());
    route.rival = null;
    route.rivalFrames = 0;
    return { from, to };
  }

  #note(route: PeerRoute<Relay>, relay: Relay, heardAtMs: number): void {
    route.sightings.delete(relay);
    route.sightings.set(relay, heardAtMs);
    for (const oldest of route.sightings.keys()) {
      if (route.sightings.size <= MAX_SIGHTINGS) return;
      route.sightings.delete(oldest);
    }
  }

  #loseCurrent(route: PeerRoute<Relay>): void {
    route.current = null;
    route.rival = null;
    route.rivalFrames = 0;
  }

  #open(peer: RouteKey, nowMs: number): PeerRoute<Relay> {
    if (this.#peers.size >= this.#maxPeers) this.#evict(nowMs);
    const route: PeerRoute<Relay> = {
      current: null,
      currentHeardAtMs: 0,
      moveAfterMs: MOVE_AFTER_MS,
      rival: null,
      rivalFrames: 0,
      sightings: new Map(),
      goneAtMs: new Map(),
      unanswered: 0,
      unansweredSinceMs: nowMs,
      lastSentAtMs: Number.NEGATIVE_INFINITY,
    };
    this.#peers.set(peer, route);
    return route;
  }

  /** Relays that said a peer is not there and have not been heard of it since, each with when, monotonic milliseconds. */
  goneFrom(peer: RouteKey): ReadonlyMap<RelayUrl, number> {
    return new Map(this.#peers.get(peer)?.goneAtMs);
  }

  /** Makes room: the longest known peer this device does not talk to, so that strangers cannot push out peers in use. */
  #evict(nowMs: number): void {
    for (const [peer, route] of this.#peers) {
      if (nowMs - route.lastSentAtMs <= ROUTE_FRESH_MS) continue;
      this.#peers.delete(peer);
      return;
    }
    for (const peer of this.#peers.keys()) {
      this.#peers.delete(peer);
      return;
    }
  }
}
