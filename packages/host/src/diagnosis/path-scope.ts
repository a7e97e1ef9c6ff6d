import { BlockList, isIPv4 } from 'node:net';
import { addressScopeOf } from '@bowline/contracts';
import type { PathScope } from '@bowline/diagnosis';
import { hardwareInterfaces } from '../hardware-interfaces.ts';
import { localIpsOf, type NetworkInterfaces } from '../network-fingerprint.ts';

/** Where an address lies, seen from this device. @param ip without brackets, with or without a zone */
export const pathScopeOf = (ip: string, interfaces: ReturnType<NetworkInterfaces>): PathScope => {
  const reach = addressScopeOf(ip);
  if (reach === 'machine' || localIpsOf(interfaces).has(ip)) return 'loopback';
  if (reach === 'link' || networksOf(interfaces).check(ip, isIPv4(ip) ? 'ipv4' : 'ipv6')) return 'lan';
  return reach === 'internet' ? 'public' : 'private';
};

/** The local networks that interfaces of this device are on. */
const networksOf = (interfaces: ReturnType<NetworkInterfaces>): BlockList => {
  const networks = new BlockList();
  for (const { cidr } of Object.values(hardwareInterfaces(interfaces)).flatMap((addresses) => addresses ?? [])) {
    const [, address = '', bits = ''] = /^([^/]+)\/([0-9]+)$/.exec(cidr ?? '') ?? [];
    // A network of one address, as tunnels have it, holds nobody else.
    if (address !== '' && Number(bits) > 0)
      networks.addSubnet(address, Number(bits), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return networks;
};
