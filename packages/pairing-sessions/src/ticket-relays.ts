import type { RelayToken, RelayUrl } from '@bowline/contracts';
import { MAX_TICKET_RELAYS, MAX_TOKEN_CHARACTERS, type TicketRelay } from '@bowline/pairing-code';
import { RelayTokenTooLongError } from './errors.ts';

/**
 * The relays a ticket names. With tokens shared, those this device is not on just now come after those it is on: it
 * may be on any of them when the other device looks for it again.
 */
export const ticketRelays = (
  relayUrls: readonly RelayUrl[],
  relayTokens: readonly RelayToken[],
): readonly TicketRelay[] => {
  const urls = [...new Set([...relayUrls, ...relayTokens.map(({ url }) => url)])].slice(0, MAX_TICKET_RELAYS);
  return urls.map((url) => ({ url, token: relayTokens.find((each) => each.url === url)?.token ?? null }));
};

/** @throws {@link RelayTokenTooLongError} for a token no ticket can hold. */
export const checkShared = (relayTokens: readonly RelayToken[]): void => {
  const tooLong = relayTokens.find(({ token }) => token.length > MAX_TOKEN_CHARACTERS);
  if (tooLong !== undefined) throw new RelayTokenTooLongError(tooLong.url, tooLong.token.length, MAX_TOKEN_CHARACTERS);
};
