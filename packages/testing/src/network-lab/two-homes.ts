import { buildTopology } from './build-topology.ts';
import { LEAVING, routerAddress, translation } from './home-router.ts';
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

/** Two homes, whose routers can be told to translate otherwise. */
export interface HomesRoom<N extends string> extends Room<N> {
  /** Whatever begins from now on is translated so; what began before keeps its ports. */
  setNat(nat: readonly [LabNatKind, LabNatKind]): Promise<void>;
}

/**
 * Two homes, each behind a router of its own that masquerades and drops what nobody inside asked for, and hosts on the
 * internet between them. Private addresses lead nowhere from outside, and multicast stays at home.
 */
export const twoHomes = async <N extends string>({
  homes,
  internet,
  nat = 'plain',
}: TwoHomes<N>): Promise<HomesRoom<N>> => {
  const [first, second] = typeof nat === 'string' ? [nat, nat] : nat;
  const room = await buildTopology<N>({
    kind: 'homes',
    homes: [
      { hosts: homes[0], nat: first },
      { hosts: homes[1], nat: second },
    ],
    internet,
  });
  return {
    ...room,
    setNat: async (nats) => {
      await Promise.all(
        nats.map((kind, index) => {
          const rules = translation(routerAddress(index + 1, 'ipv4'), kind).map(
            (rule) => `add rule ${LEAVING} ${rule}`,
          );
          return room.atRouter(index, `nft -f - <<'END'\nflush chain ${LEAVING}\n${rules.join('\n')}\nEND`);
        }),
      );
    },
  };
};

/** Two homes with no UDP between them at all: whatever devices in different homes say to each other passes a relay. */
export const noDirectPath = async <N extends string>(who: TwoHomes<N>): Promise<HomesRoom<N>> => {
  const room = await twoHomes(who);
  try {
    await room.blockUdp();
  } catch (error) {
    await room.dispose();
    throw error;
  }
  return room;
};
