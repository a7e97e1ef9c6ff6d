import { isIPv4 } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import { MAX_INTERFACES } from './options.ts';

/** What `os.networkInterfaces` answers: per interface name, its addresses. */
export type NetworkInterfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** The addresses one can talk to without a router. */
export interface Subnet {
  readonly base: number;
  readonly mask: number;
}

/** One network this machine is part of, seen from the interface that leads there. */
export interface LanNetwork {
  /** The interface's name, e.g. `eth0`. */
  readonly name: string;
  /** This machine's IPv4 address there: where multicast is sent from. */
  readonly address: string;
  /** All of its IPv4 addresses there. */
  readonly addresses: readonly string[];
  readonly isLoopback: boolean;
  /** Empty for a point-to-point interface, which has no neighbours to tell apart. */
  readonly subnets: readonly Subnet[];
  /** Differs when the interface was taken away and made anew, or its addresses changed. */
  readonly identity: string;
}

/** Addresses devices give themselves when nobody else does; always on the same link (RFC 3927 section 2.6.2). */
const SELF_ASSIGNED: Subnet = { base: 0xa9fe_0000, mask: 0xffff_0000 };

/**
 * Which networks to use, by the option `interfaces`. With `all`, loopback stands in when there is nothing else, and
 * interfaces with a single-address mask are left out: they are tunnels, and multicast does not cross those.
 */
export const selectNetworks = (interfaces: NetworkInterfaces, chosen: 'all' | readonly string[]): LanNetwork[] => {
  const networks = Object.entries(interfaces).flatMap(([name, addresses]) => networkOf(name, addresses ?? [], chosen));
  const isOutside = ({ isLoopback, subnets }: LanNetwork): boolean => !isLoopback && subnets.length > 0;
  const outside = networks.filter(isOutside);
  const selected =
    chosen !== 'all' ? networks : outside.length > 0 ? outside : networks.filter((one) => one.isLoopback);
  return selected.slice(0, MAX_INTERFACES);
};

/** Whether `address` is a neighbour on `network`: mDNS ignores everybody else (RFC 6762 section 11). */
export const isOnLink = (network: LanNetwork, address: string): boolean => {
  if (!isIPv4(address)) return false;
  const number = ipv4Number(address);
  if (network.subnets.length === 0) return true;
  const neighbours = network.isLoopback ? network.subnets : [...network.subnets, SELF_ASSIGNED];
  return neighbours.some(({ base, mask }) => (number & mask) >>> 0 === base);
};

/** The address as an unsigned 32-bit number; it must be a valid IPv4 address. */
export const ipv4Number = (address: string): number =>
  address.split('.').reduce((number, part) => ((number << 8) | Number(part)) >>> 0, 0);

const networkOf = (
  name: string,
  addresses: readonly NetworkInterfaceInfo[],
  chosen: 'all' | readonly string[],
): LanNetwork[] => {
  const ipv4 = addresses.filter((info) => info.family === 'IPv4');
  const used = ipv4.find((info) => chosen === 'all' || chosen.includes(info.address));
  if (used === undefined) return [];
  // IPv6 scope ids are the interface's index, which is new when it is made anew under the same name.
  const identity = JSON.stringify([
    name,
    used.address,
    used.mac,
    ipv4.map((info) => [info.address, info.netmask]),
    addresses.map((info) => (info.family === 'IPv6' ? info.scopeid : 0)).filter((scopeId) => scopeId !== 0),
  ]);
  const addressList = ipv4.map((info) => info.address);
  const subnets = ipv4.flatMap(subnetOf);
  return [{ name, address: used.address, addresses: addressList, isLoopback: used.internal, subnets, identity }];
};

const subnetOf = ({ address, netmask }: NetworkInterfaceInfo): Subnet[] => {
  const mask = ipv4Number(netmask);
  return mask === 0xffff_ffff ? [] : [{ base: (ipv4Number(address) & mask) >>> 0, mask }];
};
