import { createHash } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { brandAs, type DeviceId, type EndpointId, type RelayUrl, type SocketAddress } from './ids.ts';

/** Crockford's base32 digits, lower case: no i, l, o, u. */
const BASE32_DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

/** 16 base32 digits carry 80 bits: enough that no second endpoint id with the same device id can be searched for. */
const DEVICE_ID_DIGITS = 16;

/** Longest relay URL accepted, characters: more than any real one, little enough to store by the thousand. */
const MAX_RELAY_URL_CHARACTERS = 512;

/** Reads an endpoint id; upper case is accepted. `undefined` for anything but 64 hexadecimal digits. */
export const parseEndpointId = (text: string): EndpointId | undefined =>
  /^[0-9a-f]{64}$/i.test(text) ? brandAs<EndpointId>(text.toLowerCase()) : undefined;

/** Reads `1.2.3.4:5` or `[::1]:5`. `undefined` for host names, zone ids, port 0 and everything else. */
export const parseSocketAddress = (text: string): SocketAddress | undefined => {
  const match = /^(?:\[([0-9a-f:.]{2,45})\]|([0-9.]{7,15})):([0-9]{1,5})$/i.exec(text);
  if (match === null) return undefined;
  const [, ipv6, ipv4, portText] = match;
  const port = Number(portText);
  if (port < 1 || port > 65_535) return undefined;
  if (ipv4 !== undefined && isIPv4(ipv4)) return brandAs<SocketAddress>(`${ipv4}:${port}`);
  if (ipv6 !== undefined && isIPv6(ipv6)) return brandAs<SocketAddress>(`[${ipv6.toLowerCase()}]:${port}`);
  return undefined;
};

/** Writes a socket address; the IP must be valid, without a zone id. */
export const socketAddressOf = (ip: string, port: number): SocketAddress =>
  brandAs<SocketAddress>(ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);

/**
 * Reads a relay URL: `http:` or `https:`, a host, no user part, no query, no fragment, no path but `/`, at most 512
 * characters. The result is normalized, so that two spellings of one relay are one string.
 */
export const parseRelayUrl = (text: string): RelayUrl | undefined => {
  if (text.length > MAX_RELAY_URL_CHARACTERS || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isPlain =
    url.username === '' && url.password === '' && url.search === '' && url.hash === '' && url.pathname === '/';
  if (!isPlain || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') return undefined;
  // Not `href`, which keeps an empty query or fragment.
  return brandAs<RelayUrl>(`${url.origin}/`);
};

/** The device id that belongs to an endpoint id: base32 of SHA-256 over `bowline device id` and the 32 bytes. */
export const deviceIdOf = (endpointId: EndpointId): DeviceId => {
  const digest = createHash('sha256').update('bowline device id\0').update(Buffer.from(endpointId, 'hex')).digest();
  let bits = BigInt(`0x${digest.subarray(0, 10).toString('hex')}`);
  let digits = '';
  for (let index = 0; index < DEVICE_ID_DIGITS; index += 1) {
    digits = `${BASE32_DIGITS.charAt(Number(bits & 31n))}${digits}`;
    bits >>= 5n;
  }
  return brandAs<DeviceId>(`d-${digits}`);
};
