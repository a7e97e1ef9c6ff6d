import { brandAs, type EndpointId } from './ids.ts';

/** ALPN of the pairing handshake between two real endpoints. Open to anyone who can reach the endpoint. */
export const PAIR_ALPN = 'bowline/pair/1';

/** ALPN of the rendezvous endpoint: proves the code, then tells the real endpoint's address. */
export const RENDEZVOUS_ALPN = 'bowline/rendezvous/1';

/** ALPN of the link between paired devices. Closed with `not-paired` before a byte is read for anyone else. */
export const LINK_ALPN = 'bowline/link/1';

/** ALPN of an observer, which tells whoever asks the address it is seen at. */
export const OBSERVE_ALPN = 'bowline/observe/1';

/**
 * Nobody: the switchboard lets what is sent to it end. Dialling it through the loopback relay logs an endpoint in there.
 * The Ed25519 public key of 32 zero bytes, because iroh takes nothing but a point of the curve.
 */
export const NOBODY_ENDPOINT_ID = brandAs<EndpointId>(
  '3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29',
);

/**
 * Application codes a Bowline connection is closed with. The number goes on the wire, the name into errors and logs.
 * 0 is QUIC's "no reason given" and never used on purpose.
 */
export const CLOSE_CODES = {
  done: 1,
  shutdown: 2,
  'not-paired': 3,
  'protocol-error': 4,
  'proof-mismatch': 5,
  'code-unknown': 6,
  'code-used': 7,
  'code-expired': 8,
  'code-burnt': 9,
  rejected: 10,
  cancelled: 11,
  'timed-out': 12,
  busy: 13,
  duplicate: 14,
  superseded: 15,
  stale: 16,
  unpaired: 17,
  'not-responding': 18,
  'version-unsupported': 19,
  'frame-too-large': 20,
  blocked: 21,
  'store-full': 22,
  cloned: 23,
  ended: 24,
} as const;

export type CloseName = keyof typeof CLOSE_CODES;

/** The name of a close code from the wire, or `undefined` for one this version does not know. */
export const closeNameOf = (code: number): CloseName | undefined =>
  (Object.keys(CLOSE_CODES) as CloseName[]).find((name) => CLOSE_CODES[name] === code);
