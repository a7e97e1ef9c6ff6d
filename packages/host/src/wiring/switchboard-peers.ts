import type { ChannelClient, RelayPeer, RelaySwitchboardChannel } from '@bowline/contracts';
import type { PeerRegistry } from '../peers/peer-registry.ts';
import { switchboardView } from '../peers/peer-views.ts';

/**
 * Tells the switchboard the whole list, whatever changed: it takes no other. Changes that come while it takes one are told
 * together afterwards, so that many at once cost a few lists. A device whose tokens are not read yet is left out: what the
 * pairing session told of it still stands there.
 */
export const switchboardPeers = (
  switchboard: ChannelClient<RelaySwitchboardChannel>,
  peers: Pick<PeerRegistry, 'peers'>,
): (() => Promise<void>) => {
  let telling: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  const tell = async (): Promise<void> => {
    next = null;
    const list: RelayPeer[] = [];
    for (const peer of peers.peers()) {
      const { endpointId, relayUrls, tokens } = switchboardView.of(peer);
      if (tokens !== null) list.push({ endpointId, relayUrls, tokens });
    }
    const told = switchboard.request('setPeers', { peers: list });
    telling = told;
    try {
      await told;
    } finally {
      if (telling === told) telling = null;
    }
  };

  return () => {
    if (telling === null) return tell();
    next ??= telling.then(tell, tell);
    return next;
  };
};
