import type { RelayToken, RelayUrl } from '@bowline/contracts';
import type { RouteKey } from '@bowline/relay-protocol';

/** Peers whose tokens are kept; the longest kept give way. */
const MAX_LENDERS = 1_024;

/** What peers have shared of the tokens of their relays: secrets, in memory alone. */
export class LentTokens {
  readonly #tokens = new Map<RouteKey, readonly RelayToken[]>();

  /** Replaces what a peer shared. @returns the relays that it is, or was, about */
  set(peer: RouteKey, tokens: readonly RelayToken[]): readonly RelayUrl[] {
    const before = this.#tokens.get(peer) ?? [];
    this.#tokens.delete(peer);
    if (tokens.length > 0) this.#tokens.set(peer, tokens);
    for (const longestKept of this.#tokens.keys()) {
      if (this.#tokens.size <= MAX_LENDERS) break;
      this.#tokens.delete(longestKept);
    }
    return [...new Set([...before, ...tokens].map(({ url }) => url))];
  }

  /** Every token for a relay, the one shared last in front. */
  at(url: RelayUrl): readonly string[] {
    const lent = [...this.#tokens.values()].flat().filter((each) => each.url === url);
    return [...new Set(lent.map(({ token }) => token).reverse())];
  }
}
