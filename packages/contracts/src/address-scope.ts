import { BlockList, isIP } from 'node:net';
import { parseHostPort } from './host-port.ts';
import type { SocketAddress } from './ids.ts';

/**
 * How far an IP address reaches. `machine`: loopback, and the unspecified address, which is this machine too. `link`: link-local,
 * where clouds keep what describes a machine and its secrets. `private`: of a network that is not the internet (RFC 1918,
 * RFC 4193, and what is reserved and used inside some networks), or shared by the customers of a provider (RFC 6598). `group`:
 * multicast and broadcast. `internet`: all others.
 */
export type AddressScope = 'machine' | 'link' | 'private' | 'group' | 'internet';

type Subnet = readonly [address: string, prefixBits: number];

const blockListOf = (subnets: readonly Subnet[]): BlockList => {
  const list = new BlockList();
  for (const [address, bits] of subnets) list.addSubnet(address, bits, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return list;
};

const SCOPES: readonly (readonly [scope: AddressScope, list: BlockList])[] = [
  [
    'machine',
    blockListOf([
      ['127.0.0.0', 8],
      ['0.0.0.0', 8],
      ['::1', 128],
      ['::', 128],
    ]),
  ],
  [
    'link',
    blockListOf([
      ['169.254.0.0', 16],
      ['fe80::', 10],
      // Where clouds describe a machine without a link-local address.
      ['100.100.100.200', 32],
      ['192.0.0.192', 32],
      ['fd00:ec2::', 32],
    ]),
  ],
  [
    'group',
    blockListOf([
      ['224.0.0.0', 4],
      ['255.255.255.255', 32],
      ['ff00::', 8],
    ]),
  ],
  [
    'private',
    blockListOf([
      ['10.0.0.0', 8],
      ['100.64.0.0', 10],
      ['172.16.0.0', 12],
      ['192.168.0.0', 16],
      ['192.0.0.0', 24],
      ['198.18.0.0', 15],
      ['240.0.0.0', 4],
      ['fc00::', 7],
      ['fec0::', 10],
    ]),
  ],
];

/** For examples in texts (RFC 5737, RFC 3849, RFC 9637): they reach as far as others where somebody uses them, and belong to nobody. */
const DOCUMENTATION = blockListOf([
  ['192.0.2.0', 24],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['2001:db8::', 32],
  ['3fff::', 20],
]);

/** Whether an address can be somebody's own on the internet. @param ip as for {@link addressScopeOf} */
export const isPublicAddress = (ip: string): boolean =>
  addressScopeOf(ip) === 'internet' && !DOCUMENTATION.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4');

/**
 * Whether a direct address that another device tells of itself may be dialled. Loopback and link-local ones may not, nor those
 * where clouds keep what describes a machine: no peer is there, and whoever names them has this device knock at its own.
 *
 * @param allowsThisMachine for a device that stays on this machine, whose peers are here, too
 */
export const isDiallableWhenTold = (address: SocketAddress, allowsThisMachine: boolean): boolean => {
  const ip = parseHostPort(address)?.host ?? '';
  return isOfAnotherDevice(ip) || (allowsThisMachine && addressScopeOf(ip) === 'machine');
};

/** Whether another device can have an IP address, and be dialled there. @param ip as for {@link addressScopeOf} */
export const isOfAnotherDevice = (ip: string): boolean => {
  const scope = addressScopeOf(ip);
  return scope === 'internet' || scope === 'private';
};

/** An IPv6 address, without zone, in the one form the URL parser writes every one in (RFC 5952, without IPv4 within it). */
export const canonicalIpv6 = (ip: string): string => new URL(`http://[${ip}]/`).hostname.slice(1, -1);

/** IPv4 within IPv6: mapped (RFC 4291), and translated by NAT64 (RFC 6052). */
const EMBEDDING = [/^::ffff:(.+)$/, /^64:ff9b::(.+)$/];

/** @param ip without brackets, with or without a zone. What is no IP address is taken for `machine`: nobody should go there. */
export const addressScopeOf = (ip: string): AddressScope => {
  const address = (ip.split('%', 1)[0] ?? '').toLowerCase();
  const family = isIP(address);
  if (family === 0) return 'machine';
  if (family === 6) {
    const embedded = embeddedIn(address);
    if (embedded !== undefined) return addressScopeOf(embedded);
  }
  const type = family === 6 ? 'ipv6' : 'ipv4';
  return SCOPES.find(([, list]) => list.check(address, type))?.[0] ?? 'internet';
};

const embeddedIn = (address: string): string | undefined => {
  const written = canonicalIpv6(address);
  for (const pattern of EMBEDDING) {
    const tail = pattern.exec(written)?.[1];
    if (tail === undefined) continue;
    const groups = tail.split(':').map((group) => Number.parseInt(group, 16));
    const [high = 0, low = 0] = groups.length === 1 ? [0, groups[0] ?? 0] : groups;
    return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
  }
  return undefined;
};
