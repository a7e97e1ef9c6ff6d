import type { NetworkInterfaceInfo } from 'node:os';

/** `os.networkInterfaces`, injected so that tests can change the network. */
export type NetworkInterfaces = () => NodeJS.Dict<NetworkInterfaceInfo[]>;

/** One string for the addresses this machine has now; it differs exactly when an address came or went. */
export const networkFingerprint = (interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): string =>
  Object.entries(interfaces)
    .flatMap(([name, addresses]) => (addresses ?? []).map(({ address, netmask }) => `${name} ${address}/${netmask}`))
    .filter((line) => !line.includes(' fe80:'))
    .toSorted((a, b) => (a < b ? -1 : 1))
    .join('\n');

/** The IP addresses this machine has now. */
export const localIpsOf = (interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): ReadonlySet<string> =>
  new Set(Object.values(interfaces).flatMap((addresses) => (addresses ?? []).map(({ address }) => address)));
