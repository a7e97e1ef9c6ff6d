import { type LabHost, labHost } from './lab-host.ts';
import type { Namespace } from './namespace.ts';
import { runTool } from './run-tool.ts';

/** A host to be plugged into a bridge. */
export interface PluggedHost {
  readonly name: string;
  /** Its address with the length of its network's prefix, such as `10.77.0.1/24`. */
  readonly network: string;
  /** Where everything beyond its own network goes; `null`: nowhere. */
  readonly gateway: string | null;
}

/** Lays a cable between two namespaces; both ends are still down. */
export const layCable = async (
  [first, firstEnd]: readonly [Namespace, string],
  [second, secondEnd]: readonly [Namespace, string],
): Promise<void> => {
  const ends = [`${firstEnd} netns ${first.name}`, `${secondEnd} netns ${second.name}`];
  await runTool('ip', `link add ${ends[0]} type veth peer name ${ends[1]}`.split(' '));
};

/** A bridge that forwards at once, and multicast to everybody. */
export const bridgeScript = (name: string): string =>
  `ip link add ${name} type bridge forward_delay 0 mcast_snooping 0\nip link set dev ${name} up`;

/** Plugs a host into a bridge and gives its one interface, `eth0`, its address and route. */
export const plugIn = async (
  { name, network, gateway }: PluggedHost,
  host: Namespace,
  [at, bridge]: readonly [Namespace, string],
): Promise<LabHost> => {
  // Interface names have at most 15 characters; an index of the address is unique within one bridge.
  const port = `port${network.split('/')[0]?.split('.').at(-1)}`;
  await layCable([host, 'eth0'], [at, port]);
  await at.script(`ip link set dev ${port} master ${bridge}\nip link set dev ${port} up`);
  const route = gateway === null ? '' : `ip route add default via ${gateway}`;
  await host.script(`ip address add ${network} dev eth0\nip link set dev eth0 up\n${route}`);
  return labHost(name, network.split('/')[0] ?? '', host, { at, interfaceName: port });
};
