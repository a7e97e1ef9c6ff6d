import { BlockList } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import {
  addressScopeOf,
  type BoundEndpoint,
  ipOf,
  isOfAnotherDevice,
  type SocketAddress,
  socketAddressOf,
} from '@bowline/contracts';

/** Bits of an IPv6 address that name its network. */
const IPV6_NETWORK_BITS = 64;

/**
 * Where others may reach this machine, and its endpoint, bound to all interfaces, does not say so. Of IPv6 that is one address for
 * each network without any: iroh leaves out those that are not to be used any more, which the interfaces do not tell.
 */
export const unnoticedAddresses = (
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>,
  { port, ipv6Port = null, directAddresses }: Pick<BoundEndpoint, 'port' | 'ipv6Port' | 'directAddresses'>,
): readonly SocketAddress[] => {
  const offered = new Set(directAddresses);
  const offeredNetworks = new BlockList();
  const offerNetwork = (ip: string): void => offeredNetworks.addSubnet(ip, IPV6_NETWORK_BITS, 'ipv6');
  for (const address of directAddresses) if (address.startsWith('[')) offerNetwork(ipOf(address));

  const found: SocketAddress[] = [];
  for (const { address: ip, family, internal } of Object.values(interfaces).flatMap((all) => all ?? [])) {
    if (internal) continue;
    if (family === 'IPv4') {
      const address = socketAddressOf(ip, port);
      if (isOfAnotherDevice(ip) && !offered.has(address)) found.push(address);
    } else if (ipv6Port !== null && addressScopeOf(ip) === 'internet' && !offeredNetworks.check(ip, 'ipv6')) {
      offerNetwork(ip);
      found.push(socketAddressOf(ip, ipv6Port));
    }
  }
  return found;
};
