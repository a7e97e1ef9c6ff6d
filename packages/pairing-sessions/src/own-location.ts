import type { PeerLocation } from '@bowline/contracts';
import type { SessionComponents } from './components.ts';

/** Of an endpoint about which nothing was said. */
export const NOWHERE: PeerLocation = { relayUrls: [], directAddresses: [] };

/** Where this device is, as it tells the one it pairs with. */
export const ownLocation = (self: SessionComponents['self']): PeerLocation => {
  const { relayUrls, directAddresses } = self.current() ?? NOWHERE;
  return { relayUrls, directAddresses };
};
