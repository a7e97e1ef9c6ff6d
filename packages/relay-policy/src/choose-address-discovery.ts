import type { RelayUrl } from '@bowline/contracts';
import type { PolicyRelayState } from './policy-relay.ts';
import type { RelayDecision } from './relay-decision.ts';

/** How long a relay that was chosen may be down before another is asked, milliseconds: what it told still holds meanwhile. */
const DOWN_FOR_MS = 60_000;

/** The last choice, and since when that relay has been down (monotonic milliseconds); `null` while it is not. */
export interface AddressDiscoveryChoice {
  readonly url: RelayUrl;
  readonly downSinceMs: number | null;
}

/** What one choice is made from. */
export interface AddressDiscoveryInput {
  /** The relays that offer address discovery, in the person's order. */
  readonly offering: readonly RelayUrl[];
  readonly stateOf: (url: RelayUrl) => PolicyRelayState;
  readonly decision: RelayDecision;
  /** The last choice; `null` at the start and while there is none. */
  readonly previous: AddressDiscoveryChoice | null;
  /** Monotonic milliseconds. */
  readonly nowMs: number;
}

/**
 * Chooses the relay the endpoint asks for its public address. It stays as long as it works, for every change costs a
 * login; a standby comes before home, because it is the endpoint's login there that ends the switchboard's for a moment.
 */
export const chooseAddressDiscovery = (input: AddressDiscoveryInput): AddressDiscoveryChoice | null => {
  const { offering, stateOf, previous, nowMs } = input;
  if (previous === null || !offering.includes(previous.url)) return fresh(input, offering);
  if (stateOf(previous.url) !== 'down') return { url: previous.url, downSinceMs: null };
  const downSinceMs = previous.downSinceMs ?? nowMs;
  const kept = { url: previous.url, downSinceMs };
  if (nowMs - downSinceMs < DOWN_FOR_MS) return kept;
  const others = offering.filter((url) => url !== previous.url);
  return fresh(input, others) ?? kept;
};

const fresh = (
  { stateOf, decision: { home, standby } }: AddressDiscoveryInput,
  offering: readonly RelayUrl[],
): AddressDiscoveryChoice | null => {
  const standing = standby.filter((url) => offering.includes(url));
  // It takes a moment longer than home, and is worth that.
  if (standing.some((url) => stateOf(url) === 'connecting')) return null;
  const others = offering.filter((url) => url !== home && !standby.includes(url));
  const url = [...standing, ...others, ...offering].find((each) => stateOf(each) === 'connected');
  return url === undefined ? null : { url, downSinceMs: null };
};
