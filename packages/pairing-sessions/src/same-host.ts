import {
  type EndpointAddress,
  parseHostPort,
  parseSocketAddress,
  type SocketAddress,
  socketAddressOf,
} from '@bowline/contracts';

/** Ports taken over: a device has one for IPv4 and one for IPv6, and may be seen from outside at others. */
const MAX_PORTS = 4;

/**
 * The address of a device, completed by where its rendezvous endpoint was reached: both run on one host, and a device in
 * a container, or behind a name, may not know the address it is reached at.
 *
 * @param reachedAt where the rendezvous endpoint answered; `null` through a relay, which says nothing of the host
 */
export const atSameHost = (address: EndpointAddress, reachedAt: SocketAddress | null): EndpointAddress => {
  const host = reachedAt === null ? undefined : parseHostPort(reachedAt)?.host;
  if (host === undefined) return address;
  const ports = address.directAddresses.map((each) => parseHostPort(each)?.port).filter((port) => port !== undefined);
  const here = [...new Set(ports)]
    .slice(0, MAX_PORTS)
    .map((port) => parseSocketAddress(socketAddressOf(host, port)))
    .filter((each) => each !== undefined);
  return { ...address, directAddresses: [...new Set([...here, ...address.directAddresses])] };
};
