import { buildTopology } from './build-topology.ts';
import type { Room } from './room.ts';

/**
 * One switch with the named hosts on it, `10.77.0.1` and up in their order, and nothing else: no router, no default
 * route, no DNS. Multicast reaches everybody.
 */
export const oneLan = <N extends string>(names: readonly N[]): Promise<Room<N>> =>
  buildTopology<N>({ kind: 'lan', hosts: names });
