import { type EndpointId, errorCode, errorMessage, type RelayToken, type RelayUrl } from '@bowline/contracts';
import type { Ticket } from '@bowline/pairing-code';
import type { PairingContext } from './components.ts';

/** What a search tells the switchboard about where candidates may be; nothing of it outlives the search. */
export interface RelayHints {
  /** Never rejects: without the hint a candidate is still reached directly. */
  give(endpointId: EndpointId, relayUrls: readonly RelayUrl[]): Promise<void>;
  /** Shows the tokens of a ticket to its relays. Never rejects: the relays say what they think of it. */
  lend(ticket: Ticket): Promise<void>;
  /** Takes hints and tokens back. A device that is stored gets those its record holds. Never rejects. */
  release(endpointIds: readonly EndpointId[]): Promise<void>;
}

/** The tokens a ticket shares, of the device it names. */
export const tokensIn = ({ relays }: Ticket): readonly RelayToken[] =>
  relays.flatMap(({ url, token }) => (token === null ? [] : [{ url, token }]));

type HintContext = Pick<PairingContext, 'switchboard' | 'persistence' | 'logger'>;

export const relayHints = ({ switchboard, persistence, logger }: HintContext): RelayHints => {
  const given = new Set<EndpointId>();

  const takeBack = async (endpointIds: readonly EndpointId[]): Promise<void> => {
    const { devices } = await persistence.request('listDevices', {});
    const { peers } = await persistence.request('listRelayTokens', {});
    for (const endpointId of endpointIds) {
      const tokens = peers.find((peer) => peer.endpointId === endpointId)?.tokens ?? [];
      const relayUrls = devices.find((device) => device.endpointId === endpointId)?.relayInfo?.relayUrls;
      if (relayUrls === undefined) await switchboard.request('forgetPeer', { endpointId });
      else await switchboard.request('hintPeer', { endpointId, relayUrls });
      await switchboard.request('lendTokens', { endpointId, tokens });
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
    lend: async (ticket) => {
      const { endpointId } = ticket;
      const tokens = tokensIn(ticket);
      if (endpointId === null || tokens.length === 0) return;
      given.add(endpointId);
      try {
        await switchboard.request('lendTokens', { endpointId, tokens });
      } catch (error) {
        // Without its message: the request held the tokens.
        logger.debug({ code: errorCode(error) }, 'tokens of a ticket not lent');
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
