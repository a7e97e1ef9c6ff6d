import { isIPv6 } from 'node:net';
import { type AddressScope, addressScopeOf, MAX_TCP_ADDRESSES } from '@bowline/contracts';
import { hardwareInterfaces } from '../hardware-interfaces.ts';
import type { NetworkInterfaces } from '../network-fingerprint.ts';
import { isLinkLocalIpv6 } from './link-local-ipv6.ts';

type Addresses = NonNullable<ReturnType<NetworkInterfaces>[string]>;

/** What decides where TCP is listened for. */
export interface ListeningChoice {
  readonly interfaces: ReturnType<NetworkInterfaces>;
  /** Addresses that the device is bound to; none: all. */
  readonly bind: readonly string[];
  /** Whether those that face the internet are among them. */
  readonly isPublicAllowed: boolean;
  readonly staysOnThisMachine: boolean;
}

/**
 * IP addresses of this machine to listen at, link-local ones with their zone. Those that face the internet are among them when
 * that is allowed. Where there are more than a device may name, each kind has its share.
 */
export const listeningIps = (choice: ListeningChoice): readonly string[] => {
  const { interfaces, bind, isPublicAllowed, staysOnThisMachine } = choice;
  const usable = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => address)
    .filter((ip) => isBound(ip, bind));
  const ofScope = (scope: AddressScope): readonly string[] => [
    ...new Set(usable.filter((ip) => addressScopeOf(ip) === scope)),
  ];
  if (staysOnThisMachine) return ofScope('machine').slice(0, MAX_TCP_ADDRESSES);
  return inTurns([
    ofScope('private'),
    linkLocalIps(interfaces, bind),
    ...(isPublicAllowed ? [ofScope('internet')] : []),
  ]).slice(0, MAX_TCP_ADDRESSES);
};

/** Whether a device with these addresses to bind uses one of this machine. */
const isBound = (ip: string, bind: readonly string[]): boolean =>
  bind.length === 0 || bind.some((each) => each === ip || each === (isIPv6(ip) ? '::' : '0.0.0.0'));

/**
 * One for each interface that has other addresses too: no link leads over an interface without, as of a container, nor is a
 * neighbour at the other end of a tunnel.
 */
const linkLocalIps = (interfaces: ReturnType<NetworkInterfaces>, bind: readonly string[]): readonly string[] =>
  Object.entries(hardwareInterfaces(interfaces)).flatMap(([name, addresses = []]) => {
    const local = addresses.find(({ address, internal }) => !internal && isLinkLocalIpv6(address));
    const hasOthers = addresses.some(({ address }) => !isLinkLocalIpv6(address));
    return local !== undefined && hasOthers && isBound(local.address, bind)
      ? [`${local.address}%${zoneOf(name, local)}`]
      : [];
  });

/** By what the system knows an interface within an address. */
const zoneOf = (name: string, info: Addresses[number]): string =>
  process.platform === 'win32' && info.family === 'IPv6' ? String(info.scopeid) : name;

const inTurns = (kinds: readonly (readonly string[])[]): readonly string[] => {
  const most = Math.max(...kinds.map(({ length }) => length));
  return Array.from({ length: most }, (_, turn) => kinds.flatMap((kind) => kind.slice(turn, turn + 1))).flat();
};
