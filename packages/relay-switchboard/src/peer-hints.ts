import type { RelayUrl } from '@bowline/contracts';
import type { RouteKey } from '@bowline/relay-protocol';

/** Relays kept for one peer. */
export const MAX_HINTED_RELAYS = 8;

/** Peers with a hint; the oldest hint gives way. */
const MAX_HINTED_PEERS = 16_384;

const NONE: readonly RelayUrl[] = Object.freeze([]);

/** Where peers are said to be. */
export class PeerHints {
  readonly #urls = new Map<RouteKey, readonly RelayUrl[]>();

  /** Replaces a peer's hint; an empty list forgets it. */
  set(peer: RouteKey, urls: readonly RelayUrl[]): void {
    this.#urls.delete(peer);
    if (urls.length === 0) return;
    this.#urls.set(peer, [...new Set(urls)].slice(0, MAX_HINTED_RELAYS));
    for (const oldest of this.#urls.keys()) {
      if (this.#urls.size <= MAX_HINTED_PEERS) return;
      this.#urls.delete(oldest);
    }
  }

  forget(peer: RouteKey): void {
    this.#urls.delete(peer);
  }

  /** Best first; empty for a peer without a hint. */
  of(peer: RouteKey): readonly RelayUrl[] {
    return this.#urls.get(peer) ?? NONE;
  }
}
