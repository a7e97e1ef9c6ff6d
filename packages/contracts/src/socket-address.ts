import type { SocketAddress } from './ids.ts';

/** The IP address of a socket address, without brackets. */
export const ipOf = (address: SocketAddress): string =>
  address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');

/** The port of a socket address. */
export const portOf = (address: SocketAddress): number => Number(address.slice(address.lastIndexOf(':') + 1));
