import { BlockList, isIP } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import { addressScopeOf, isOfAnotherDevice } from '@bowline/contracts';
import { ipBytes } from './ip-bytes.ts';
import { MAX_INTERFACES } from './options.ts';

/** What `os.networkInterfaces` answers: per interface name, its addresses. */
export type NetworkInterfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

export type LanFamily = 'ipv4' | 'ipv6';

/**
 * One network this machine is part of, seen from the interface that leads there. An interface with addresses of both
 * families is two: mDNS is spoken over each by itself.
 */
export interface LanNetwork {
  /** The interface's name, e.g. `eth0`. */
  readonly name: string;
  readonly family: LanFamily;
  /** This machine's address there, from which multicast is sent: with IPv6 the link-local one. */
  readonly address: string;
  /** Its addresses there that others can dial, without link-local ones of IPv6. */
  readonly addresses: readonly string[];
  readonly isLoopback: boolean;
  /** Who is on the link: its subnets, and what devices give themselves. `null` for a point-to-point interface, where everybody is. */
  readonly neighbours: BlockList | null;
  /** What names the interface in an IPv6 address, behind the `%`; `null` with IPv4. */
  readonly zone: string | null;
  /** Differs when the interface was taken away and made anew, or its addresses changed. */
  readonly identity: string;
}

/**
 * Which networks to use, by the option `interfaces`. With `all`, loopback stands in when there is nothing else, and
 * interfaces with a single-address mask are left out: they are tunnels, and multicast does not cross those.
 */
export const selectNetworks = (interfaces: NetworkInterfaces, chosen: 'all' | readonly string[]): LanNetwork[] => {
  const entries = Object.entries(interfaces);
  const ipv4 = entries.flatMap(([name, addresses]) => ipv4NetworkOf(name, addresses ?? [], chosen));
  const ipv6 = entries.flatMap(([name, addresses]) => ipv6NetworkOf(name, addresses ?? [], chosen));
  if (chosen !== 'all') return [...ipv4.slice(0, MAX_INTERFACES), ...ipv6.slice(0, MAX_INTERFACES)];
  const outside = ipv4.filter(({ isLoopback, neighbours }) => !isLoopback && neighbours !== null);
  const selected = [...outside.slice(0, MAX_INTERFACES), ...ipv6.slice(0, MAX_INTERFACES)];
  return selected.length > 0 ? selected : ipv4.filter(({ isLoopback }) => isLoopback);
};

/**
 * Interfaces that lead out of this machine with link-local IPv6 addresses and nothing else. Devices cannot be connected over
 * those: QUIC packets to them are never answered (measured with iroh 1.0.2, with and without a zone).
 */
export const linkLocalOnly = (interfaces: NetworkInterfaces): readonly string[] =>
  Object.entries(interfaces)
    .filter(([, addresses]) => addresses?.some(isLinkLocalIpv6) && !addresses.some((each) => !isLinkLocalIpv6(each)))
    .map(([name]) => name);

/** Whether `address` is a neighbour on `network`: mDNS ignores everybody else (RFC 6762 section 11). */
export const isOnLink = ({ family, neighbours }: LanNetwork, address: string): boolean => {
  const plain = withoutZone(address);
  if (isIP(plain) !== (family === 'ipv4' ? 4 : 6)) return false;
  return neighbours === null || neighbours.check(plain, family);
};

/** Whether a packet came from this machine. */
export const isOwnAddress = ({ address, addresses }: LanNetwork, source: string): boolean => {
  const plain = withoutZone(source);
  return plain === address || addresses.includes(plain);
};

export const withoutZone = (address: string): string => address.split('%', 1)[0] ?? '';

const isLinkLocalIpv6 = ({ family, internal, address }: NetworkInterfaceInfo): boolean =>
  family === 'IPv6' && !internal && addressScopeOf(address) === 'link';

const ipv4NetworkOf = (
  name: string,
  addresses: readonly NetworkInterfaceInfo[],
  chosen: 'all' | readonly string[],
): LanNetwork[] => {
  const ipv4 = addresses.filter((info) => info.family === 'IPv4');
  const used = ipv4.find((info) => chosen === 'all' || chosen.includes(info.address));
  if (used === undefined) return [];
  const neighbours = neighboursOf(ipv4);
  // Addresses devices give themselves when nobody else does are always on the same link (RFC 3927 section 2.6.2).
  if (!used.internal) neighbours?.addSubnet('169.254.0.0', 16, 'ipv4');
  // IPv6 scope ids are the interface's index, which is new when it is made anew under the same name.
  const indices = addresses.map((info) => (info.family === 'IPv6' ? info.scopeid : 0)).filter((id) => id !== 0);
  return [
    {
      name,
      family: 'ipv4',
      address: used.address,
      addresses: ipv4.map((info) => info.address),
      isLoopback: used.internal,
      neighbours,
      zone: null,
      identity: identityOf(name, used, ipv4, indices),
    },
  ];
};

/** Multicast over IPv6 leaves from a link-local address; what has none is a tunnel, and what has only that cannot be dialled. */
const ipv6NetworkOf = (
  name: string,
  addresses: readonly NetworkInterfaceInfo[],
  chosen: 'all' | readonly string[],
): LanNetwork[] => {
  const local = addresses.find(isLinkLocalIpv6);
  const diallable = addresses.filter((info) => info.family === 'IPv6' && isOfAnotherDevice(info.address));
  if (local === undefined || !diallable.some(({ address }) => chosen === 'all' || chosen.includes(address))) return [];
  const neighbours = neighboursOf(diallable) ?? new BlockList();
  neighbours.addSubnet('fe80::', 10, 'ipv6');
  const index = local.family === 'IPv6' ? local.scopeid : 0;
  return [
    {
      name,
      family: 'ipv6',
      address: local.address,
      addresses: diallable.map((info) => info.address),
      isLoopback: false,
      neighbours,
      zone: process.platform === 'win32' ? String(index) : name,
      identity: identityOf(name, local, diallable, [index]),
    },
  ];
};

const identityOf = (
  name: string,
  { address, mac, family }: NetworkInterfaceInfo,
  addresses: readonly NetworkInterfaceInfo[],
  indices: readonly number[],
): string =>
  JSON.stringify([name, family, address, mac, addresses.map((info) => [info.address, info.netmask]), indices]);

/** The subnets of addresses; `null` where each is alone in its own. */
const neighboursOf = (addresses: readonly NetworkInterfaceInfo[]): BlockList | null => {
  const list = new BlockList();
  let isEmpty = true;
  for (const { address, netmask, family } of addresses) {
    const prefixBits = prefixBitsOf(netmask);
    if (prefixBits === (family === 'IPv4' ? 32 : 128)) continue;
    list.addSubnet(address, prefixBits, family === 'IPv4' ? 'ipv4' : 'ipv6');
    isEmpty = false;
  }
  return isEmpty ? null : list;
};

/** How many bits of a mask are set. */
const prefixBitsOf = (netmask: string): number =>
  [...ipBytes(netmask)].reduce((bits, byte) => bits + (byte.toString(2).match(/1/g)?.length ?? 0), 0);
