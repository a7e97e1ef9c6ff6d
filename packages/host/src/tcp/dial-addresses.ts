import { isIP, isIPv6 } from 'node:net';
import {
  addressGroupOf,
  addressScopeOf,
  brandAs,
  type ConnectionPath,
  ipOf,
  isOfAnotherDevice,
  portOf,
  type SocketAddress,
} from '@bowline/contracts';
import { pathScopeOf } from '../diagnosis/path-scope.ts';
import type { NetworkInterfaces } from '../network-fingerprint.ts';
import { isLinkLocalIpv6 } from './link-local-ipv6.ts';

/** Interfaces on which one link-local address is tried: more than two on one network are rare. */
const MAX_ZONES = 2;

/** What decides where another device is dialled. */
export interface DialChoice {
  readonly interfaces: ReturnType<NetworkInterfaces>;
  /** Addresses that the device is bound to; none: all. */
  readonly bind: readonly string[];
  /** Where this device listens itself, link-local addresses with their zone. */
  readonly listenAt: readonly string[];
  readonly isPublicAllowed: boolean;
  readonly staysOnThisMachine: boolean;
}

/** Whether an address that another device names may ever be dialled; the rest depends on where it is. */
export const mayBeDialled = (
  address: SocketAddress,
  choice: Pick<DialChoice, 'isPublicAllowed' | 'staysOnThisMachine'>,
): boolean => {
  const ip = ipOf(address);
  const scope = addressScopeOf(ip);
  if (scope === 'machine') return choice.staysOnThisMachine;
  if (scope === 'internet') return choice.isPublicAllowed;
  return isOfAnotherDevice(ip) || isLinkLocalIpv6(ip);
};

/**
 * Of the addresses that another device names those to dial now: where the link's own path goes, and on networks that this device
 * is on; link-local ones on the network of the path, with the zone. A device that stays here has but this machine.
 */
export const dialAddresses = (
  told: readonly SocketAddress[],
  path: ConnectionPath | null,
  choice: DialChoice,
): readonly SocketAddress[] => {
  if (path?.kind !== 'direct' || path.remoteAddress === null) return [];
  const { interfaces, bind, staysOnThisMachine } = choice;
  const pathIp = ipOf(path.remoteAddress);
  const zones = zonesOfNetwork(pathIp, choice);
  return told.flatMap((address) => {
    const ip = ipOf(address);
    if (!mayBeDialled(address, choice) || !usesFamilyOf(ip, bind)) return [];
    if (isLinkLocalIpv6(ip)) {
      return zones.map((zone) => brandAs<SocketAddress>(`[${ip}%${zone}]:${portOf(address)}`));
    }
    const scope = pathScopeOf(ip, interfaces);
    return ip === pathIp || scope === 'lan' || (scope === 'loopback' && staysOnThisMachine) ? [address] : [];
  });
};

/** A device that is bound to addresses of one family leaves by no other. */
const usesFamilyOf = (ip: string, bind: readonly string[]): boolean =>
  bind.length === 0 || bind.some((each) => isIP(each) === isIP(ip));

/** Zones of the interfaces that are on one network with an address and are listened at. */
const zonesOfNetwork = (ip: string, { interfaces, listenAt }: DialChoice): readonly string[] => {
  if (pathScopeOf(ip, interfaces) === 'loopback') return [];
  const zones = Object.entries(interfaces).flatMap(([name, addresses = []]) => {
    const isOnNetwork =
      pathScopeOf(ip, { [name]: addresses }) === 'lan' ||
      // An address that was handed out alone says nothing of its network, which has 64 bits.
      (isIPv6(ip) &&
        addresses.some(({ address }) => isIPv6(address) && addressGroupOf(address) === addressGroupOf(ip)));
    const local = isOnNetwork ? addresses.map(({ address }) => address) : [];
    return listenAt.flatMap((each) => {
      const [listening = '', zone] = each.split('%', 2);
      return zone !== undefined && local.includes(listening) ? [zone] : [];
    });
  });
  // One link-local address may be of several interfaces.
  return [...new Set(zones)].slice(0, MAX_ZONES);
};
