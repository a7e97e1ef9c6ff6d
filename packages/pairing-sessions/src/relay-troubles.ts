import { errorMessage, type RelayStatus, type RelayUrl } from '@bowline/contracts';
import type { TicketRelay } from '@bowline/pairing-code';
import type { PairingContext } from './components.ts';

/** What keeps relays of a search from helping, ready to be told. */
export interface RelayTroubles {
  /** A phrase for each of these relays that does not work. */
  of(relays: readonly (RelayUrl | TicketRelay)[]): readonly string[];
  /** Whether one of them wants a token, or another one than it was shown. */
  isTokenWanted(relays: readonly TicketRelay[]): boolean;
}

const NO_TOKEN = 'it wants a token and the ticket holds none; ask for a ticket with --share-relay-token';
const OLD_TOKEN = 'it does not take the token of the ticket; ask for a new ticket with --share-relay-token';
const NOT_ADMITTED = 'its token is wanted (BOWLINE_RELAY_TOKEN), or another one';

const phraseOf = ({ downReason }: RelayStatus, relay: RelayUrl | TicketRelay): string => {
  const host = new URL(typeof relay === 'string' ? relay : relay.url).host;
  if (downReason !== 'auth') return `relay ${host} is not connected (${downReason ?? 'unknown'})`;
  if (typeof relay === 'string') return `relay ${host} refused this device: ${NOT_ADMITTED}`;
  return `relay ${host} refused this device: ${relay.token === null ? NO_TOKEN : OLD_TOKEN}`;
};

/** Asks the switchboard once a search has led to nobody. Never rejects: the search has its other reasons. */
export const relayTroubles = async ({
  switchboard,
  logger,
}: Pick<PairingContext, 'switchboard' | 'logger'>): Promise<RelayTroubles> => {
  let down: readonly RelayStatus[] = [];
  try {
    const { relays } = await switchboard.request('status', {});
    down = relays.filter(({ state }) => state === 'down');
  } catch (error) {
    logger.debug({ error: errorMessage(error) }, 'relays of a search not looked at');
  }
  const statusOf = (url: RelayUrl): RelayStatus | undefined => down.find((status) => status.url === url);
  return {
    of: (relays) =>
      relays.flatMap((relay) => {
        const status = statusOf(typeof relay === 'string' ? relay : relay.url);
        return status === undefined ? [] : [phraseOf(status, relay)];
      }),
    isTokenWanted: (relays) => relays.some(({ url }) => statusOf(url)?.downReason === 'auth'),
  };
};
