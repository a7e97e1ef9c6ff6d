import type { ChannelClient, RelayPeer, RelaySwitchboardChannel } from '@bowline/contracts';
import { CoalescingTask } from '@bowline/limits';
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
  const telling = new CoalescingTask(async () => {
    const list: RelayPeer[] = [];
    for (const peer of peers.peers()) {
      const { endpointId, relayUrls, tokens, usesRelays } = switchboardView.of(peer);
      // One that is to keep off relays does so from the first moment.
      if (!usesRelays) list.push({ endpointId, relayUrls: [], tokens: [], usesRelays });
      else if (tokens !== null) list.push({ endpointId, relayUrls, tokens });
    }
    await switchboard.request('setPeers', { peers: list });
  });
  return () => telling.run();
};
