import {
  type ChannelClient,
  errorMessage,
  type Logger,
  type RelayDownReason,
  type RelayStatus,
  type RelaySwitchboardChannel,
  type RelayUrl,
  type SearchedRelay,
} from '@bowline/contracts';
import type { Ticket } from '@bowline/pairing-code';

/** How the relays stand that the switchboard keeps, by URL. */
export type RelayStatuses = ReadonlyMap<RelayUrl, RelayStatus>;

/** The failure is told without it rather than late. */
const STATUS_MS = 1_000;

const WHY: Readonly<Record<Exclude<RelayDownReason, 'auth'>, string>> = {
  dns: 'its name is not known',
  tcp: 'no connection to it',
  portClosed: 'nothing listens there',
  noRoute: 'no way leads there from this device',
  noNetwork: 'this device is on no network',
  tls: 'its certificate is not trusted',
  certificateDates: 'its certificate is not valid by the clock of this device',
  http: 'it does not answer as a relay',
  unavailable: 'it answers that it cannot serve now',
  version: 'it speaks another version',
  protocol: 'it does not keep to the protocol',
  timeout: 'it does not answer',
  closed: 'the connection to it ended',
  displaced: 'another device uses the same key',
  contested: 'another device uses the same key again and again',
  proxy: 'the proxy of this device opens no way to it',
  notConfigured: 'it can be used only if it is configured on this device, too',
};

const WHY_REFUSED: Readonly<Record<SearchedRelay['token'], string>> = {
  missing: 'it wants a token and the ticket holds none',
  ticket: 'it does not take the token of the ticket',
  own: 'it wants a token, or another one',
};

/** Asks the switchboard about its relays, while it still keeps those of a search. Never rejects. */
export const relayStatuses = async ({
  switchboard,
  logger,
}: {
  readonly switchboard: ChannelClient<RelaySwitchboardChannel>;
  readonly logger: Logger;
}): Promise<RelayStatuses> => {
  try {
    const { relays } = await switchboard.request('status', {}, { deadlineMs: STATUS_MS });
    return new Map(relays.map((status) => [status.url, status]));
  } catch (error) {
    logger.debug({ error: errorMessage(error) }, 'relays of a search not known');
    return new Map();
  }
};

/**
 * Those of these relays that are known.
 *
 * @param ticket whose relays and tokens they are; `null` when they were not told by one
 */
export const searchedRelays = (
  relayUrls: readonly RelayUrl[],
  statuses: RelayStatuses,
  ticket: Ticket | null,
): readonly SearchedRelay[] =>
  relayUrls.flatMap((url) => {
    const status = statuses.get(url);
    if (status === undefined) return [];
    const shared = ticket?.relays.find((relay) => relay.url === url);
    const tokenShown = shared?.token === null ? 'missing' : 'ticket';
    const token = shared === undefined ? 'own' : tokenShown;
    return [{ url, state: status.state, downReason: status.downReason, token }];
  });

/** A clause that says how a relay stood. */
export const relayClause = ({ url, state, downReason, token }: SearchedRelay): string => {
  const { host } = new URL(url);
  if (state === 'connected') return `${host} is connected`;
  if (state === 'connecting') return `${host} is still being connected to`;
  if (downReason === 'auth') return `${host} refused this device: ${WHY_REFUSED[token]}`;
  return downReason === null ? `${host} is down` : `${host} is down: ${WHY[downReason]}`;
};
