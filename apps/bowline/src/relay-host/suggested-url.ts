import type { NetworkInterfaceInfo } from 'node:os';

interface Listening {
  /** Where the relay answers on this machine. */
  readonly url: string;
  /** The address it is bound to. */
  readonly bind: string;
  /** Hosts its certificate is for; empty without one. */
  readonly names: readonly string[];
}

const isEverywhere = (bind: string): boolean => bind === '::' || bind === '0.0.0.0';

const hostOf = ({ address, family }: NetworkInterfaceInfo): string => (family === 'IPv6' ? `[${address}]` : address);

/** Addresses that other machines can use, IPv4 first for it is easier to type; those of one link alone are none. */
const outward = (interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): readonly NetworkInterfaceInfo[] =>
  Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !/^(?:fe80:|169\.254\.)/i.test(address))
    .toSorted((left, right) => left.family.localeCompare(right.family));

/**
 * The address of a relay that other devices can use: by a name of its certificate, else by an address of this machine. Where
 * it listens on this machine alone, or no network is there, the one it has.
 */
export const suggestedUrl = (
  { url, bind, names }: Listening,
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>,
): string => {
  const { protocol, port } = new URL(url);
  const suffix = port === '' ? '' : `:${port}`;
  const name = names.find((each) => !each.startsWith('*') && each !== 'localhost');
  if (name !== undefined) return `${protocol}//${name.includes(':') ? `[${name}]` : name}${suffix}`;
  const [address] = isEverywhere(bind) ? outward(interfaces) : [];
  return address === undefined ? url : `${protocol}//${hostOf(address)}${suffix}`;
};
