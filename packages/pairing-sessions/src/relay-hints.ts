import { type EndpointId, errorMessage, type RelayUrl } from '@bowline/contracts';
import type { PairingContext } from './components.ts';

/** What a search tells the switchboard about where candidates may be; nothing of it outlives the search. */
export interface RelayHints {
  /** Never rejects: without the hint a candidate is still reached directly. */
  give(endpointId: EndpointId, relayUrls: readonly RelayUrl[]): Promise<void>;
  /** Takes hints back. A device that is stored gets the one its record holds. Never rejects. */
  release(endpointIds: readonly EndpointId[]): Promise<void>;
}

type HintContext = Pick<PairingContext, 'switchboard' | 'persistence' | 'logger'>;

export const relayHints = ({ switchboard, persistence, logger }: HintContext): RelayHints => {
  const given = new Set<EndpointId>();

  const takeBack = async (endpointIds: readonly EndpointId[]): Promise<void> => {
    const { devices } = await persistence.request('listDevices', {});
    for (const endpointId of endpointIds) {
      const relayUrls = devices.find((device) => device.endpointId === endpointId)?.relayInfo?.relayUrls;
      if (relayUrls === undefined) await switchboard.request('forgetPeer', { endpointId });
      else await switchboard.request('hintPeer', { endpointId, relayUrls });
    }
  };

  return {
    give: async (endpointId, relayUrls) => {
      if (relayUrls.length === 0) return;
      given.add(endpointId);
      try {
        await switchboard.request('hintPeer', { endpointId, relayUrls });
      } catch (error) {
        logger.debug({ error: errorMessage(error) }, 'relays of a candidate not hinted');
      }
    },
    release: async (endpointIds) => {
      const ours = endpointIds.filter((endpointId) => given.delete(endpointId));
      if (ours.length === 0) return;
      try {
        await takeBack(ours);
      } catch (error) {
        logger.debug({ error: errorMessage(error) }, 'relays of candidates not forgotten');
      }
    },
  };
};
