import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { addressScopeOf, unmappedIp } from '@bowline/contracts';

/** Where Linux tells its IPv4 routes. */
const ROUTES_FILE = '/proc/net/route';

/** Flags of a route that is up, and of one that leads nowhere (`RTF_UP`, `RTF_REJECT`). */
const ROUTE_UP = 0x1;
const ROUTE_REJECT = 0x200;

/** What is known of this device's networks. */
export interface NetworkView {
  readonly interfaces: () => NodeJS.Dict<NetworkInterfaceInfo[]>;
  /** The text of {@link ROUTES_FILE}. @throws where there is none */
  readonly readRoutes: () => string;
}

const THIS_DEVICE: NetworkView = {
  interfaces: networkInterfaces,
  readRoutes: () => readFileSync(ROUTES_FILE, 'latin1'),
};

/** Whether a relay that others named may be reached at an IP address. */
export type MayReach = (ip: string) => boolean;

/**
 * A relay that a peer or a ticket names must not make this device speak to what only it can reach: services of its own, what
 * a cloud tells a machine about itself, machines of a network it is not even in. Private addresses are reached where the
 * device has a route of its own to them, other than the one to everywhere: its local network, a VPN, a routed subnet.
 *
 * @param allowsThisMachine for a device that stays on this machine as a whole
 */
export const relayReach = (allowsThisMachine: boolean, view: NetworkView = THIS_DEVICE): MayReach => {
  const mayReachPrivate = (ip: string): boolean => {
    const interfaces = Object.values(view.interfaces()).flatMap((list) => list ?? []);
    if (interfaces.some(({ address }) => address === ip)) return allowsThisMachine;
    const known = new BlockList();
    for (const { cidr, internal } of interfaces) if (!internal && cidr !== null) addSubnet(known, cidr);
    for (const cidr of routedSubnets(view)) addSubnet(known, cidr);
    return known.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4');
  };

  return (ip) => {
    switch (addressScopeOf(ip)) {
      case 'internet':
        return true;
      case 'machine':
        return allowsThisMachine && isIP(ip) !== 0;
      case 'private':
        return mayReachPrivate(unmappedIp(ip));
      default:
        return false;
    }
  };
};

const addSubnet = (list: BlockList, cidr: string): void => {
  const [address = '', bits = ''] = cidr.split('/');
  const family = isIP(address);
  if (family !== 0 && Number(bits) > 0) list.addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
};

/** IPv4 routes but the one to everywhere, as far as the system tells. */
const routedSubnets = ({ readRoutes }: NetworkView): readonly string[] => {
  try {
    return readRoutes()
      .split('\n')
      .slice(1)
      .flatMap((line) => {
        const [, destination = '', , flags = '', , , , mask = ''] = line.split(/\s+/);
        const flagBits = Number.parseInt(flags, 16);
        const isUsable = (flagBits & ROUTE_UP) !== 0 && (flagBits & ROUTE_REJECT) === 0;
        return isUsable && /^[\dA-F]{8}$/i.test(destination) ? [`${dotted(destination)}/${bitsIn(mask)}`] : [];
      });
  } catch {
    // Systems without this file know the networks of their interfaces.
    return [];
  }
};

/** Addresses stand there as the machine holds them: on every processor Node is made for, last byte first. */
const dotted = (hex: string): string => [...Buffer.from(hex, 'hex')].reverse().join('.');

const bitsIn = (hex: string): number => Number.parseInt(hex, 16).toString(2).replaceAll('0', '').length;
