import type { ConnectionPath } from '@bowline/contracts';

/**
 * The network a connection came from, as far as it tells strangers apart: an endpoint id costs nothing and an IPv6 host
 * has a whole /64 of addresses, but whoever floods from one place floods from one network. All that come through a
 * relay count as one.
 */
export const remoteNetworkOf = (path: ConnectionPath | null): string => {
  if (path === null) return 'unknown';
  if (path.kind === 'relay' || path.remoteAddress === null) return path.kind;
  const { hostname } = new URL(`udp://${path.remoteAddress}`);
  return hostname.startsWith('[') ? prefixOf(hostname.slice(1, -1)) : hostname;
};

/** The first four groups; `URL` has written them all the same way. */
const prefixOf = (ipv6: string): string => {
  const [before = '', after] = ipv6.split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  const zeros = after === undefined ? [] : Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...zeros, ...tail].slice(0, 4).join(':');
};
