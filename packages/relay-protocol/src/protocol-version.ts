/** 1: iroh before 0.98. 2: since 0.98, `Status` instead of `Health`. */
export type ProtocolVersion = 1 | 2;

/** WebSocket sub-protocols, most preferred first: what a client offers, joined with `, `. Source: iroh-relay 1.x, `http.rs`. */
export const RELAY_SUBPROTOCOLS = ['iroh-relay-v2', 'iroh-relay-v1'] as const;

/** The name a WebSocket carries a version by. */
export type RelaySubprotocol = (typeof RELAY_SUBPROTOCOLS)[number];

/** Most offers read from one `Sec-WebSocket-Protocol` header; the rest is not looked at. */
const MAX_OFFERS = 16;

/** The sub-protocol name of a version. */
export const subprotocolOf = (version: ProtocolVersion): RelaySubprotocol =>
  version === 2 ? 'iroh-relay-v2' : 'iroh-relay-v1';

/** The version a sub-protocol name stands for; `undefined` for a name of something else. */
export const versionOfSubprotocol = (name: string): ProtocolVersion | undefined => {
  if (name === 'iroh-relay-v2') return 2;
  return name === 'iroh-relay-v1' ? 1 : undefined;
};

/**
 * The best version both sides speak.
 *
 * @param offered the client's `Sec-WebSocket-Protocol` header
 * @returns `undefined` when the client offers none we know: answer 400 and name {@link RELAY_SUBPROTOCOLS}
 */
export const chooseVersion = (offered: string | undefined): ProtocolVersion | undefined => {
  let best: ProtocolVersion | undefined;
  for (const name of (offered ?? '').split(',', MAX_OFFERS)) {
    const version = versionOfSubprotocol(name.trim());
    if (version !== undefined && (best === undefined || version > best)) best = version;
  }
  return best;
};
