import type { RelayUrl } from '@bowline/contracts';
import { relayHostOf } from '@bowline/relay-protocol';

/** The host of a relay as proofs name it. */
export const hostOf = (url: RelayUrl): string => {
  const { host, protocol } = new URL(url);
  // A relay URL has been parsed: it has a host.
  return relayHostOf(host, protocol === 'https:' ? 443 : 80) ?? host;
};
