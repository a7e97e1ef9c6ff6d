import type { Namespace } from './namespace.ts';
import { runTool } from './run-tool.ts';

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
