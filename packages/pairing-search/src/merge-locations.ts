import type { PeerLocation } from '@bowline/contracts';

/** Most addresses and relays kept for one endpoint: what a hint and a dial can use. */
const MAX_DIRECT = 32;
const MAX_RELAYS = 8;

/** Nowhere. */
export const NO_LOCATION: PeerLocation = Object.freeze({ directAddresses: [], relayUrls: [] });

/**
 * Both together, the first one's in front; the first one itself when the second says nothing new. Where there is no room
 * for all, those in front stay: give the one that must not be pushed out first.
 */
export const mergeLocations = (first: PeerLocation, { directAddresses, relayUrls }: PeerLocation): PeerLocation => {
  const direct = [...new Set([...first.directAddresses, ...directAddresses])].slice(0, MAX_DIRECT);
  const relays = [...new Set([...first.relayUrls, ...relayUrls])].slice(0, MAX_RELAYS);
  const isSame = direct.length === first.directAddresses.length && relays.length === first.relayUrls.length;
  return isSame ? first : { directAddresses: direct, relayUrls: relays };
};
