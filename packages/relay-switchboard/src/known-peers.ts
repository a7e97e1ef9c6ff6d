import type { RelayPeer, RelayToken, RelayUrl } from '@bowline/contracts';
import { BoundedMap } from '@bowline/limits';
import { keyOfEndpointId, type RouteKey, routeKeyOf } from '@bowline/relay-protocol';
import { SwitchboardRequestError } from './errors.ts';
import { checkLentTokens } from './relay-settings-check.ts';

/** Relays used of one peer. */
const MAX_RELAYS_OF_A_PEER = 8;

/** Paired devices that may be told. */
const MAX_PAIRED = 16_384;

/** Candidates kept; of those told one by one the oldest give way. */
const MAX_CANDIDATES = 1_024;

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
  // Told one by one, these may be all the peers of a device.
  readonly #candidates = new BoundedMap<RouteKey, KnownPeer>(MAX_PAIRED);
  /** Every relay somebody is said to be on; `null` while that has to be gathered anew. */
  #named: ReadonlySet<RelayUrl> | null = null;

  /** @throws {@link SwitchboardRequestError}; then nothing is changed */
  setPaired(peers: readonly RelayPeer[]): void {
    const told = listOf('peers', peers, MAX_PAIRED);
    for (const key of this.#paired.keys()) {
      if (!told.has(key)) this.#candidates.delete(key);
    }
    for (const [key, peer] of told) {
      if (peer.relayUrls.length > 0 && !isSame(peer, this.#paired.get(key))) this.#candidates.delete(key);
    }
    this.#paired = told;
    this.#named = null;
  }

  /** @throws {@link SwitchboardRequestError}; then nothing is changed */
  setCandidates(candidates: readonly RelayPeer[]): void {
    const told = listOf('candidates', candidates, MAX_CANDIDATES);
    this.#candidates.clear();
    for (const [key, candidate] of told) this.#candidates.set(key, candidate);
    this.#named = null;
  }

  /** Replaces the relays of one candidate. */
  hint(peer: RouteKey, relayUrls: readonly RelayUrl[]): void {
    this.#tell(peer, { ...this.#candidateAt(peer), relayUrls: usable(relayUrls) });
  }

  /** Replaces the tokens of one candidate. @throws {@link SwitchboardRequestError} */
  lend(peer: RouteKey, tokens: readonly RelayToken[]): void {
    checkLentTokens(tokens);
    this.#tell(peer, { ...this.#candidateAt(peer), tokens });
  }

  forget(peer: RouteKey): void {
    this.#tell(peer, NOTHING);
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

  #candidateAt(peer: RouteKey): KnownPeer {
    return this.#candidates.get(peer) ?? NOTHING;
  }

  #tell(peer: RouteKey, known: KnownPeer): void {
    this.#named = null;
    if (known.relayUrls.length === 0 && known.tokens.length === 0) this.#candidates.delete(peer);
    else this.#candidates.set(peer, known);
  }
}

const usable = (urls: readonly RelayUrl[]): readonly RelayUrl[] => [...new Set(urls)].slice(0, MAX_RELAYS_OF_A_PEER);

const listOf = (field: string, peers: readonly RelayPeer[], max: number): Map<RouteKey, KnownPeer> => {
  if (peers.length > max) throw new SwitchboardRequestError(field, `must be at most ${max}`);
  const told = new Map<RouteKey, KnownPeer>();
  for (const { endpointId, relayUrls, tokens } of peers) {
    checkLentTokens(tokens);
    told.set(routeKeyOf(keyOfEndpointId(endpointId)), { relayUrls: usable(relayUrls), tokens });
  }
  return told;
};

const isSame = (told: KnownPeer, before: KnownPeer | undefined): boolean =>
  before !== undefined &&
  isSameList(told.relayUrls, before.relayUrls, (left, right) => left === right) &&
  isSameList(told.tokens, before.tokens, (left, right) => left.url === right.url && left.token === right.token);

const isSameList = <T>(left: readonly T[], right: readonly T[], same: (left: T, right: T) => boolean): boolean =>
  left.length === right.length && left.every((each, at) => same(each, right[at] as T));
