import {
  type ChannelClient,
  errorMessage,
  type Logger,
  type RelayDownReason,
  type RelayStatus,
  type RelaySwitchboardChannel,
  type RelayUrl,
} from '@bowline/contracts';
import type { TicketRelay } from '@bowline/pairing-code';

/** A relay a search was made on, with its token where it is from a ticket. */
type SearchedRelay = RelayUrl | TicketRelay;

/** Which relays a search could use. */
export interface RelayReach {
  /** A clause about those of these relays that are known; `null` when none is. */
  textOf(relays: readonly SearchedRelay[]): string | null;
  /** Whether there are relays and this device reaches none of them. */
  isCutOff(relays: readonly SearchedRelay[]): boolean;
  /** Whether one of them wants a token, or another one than it was shown. */
  isTokenWanted(relays: readonly TicketRelay[]): boolean;
}

/** The failure is told without it rather than late. */
const STATUS_MS = 1_000;

const WHY: Readonly<Record<Exclude<RelayDownReason, 'auth'>, string>> = {
  dns: 'its name is not known',
  tcp: 'no connection to it',
  tls: 'its certificate is not trusted',
  http: 'it does not answer as a relay',
  version: 'it speaks another version',
  protocol: 'it does not keep to the protocol',
  timeout: 'it does not answer',
  closed: 'it closed the connection',
  displaced: 'another device uses the same key',
  notConfigured: 'it can be used only if it is configured on this device, too',
};

const NO_TOKEN = 'it wants a token and the ticket holds none; ask for a ticket with --share-relay-token';
const OLD_TOKEN = 'it does not take the token of the ticket; ask for a new ticket with --share-relay-token';
const NOT_ADMITTED = 'its token is wanted (BOWLINE_RELAY_TOKEN), or another one';

const urlOf = (relay: SearchedRelay): RelayUrl => (typeof relay === 'string' ? relay : relay.url);

const whyRefused = (relay: SearchedRelay): string => {
  if (typeof relay === 'string') return NOT_ADMITTED;
  return relay.token === null ? NO_TOKEN : OLD_TOKEN;
};

const describe = (relay: SearchedRelay, { state, downReason }: RelayStatus): string => {
  const { host } = new URL(urlOf(relay));
  if (state === 'connected') return `${host} is connected`;
  if (state === 'connecting') return `${host} is still being connected to`;
  if (downReason === 'auth') return `${host} refused this device: ${whyRefused(relay)}`;
  return downReason === null ? `${host} is down` : `${host} is down: ${WHY[downReason]}`;
};

/** Asks the switchboard about its relays, while it still keeps those of a search. Never rejects. */
export const relayReach = async ({
  switchboard,
  logger,
}: {
  readonly switchboard: ChannelClient<RelaySwitchboardChannel>;
  readonly logger: Logger;
}): Promise<RelayReach> => {
  const known = new Map<RelayUrl, RelayStatus>();
  try {
    const { relays } = await switchboard.request('status', {}, { deadlineMs: STATUS_MS });
    for (const status of relays) known.set(status.url, status);
  } catch (error) {
    logger.debug({ error: errorMessage(error) }, 'relays of a search not known');
  }
  const statusesOf = (relays: readonly SearchedRelay[]): readonly RelayStatus[] =>
    relays.map((relay) => known.get(urlOf(relay))).filter((status) => status !== undefined);

  return {
    textOf: (relays) => {
      const clauses = relays.flatMap((relay) => {
        const status = known.get(urlOf(relay));
        return status === undefined ? [] : [describe(relay, status)];
      });
      return clauses.length === 0 ? null : clauses.join(', ');
    },
    isCutOff: (relays) => {
      const used = statusesOf(relays);
      return used.length > 0 && used.every(({ state }) => state !== 'connected');
    },
    isTokenWanted: (relays) => statusesOf(relays).some(({ downReason }) => downReason === 'auth'),
  };
};
