import type { RouteKey } from '@bowline/relay-protocol';
import type { RelayClient } from './relay-client.ts';

/** Most peers remembered for one endpoint; those beyond it are not told when it leaves. Bounds the memory a client that talks to everybody can cost. */
const MAX_PEERS = 4_096;

/**
 * One endpoint id at this relay: its newest login is served, older ones are parked until it ends. What datagrams are
 * routed to, and what remembers who talked with whom.
 */
export class Presence {
  readonly routeKey: RouteKey;
  /** 32 bytes. */
  readonly endpointKey: Uint8Array;
  /** The login that is served; `undefined` once the endpoint has left. */
  active: RelayClient | undefined;
  /** Older logins, oldest first. */
  readonly parked: RelayClient[] = [];
  #peers: Set<Presence> | undefined;

  constructor(routeKey: RouteKey, endpointKey: Uint8Array) {
    this.routeKey = routeKey;
    this.endpointKey = endpointKey;
  }

  get peers(): Iterable<Presence> {
    return this.#peers ?? [];
  }

  /** Remembers, on both sides, that a datagram passed between the two. */
  meet(peer: Presence): void {
    if (this.#peers?.has(peer) === true || peer === this) return;
    if ((this.#peers?.size ?? 0) >= MAX_PEERS || (peer.#peers?.size ?? 0) >= MAX_PEERS) return;
    this.#peers ??= new Set();
    peer.#peers ??= new Set();
    this.#peers.add(peer);
    peer.#peers.add(this);
  }

  /** Ends all memory of it: no peer holds on to an endpoint that left. */
  forgetPeers(): void {
    for (const peer of this.peers) peer.#peers?.delete(this);
    this.#peers = undefined;
  }
}
