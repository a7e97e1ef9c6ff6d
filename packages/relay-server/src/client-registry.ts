import { type RouteKey, routeKeyOf } from '@bowline/relay-protocol';
import { Presence } from './presence.ts';
import type { RelayClient } from './relay-client.ts';
import type { RelayCounters } from './relay-metrics.ts';

/** Who is here. */
export class ClientRegistry {
  readonly #presences = new Map<RouteKey, Presence>();
  readonly #clients = new Set<RelayClient>();
  readonly #counters: RelayCounters;
  readonly #maxLoginsPerEndpoint: number;

  constructor(counters: RelayCounters, maxLoginsPerEndpoint: number) {
    this.#counters = counters;
    this.#maxLoginsPerEndpoint = maxLoginsPerEndpoint;
  }

  /** Every login, the parked ones included. Safe to remove from while iterating. */
  get clients(): ReadonlySet<RelayClient> {
    return this.#clients;
  }

  get endpointCount(): number {
    return this.#presences.size;
  }

  find(routeKey: RouteKey): Presence | undefined {
    return this.#presences.get(routeKey);
  }

  /** The presence a login with this key belongs to, made if it is the first. */
  presenceFor(endpointKey: Uint8Array): Presence {
    const routeKey = routeKeyOf(endpointKey);
    // A copy: proof from a header is decoded into a slab of Node's that others share, and this lives as long as the login.
    return this.#presences.get(routeKey) ?? new Presence(routeKey, new Uint8Array(endpointKey));
  }

  /** Serves a new login from now on. An older one with the same endpoint id is parked and told so. */
  add(client: RelayClient): void {
    const { presence } = client;
    this.#presences.set(presence.routeKey, presence);
    this.#clients.add(client);
    const older = presence.active;
    presence.active = client;
    if (older === undefined) return;
    presence.parked.push(older);
    this.#counters.parked += 1;
    older.tellHealth('same-endpoint-connected');
    if (presence.parked.length >= this.#maxLoginsPerEndpoint) presence.parked[0]?.drop('displaced');
  }

  /**
   * Ends a login. If it was the one served, the newest parked one is served again and told so; if there is none, the
   * endpoint's peers are told that it is gone.
   */
  remove(client: RelayClient): void {
    if (!this.#clients.delete(client)) return;
    const { presence } = client;
    if (presence.active !== client) {
      presence.parked.splice(presence.parked.indexOf(client), 1);
      return;
    }
    const next = presence.parked.pop();
    presence.active = next;
    if (next !== undefined) {
      next.tellHealth('healthy');
      return;
    }
    this.#presences.delete(presence.routeKey);
    for (const peer of presence.peers) peer.active?.tellGone(presence.endpointKey);
    presence.forgetPeers();
  }
}
