import { type EndpointId, errorCode, errorMessage, type RelayToken, type RelayUrl } from '@bowline/contracts';
import type { Ticket } from '@bowline/pairing-code';
import type { SessionComponents } from './components.ts';

/**
 * What one session tells the switchboard about where candidates may be; nothing of it outlives the session. Two sessions
 * may tell of one device: it is taken back when the last of them lets go.
 */
export interface RelayHints {
  /** Never rejects: without the hint a candidate is still reached directly. */
  give(endpointId: EndpointId, relayUrls: readonly RelayUrl[]): Promise<void>;
  /** Shows the tokens of a ticket to its relays. Never rejects: the relays say what they think of it. */
  lend(ticket: Ticket): Promise<void>;
  /** This session deals with the device, whoever told where it is. */
  hold(endpointId: EndpointId): void;
  /** Takes hints and tokens back. A device that is stored gets those its record holds. Never rejects. */
  release(endpointIds: readonly EndpointId[]): Promise<void>;
  /**
   * The session is over and its record stored or removed: releases all that are left. Of the device it leaves behind as a
   * stored one the relays are `kept`, for whoever adopts it knows more; its tokens become those its record holds. Never
   * rejects.
   */
  end(kept: EndpointId | null): Promise<void>;
}

/** The tokens a ticket shares, of the device it names. */
export const tokensIn = ({ relays }: Ticket): readonly RelayToken[] =>
  relays.flatMap(({ url, token }) => (token === null ? [] : [{ url, token }]));

type HintContext = Pick<SessionComponents, 'switchboard' | 'persistence' | 'logger'>;

/** Opens the hints for one session after another. */
export const relayHints = ({ switchboard, persistence, logger }: HintContext): (() => RelayHints) => {
  /** The sessions that deal with each. */
  const holders = new Map<EndpointId, Set<symbol>>();

  const takeBack = async (endpointIds: readonly EndpointId[], kept: EndpointId | null): Promise<void> => {
    const { devices } = await persistence.request('listDevices', {});
    const { peers } = await persistence.request('listRelayTokens', {});
    for (const endpointId of endpointIds) {
      // Another session has begun to deal with it meanwhile.
      if (holders.has(endpointId)) continue;
      const tokens = peers.find((peer) => peer.endpointId === endpointId)?.tokens ?? [];
      const relayUrls = devices.find((device) => device.endpointId === endpointId)?.relayInfo?.relayUrls;
      if (endpointId !== kept) {
        if (relayUrls === undefined) await switchboard.request('forgetPeer', { endpointId });
        else await switchboard.request('hintPeer', { endpointId, relayUrls });
      }
      await switchboard.request('lendTokens', { endpointId, tokens });
    }
  };

  return () => {
    const holder = Symbol('session');

    const hold = (endpointId: EndpointId): void => {
      holders.set(endpointId, (holders.get(endpointId) ?? new Set()).add(holder));
    };

    /** @returns whether nobody deals with it any more */
    const letGo = (endpointId: EndpointId): boolean => {
      const others = holders.get(endpointId);
      if (others?.delete(holder) !== true || others.size > 0) return false;
      return holders.delete(endpointId);
    };

    const release = async (endpointIds: readonly EndpointId[], kept: EndpointId | null = null): Promise<void> => {
      const free = endpointIds.filter(letGo);
      if (free.length === 0) return;
      try {
        await takeBack(free, kept);
      } catch (error) {
        logger.debug({ error: errorMessage(error) }, 'relays of candidates not forgotten');
      }
    };

    return {
      give: async (endpointId, relayUrls) => {
        if (relayUrls.length === 0) return;
        hold(endpointId);
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
        hold(endpointId);
        try {
          await switchboard.request('lendTokens', { endpointId, tokens });
        } catch (error) {
          // Without its message: the request held the tokens.
          logger.debug({ code: errorCode(error) }, 'tokens of a ticket not lent');
        }
      },
      hold,
      release: (endpointIds) => release(endpointIds),
      end: (kept) => release([...holders.keys()], kept),
    };
  };
};
