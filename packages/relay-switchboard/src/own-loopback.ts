import type { RelayUrl } from '@bowline/contracts';

/**
 * Whether a relay URL is a name of the switchboard's own loopback relay, by host and port. Names that only resolve to
 * this machine are not seen here; the login notices them by the challenge.
 */
export const isOwnLoopbackUrl = (url: RelayUrl, port: number): boolean => {
  if (!URL.canParse(url)) return false;
  const { hostname, port: urlPort, protocol } = new URL(url);
  const effectivePort = urlPort === '' ? (protocol === 'https:' ? 443 : 80) : Number(urlPort);
  return effectivePort === port && isLoopbackName(hostname);
};

/** The WHATWG parser has already turned `127.1`, `0x7f000001` and the like into four decimal parts. */
const isLoopbackName = (hostname: string): boolean =>
  /^127(\.\d+){3}$/.test(hostname) ||
  hostname === '0.0.0.0' ||
  hostname === '[::1]' ||
  hostname === '[::]' ||
  /^\[::ffff:7f/.test(hostname) ||
  hostname === 'localhost' ||
  hostname.endsWith('.localhost') ||
  hostname === 'localhost.';
