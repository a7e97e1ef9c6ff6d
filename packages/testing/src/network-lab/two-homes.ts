import { buildTopology } from './build-topology.ts';
import type { Room } from './room.ts';
import type { LabNatKind } from './topology.ts';

/** Who is where. Names must differ. */
export interface TwoHomes<N extends string> {
  /** The hosts of the first home (`192.168.1.10` and up) and of the second (`192.168.2.10` and up). */
  readonly homes: readonly [readonly N[], readonly N[]];
  /** Hosts with public addresses, `198.51.100.101` and up: relays. */
  readonly internet: readonly N[];
  /** Of both routers, or of each. @defaultValue `'plain'` */
  readonly nat?: LabNatKind | readonly [LabNatKind, LabNatKind];
}

/**
 * Two homes, each behind a router of its own that masquerades and drops what nobody inside asked for, and hosts on the
 * internet between them. Private addresses lead nowhere from outside, and multicast stays at home.
 */
export const twoHomes = <N extends string>({ homes, internet, nat = 'plain' }: TwoHomes<N>): Promise<Room<N>> => {
  const [first, second] = typeof nat === 'string' ? [nat, nat] : nat;
  return buildTopology<N>({
    kind: 'homes',
    homes: [
      { hosts: homes[0], nat: first },
      { hosts: homes[1], nat: second },
    ],
    internet,
  });
};

/** Two homes with no UDP between them at all: whatever devices in different homes say to each other passes a relay. */
export const noDirectPath = async <N extends string>(who: TwoHomes<N>): Promise<Room<N>> => {
  const room = await twoHomes(who);
  try {
    await room.blockUdp();
  } catch (error) {
    await room.dispose();
    throw error;
  }
  return room;
};
