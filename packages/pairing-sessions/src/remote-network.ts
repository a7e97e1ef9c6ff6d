import { addressGroupOfSocket, type ConnectionPath } from '@bowline/contracts';

/**
 * The network a connection came from, as far as it tells strangers apart: an endpoint id costs nothing and an IPv6 host
 * has a whole /64 of addresses, but whoever floods from one place floods from one network. All that come through a
 * relay count as one.
 */
export const remoteNetworkOf = (path: ConnectionPath | null): string => {
  if (path === null) return 'unknown';
  if (path.kind === 'relay' || path.remoteAddress === null) return path.kind;
  return addressGroupOfSocket(path.remoteAddress);
};
