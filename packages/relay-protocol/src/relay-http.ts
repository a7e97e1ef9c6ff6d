/** Path of the WebSocket upgrade. Source: iroh-relay 1.x, `http.rs`, like all names in this file. */
export const RELAY_PATH = '/relay';

/** Path of the latency probe; any 2xx answer counts. */
export const PING_PATH = '/ping';

/** Path of the captive portal check, always asked on port 80 of the relay's host. */
export const NO_CONTENT_PATH = '/generate_204';

/** Request header of the captive portal check; the answer is {@link noContentAnswerTo}. */
export const NO_CONTENT_CHALLENGE_HEADER = 'x-iroh-challenge';

/** Response header of the captive portal check. */
export const NO_CONTENT_RESPONSE_HEADER = 'x-iroh-response';

/** Request header carrying a proof over the TLS session's keying material. */
export const CLIENT_AUTH_HEADER = 'x-iroh-relay-client-auth-v1';

/** Query parameter with the access token, for clients that cannot set headers. */
export const TOKEN_QUERY_PARAMETER = 'token';

/** The value of {@link NO_CONTENT_RESPONSE_HEADER} for a challenge; `undefined` if it is not one (1 to 63 of `A-Za-z0-9.-_`). */
export const noContentAnswerTo = (challenge: string | undefined): string | undefined =>
  challenge !== undefined && /^[A-Za-z0-9._-]{1,63}$/.test(challenge) ? `response ${challenge}` : undefined;
