import { parseRelayUrl, type RelaySettings, type RelayToken, type RelayUrl } from '@bowline/contracts';
import { SwitchboardRelayLoopError, SwitchboardRequestError } from './errors.ts';
import { isOwnLoopbackUrl } from './own-loopback.ts';

/** Relays a device may have configured. */
const MAX_RELAYS = 32;

/** Tokens one peer may share: as many as it may name relays. */
const MAX_LENT_TOKENS = 8;

/** Longest token, characters: what fits in one HTTP header of any server. */
const MAX_TOKEN_CHARACTERS = 4_096;

/**
 * Refuses a list of relays that cannot be used as it is; the tokens are in no message.
 *
 * @param loopbackPort port of our own loopback relay; `null` while it is not open
 * @throws {@link SwitchboardRequestError}, {@link SwitchboardRelayLoopError}
 */
export const checkRelaySettings = (relays: readonly RelaySettings[], loopbackPort: number | null): void => {
  if (relays.length > MAX_RELAYS) throw new SwitchboardRequestError('relays', `must be at most ${MAX_RELAYS}`);
  const seen = new Set<RelayUrl>();
  for (const relay of relays) {
    if (parseRelayUrl(relay.url) !== relay.url) throw new SwitchboardRequestError('url', 'must be a relay URL');
    if (seen.has(relay.url)) throw new SwitchboardRequestError('relays', `must name ${relay.url} once`);
    if (loopbackPort !== null && isOwnLoopbackUrl(relay.url, loopbackPort))
      throw new SwitchboardRelayLoopError(relay.url);
    if (!Number.isFinite(relay.tier)) throw new SwitchboardRequestError('tier', 'must be a number');
    if (relay.weight !== undefined && !(Number.isFinite(relay.weight) && relay.weight > 0)) {
      throw new SwitchboardRequestError('weight', 'must be a number above 0');
    }
    const { quicPort } = relay;
    if (quicPort !== undefined && !(Number.isInteger(quicPort) && quicPort >= 1 && quicPort <= 65_535)) {
      throw new SwitchboardRequestError('quicPort', 'must be a port, 1 to 65535');
    }
    if (relay.token !== null) checkToken(relay.token);
    seen.add(relay.url);
  }
};

/** Refuses tokens that could not be used. @throws {@link SwitchboardRequestError} */
export const checkLentTokens = (tokens: readonly RelayToken[]): void => {
  if (tokens.length > MAX_LENT_TOKENS)
    throw new SwitchboardRequestError('tokens', `must be at most ${MAX_LENT_TOKENS}`);
  for (const { url, token } of tokens) {
    if (parseRelayUrl(url) !== url) throw new SwitchboardRequestError('url', 'must be a relay URL');
    checkToken(token);
  }
};

const checkToken = (token: string): void => {
  if (isToken(token)) return;
  throw new SwitchboardRequestError('token', `must be 1 to ${MAX_TOKEN_CHARACTERS} printable ASCII characters`);
};

/** What may stand in an HTTP header; a line break would never connect, and never say why. */
const isToken = (token: string): boolean => token.length <= MAX_TOKEN_CHARACTERS && /^[\x21-\x7e]+$/.test(token);
