import {
  type AddressDiscoveryRelay,
  type AlpnPolicy,
  type BindInput,
  InvalidOptionError,
  parseRelayUrl,
} from '@bowline/contracts';

/** TLS carries a protocol name in one length byte. */
const MAX_ALPN_BYTES = 255;

/** iroh allows every connection 100 at first, cannot take them back, and tells of no more before it is an eighth more. */
const FEWEST_STREAMS = 128;

/** Far above what one peer device needs; a thousand streams open at once take some megabytes in iroh. */
const MOST_STREAMS = 1_024;

/** A secret key of Ed25519. */
const SECRET_KEY_BYTES = 32;

/**
 * Checks what `bind` was given, except the bind addresses.
 *
 * @throws {@link InvalidOptionError} naming the field; the key is never shown.
 */
export const checkBindInput = (input: BindInput, frameCeilingBytes: number): void => {
  if (input.secretKey.byteLength !== SECRET_KEY_BYTES) {
    throw new InvalidOptionError('secretKey', 'must be 32 bytes', `${input.secretKey.byteLength} bytes`);
  }
  if (input.protocols.length === 0) throw new InvalidOptionError('protocols', 'must not be empty', '[]');
  const alpns = new Set(input.protocols.map(({ alpn }) => alpn));
  if (alpns.size !== input.protocols.length) {
    throw new InvalidOptionError('protocols', 'must not name a protocol twice', [...alpns].join(', '));
  }
  for (const policy of input.protocols) checkPolicy(policy, frameCeilingBytes);
  if (input.loopbackRelayUrl !== null) checkLoopbackRelayUrl(input.loopbackRelayUrl);
  if (input.addressDiscovery !== undefined && input.addressDiscovery !== null)
    checkAddressDiscovery(input.addressDiscovery);
};

/**
 * A relay of ours on this machine. A query is allowed: iroh takes it for another relay, with a fresh connection.
 *
 * @throws {@link InvalidOptionError} for a host that is not loopback, for TLS and for a missing port.
 */
export const checkLoopbackRelayUrl = (url: string): void => {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const isLoopback = parsed !== null && ['127.0.0.1', '[::1]', 'localhost'].includes(parsed.hostname);
  if (!isLoopback || parsed.protocol !== 'http:' || parsed.port === '') {
    throw new InvalidOptionError('loopbackRelayUrl', 'must be http, loopback and have a port', url);
  }
};

/** @throws {@link InvalidOptionError} for what is no relay URL or no port */
export const checkAddressDiscovery = ({ url, quicPort }: AddressDiscoveryRelay): void => {
  if (parseRelayUrl(url) !== url) throw new InvalidOptionError('addressDiscovery.url', 'must be a relay URL', url);
  if (!Number.isInteger(quicPort) || quicPort < 1 || quicPort > 65_535) {
    throw new InvalidOptionError('addressDiscovery.quicPort', 'must be a port, 1 to 65535', quicPort);
  }
};

const checkPolicy = (policy: AlpnPolicy, frameCeilingBytes: number): void => {
  const alpnBytes = Buffer.byteLength(policy.alpn, 'utf8');
  if (alpnBytes === 0 || alpnBytes > MAX_ALPN_BYTES) {
    throw new InvalidOptionError('protocols[].alpn', 'must be 1 to 255 bytes', policy.alpn);
  }
  checkFrameLimit('protocols[].maxFrameBytes', policy.maxFrameBytes, frameCeilingBytes);
  if (!Number.isSafeInteger(policy.maxIncoming) || policy.maxIncoming < 0) {
    throw new InvalidOptionError('protocols[].maxIncoming', 'must be a whole number, 0 or more', policy.maxIncoming);
  }
  const { maxStreams = 0 } = policy;
  const isWithin = Number.isSafeInteger(maxStreams) && maxStreams >= FEWEST_STREAMS && maxStreams <= MOST_STREAMS;
  if (maxStreams !== 0 && !isWithin) {
    const rule = `must be 0, or a whole number from ${FEWEST_STREAMS} to ${MOST_STREAMS}`;
    throw new InvalidOptionError('protocols[].maxStreams', rule, maxStreams);
  }
};

/** @throws {@link InvalidOptionError} for a frame limit that is no whole number or beyond the ceiling. */
export const checkFrameLimit = (field: string, maxFrameBytes: number, frameCeilingBytes: number): void => {
  if (!Number.isSafeInteger(maxFrameBytes) || maxFrameBytes < 0 || maxFrameBytes > frameCeilingBytes) {
    throw new InvalidOptionError(field, `must be a whole number from 0 to ${frameCeilingBytes}`, maxFrameBytes);
  }
};
