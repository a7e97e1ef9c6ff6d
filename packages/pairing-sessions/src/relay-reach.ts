import {
  type ChannelClient,
  errorMessage,
  type Logger,
  type RelayDownReason,
  type RelayStatus,
  type RelaySwitchboardChannel,
  type RelayUrl,
} from '@bowline/contracts';

/** Which relays a search could use. */
export interface RelayReach {
  /** A clause for the list of sources and reasons; `null` when the relays are not known. */
  readonly text: string | null;
  /** Whether there are relays and this device reaches none of them. */
  readonly isCutOff: boolean;
}

/** The failure is told without it rather than late. */
const STATUS_MS = 1_000;

const UNKNOWN: RelayReach = { text: null, isCutOff: false };

const WHY: Readonly<Record<RelayDownReason, string>> = {
  dns: 'its name is not known',
  tcp: 'no connection to it',
  tls: 'its certificate is not trusted',
  http: 'it does not answer as a relay',
  auth: 'it does not admit this device',
  version: 'it speaks another version',
  protocol: 'it does not keep to the protocol',
  timeout: 'it does not answer',
  closed: 'it closed the connection',
  displaced: 'another device uses the same key',
};

const describe = ({ url, state, downReason }: RelayStatus): string => {
  const { host } = new URL(url);
  if (state === 'connected') return `${host} is connected`;
  if (state === 'connecting') return `${host} is still being connected to`;
  return downReason === null ? `${host} is down` : `${host} is down: ${WHY[downReason]}`;
};

/** Asks the switchboard about the relays a search was made on, while it still keeps them. Never rejects. */
export const relayReach = async (
  { switchboard, logger }: { readonly switchboard: ChannelClient<RelaySwitchboardChannel>; readonly logger: Logger },
  relayUrls: readonly RelayUrl[],
): Promise<RelayReach> => {
  if (relayUrls.length === 0) return UNKNOWN;
  try {
    const { relays } = await switchboard.request('status', {}, { deadlineMs: STATUS_MS });
    const used = relays.filter(({ url }) => relayUrls.includes(url));
    const isCutOff = used.length > 0 && used.every(({ state }) => state !== 'connected');
    return { text: used.length === 0 ? null : used.map(describe).join(', '), isCutOff };
  } catch (error) {
    logger.debug({ error: errorMessage(error) }, 'relays of a search not known');
    return UNKNOWN;
  }
};
