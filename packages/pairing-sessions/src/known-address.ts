import type { EndpointAddress, RelayUrl, SocketAddress } from '@bowline/contracts';

/** Most addresses and relays kept for one endpoint: what a hint and a dial can use. */
const MAX_DIRECT = 32;
const MAX_RELAYS = 8;

/** All that several candidates said about one endpoint. */
export interface KnownAddress {
  readonly directAddresses: readonly SocketAddress[];
  readonly relayUrls: readonly RelayUrl[];
}

export const NO_ADDRESS: KnownAddress = Object.freeze({ directAddresses: [], relayUrls: [] });

/**
 * Both together, what was known first in front; the same object when nothing is new. Where there is no room for all,
 * those known first stay: give the one that must not be pushed out first.
 */
export const mergeAddress = (
  known: KnownAddress,
  { directAddresses, relayUrls }: Omit<EndpointAddress, 'endpointId'>,
): KnownAddress => {
  const direct = [...new Set([...known.directAddresses, ...directAddresses])].slice(0, MAX_DIRECT);
  const relays = [...new Set([...known.relayUrls, ...relayUrls])].slice(0, MAX_RELAYS);
  const isSame = direct.length === known.directAddresses.length && relays.length === known.relayUrls.length;
  return isSame ? known : { directAddresses: direct, relayUrls: relays };
};
