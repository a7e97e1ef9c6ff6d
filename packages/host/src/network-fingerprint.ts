import type { NetworkInterfaceInfo } from 'node:os';

/** `os.networkInterfaces`, injected so that tests can change the network. */
export type NetworkInterfaces = () => NodeJS.Dict<NetworkInterfaceInfo[]>;

/** One string for the addresses others may reach this machine at now; it differs exactly when one of them came or went. */
export const networkFingerprint = (interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): string => {
  const lines: string[] = [];
  for (const name in interfaces) {
    for (const { address, internal, netmask } of interfaces[name] ?? []) {
      if (!internal && !address.startsWith('fe80:')) lines.push(`${name} ${address}/${netmask}`);
    }
  }
  return lines.sort((one, other) => (one < other ? -1 : 1)).join('\n');
};

/** The IP addresses this machine has now. */
export const localIpsOf = (interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): ReadonlySet<string> =>
  new Set(Object.values(interfaces).flatMap((addresses) => (addresses ?? []).map(({ address }) => address)));
