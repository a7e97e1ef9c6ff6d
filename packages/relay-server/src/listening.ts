import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { errorCode } from '@bowline/contracts';
import { RelayListenError } from './errors.ts';

/** Where every IPv6 and IPv4 interface is, and what stands for it on a machine without IPv6. */
const ANY_ADDRESS = '::';
const ANY_IPV4_ADDRESS = '0.0.0.0';

/**
 * Connections the kernel completes before they are taken: after a restart everybody is back at once, and whoever finds no room
 * tries again after a second, and after three. Node's own is 511; the kernel has a bound of its own (4,096 on Linux).
 */
const MAX_BACKLOG = 4_096;

/**
 * Starts listening.
 *
 * @returns the address bound
 * @throws {@link RelayListenError}
 */
export const listenOn = async (server: Server, bindAddress: string, port: number): Promise<AddressInfo> => {
  try {
    server.listen({ host: bindAddress, port, backlog: MAX_BACKLOG });
    await once(server, 'listening');
  } catch (error) {
    const hasNoIpv6 = errorCode(error) === 'EAFNOSUPPORT' || errorCode(error) === 'EADDRNOTAVAIL';
    if (bindAddress === ANY_ADDRESS && hasNoIpv6) return listenOn(server, ANY_IPV4_ADDRESS, port);
    throw new RelayListenError(bindAddress, port, error);
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new RelayListenError(bindAddress, port, address);
  return address;
};

/** Ends listening and all plain HTTP connections; resolves when nothing of the server is left. */
export const closeListener = async (server: Server & { closeAllConnections(): void }): Promise<void> => {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
};

/** A host for URLs to an address bound: any interface is reached by loopback from this machine. */
export const urlHostOf = ({ address }: AddressInfo): string => {
  if (address === ANY_ADDRESS || address === ANY_IPV4_ADDRESS) return '127.0.0.1';
  return address.includes(':') ? `[${address}]` : address;
};
