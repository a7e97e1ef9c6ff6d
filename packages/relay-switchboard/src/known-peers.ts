import {
  MAX_RELAY_CANDIDATES,
  MAX_RELAY_URLS,
  type RelayPeer,
  type RelayToken,
  type RelayUrl,
} from '@bowline/contracts';
import { keyOfEndpointId, type RouteKey, routeKeyOf } from '@bowline/relay-protocol';
import { SwitchboardRequestError } from './errors.ts';
import { checkLentTokens } from './relay-settings-check.ts';

/** Paired devices that may be told. */
const MAX_PAIRED = 16_384;

/** What is known of one peer. */
interface KnownPeer {
  readonly relayUrls: readonly RelayUrl[];
  readonly tokens: readonly RelayToken[];
}

const NOTHING: KnownPeer = Object.freeze({ relayUrls: Object.freeze([]), tokens: Object.freeze([]) });

/**
 * Where peers are said to be, and the tokens they shared: of paired devices, and of those an open pairing session looks
 * for. A relay that nobody here names has no business with this device. Tokens are secrets, in memory alone.
 */
export class KnownPeers {
  #paired: ReadonlyMap<RouteKey, KnownPeer> = new Map();
  #candidates: ReadonlyMap<RouteKey, KnownPeer> = new Map();
  /** Every relay somebody is said to be on; `null` while that has to be gathered anew. */
  #named: ReadonlySet<RelayUrl> | null = null;

  /** @throws {@link SwitchboardRequestError}; then nothing is changed */
  setPaired(peers: readonly RelayPeer[]): void {
    this.#paired = listOf('peers', peers, MAX_PAIRED);
    this.#named = null;
  }

  /** @throws {@link SwitchboardRequestError}; then nothing is changed */
  setCandidates(candidates: readonly RelayPeer[]): void {
    this.#candidates = listOf('candidates', candidates, MAX_RELAY_CANDIDATES);
    this.#named = null;
  }

  /** Where a peer is said to be, best first. */
  relaysOf(peer: RouteKey): readonly RelayUrl[] {
    const candidate = this.#candidates.get(peer);
    const paired = this.#paired.get(peer);
    if (candidate === undefined || paired === undefined) return (candidate ?? paired ?? NOTHING).relayUrls;
    return usable([...candidate.relayUrls, ...paired.relayUrls]);
  }

  /** Whether any peer is said to be on this relay. */
  isNamed(url: RelayUrl): boolean {
    this.#named ??= new Set([...this.#all()].flatMap(({ relayUrls }) => relayUrls));
    return this.#named.has(url);
  }

  /** Whether there is nobody to reach. */
  get isEmpty(): boolean {
    return this.#paired.size === 0 && this.#candidates.size === 0;
  }

  /** Every token shared for a relay, the one shared last in front. */
  tokensAt(url: RelayUrl): readonly string[] {
    const shared = [...this.#all()].flatMap(({ tokens }) => tokens).filter((each) => each.url === url);
    return [...new Set(shared.map(({ token }) => token).reverse())];
  }

  *#all(): Iterable<KnownPeer> {
    yield* this.#paired.values();
    yield* this.#candidates.values();
  }
}

const usable = (urls: readonly RelayUrl[]): readonly RelayUrl[] => [...new Set(urls)].slice(0, MAX_RELAY_URLS);

const listOf = (field: string, peers: readonly RelayPeer[], max: number): ReadonlyMap<RouteKey, KnownPeer> => {
  if (peers.length > max) throw new SwitchboardRequestError(field, `must be at most ${max}`);
  const told = new Map<RouteKey, KnownPeer>();
  for (const { endpointId, relayUrls, tokens } of peers) {
    checkLentTokens(tokens);
    told.set(routeKeyOf(keyOfEndpointId(endpointId)), { relayUrls: usable(relayUrls), tokens });
  }
  return told;
};
