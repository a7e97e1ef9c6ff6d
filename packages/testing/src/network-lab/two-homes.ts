import { bridgeScript, layCable, plugIn } from './cable.ts';
import type { LabHost } from './lab-host.ts';
import type { Namespace } from './namespace.ts';
import { buildRoom, type Room } from './room.ts';

/**
 * What the routers of both homes do with a flow's port: keep it, replace it by one other port whoever is spoken to, or
 * pick a random one for every destination. With `renumbering`, one UDP socket in each home reaches the internet.
 */
export type LabNatKind = 'plain' | 'renumbering' | 'symmetric';

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

const INTERNET_GATEWAY = '198.51.100.254';

/**
 * Two homes, each behind a router of its own that masquerades and drops what nobody inside asked for, and hosts on the
 * internet between them. Private addresses lead nowhere from outside, and multicast stays at home.
 */
export const twoHomes = async <N extends string>({
  homes,
  internet,
  nat = 'plain',
}: TwoHomes<N>): Promise<HomesRoom<N>> => {
  const names = [...homes.flat(), ...internet];
  const plan = { spaces: ['internet', 'router1', 'router2', ...names], middle: 'internet' };
  let routers: readonly Namespace[] = [];
  const room = await buildRoom(plan, async (space) => {
    routers = [space('router1'), space('router2')];
    const middle = space('internet');
    await middle.script(INTERNET_SCRIPT);
    const nats = typeof nat === 'string' ? [nat, nat] : nat;
    const atHome = homes.map((inhabitants, index) =>
      buildHome({ inhabitants, number: index + 1, nat: nats[index] ?? 'plain', middle, space }),
    );
    const outside = internet.map((name, index) => {
      const network = `198.51.100.${101 + index}/24`;
      return plugIn({ name, network, gateway: INTERNET_GATEWAY }, space(name), [middle, 'bridge0']);
    });
    const hosts = [...(await Promise.all(atHome)).flat(), ...(await Promise.all(outside))];
    return Object.fromEntries(hosts.map((host) => [host.name, host])) as Record<N, LabHost>;
  });
  return {
    ...room,
    setNat: async (nats) => {
      await Promise.all(
        routers.map((router, index) => {
          const rules = translation(index + 1, nats[index] ?? 'plain').map((rule) => `add rule ${LEAVING} ${rule}`);
          return router.script(`nft -f - <<'END'\nflush chain ${LEAVING}\n${rules.join('\n')}\nEND`);
        }),
      );
    },
  };
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

/** Private destinations end here, as they do at a provider. */
const INTERNET_SCRIPT = `${bridgeScript('bridge0')}
ip address add ${INTERNET_GATEWAY}/24 dev bridge0
echo 1 > /proc/sys/net/ipv4/ip_forward
ip route add blackhole default`;

interface Home {
  readonly inhabitants: readonly string[];
  readonly number: number;
  readonly nat: LabNatKind;
  readonly middle: Namespace;
  readonly space: (name: string) => Namespace;
}

const buildHome = async ({ inhabitants, number, nat, middle, space }: Home): Promise<readonly LabHost[]> => {
  const router = space(`router${number}`);
  const port = `router${number}`;
  await layCable([router, 'wan'], [middle, port]);
  await middle.script(`ip link set dev ${port} master bridge0\nip link set dev ${port} up`);
  await router.script(routerScript(number, nat));
  return Promise.all(
    inhabitants.map((name, index) => {
      const network = `192.168.${number}.${10 + index}/24`;
      return plugIn({ name, network, gateway: `192.168.${number}.1` }, space(name), [router, 'lan']);
    }),
  );
};

/**
 * Without dropping what nobody asked for, the other side's first packet would make the router remember that flow, and
 * our own packet to the same address would leave from another port: no home router does that.
 */
const routerScript = (number: number, nat: LabNatKind): string => `${bridgeScript('lan')}
ip address add 192.168.${number}.1/24 dev lan
ip address add 198.51.100.${10 + number}/24 dev wan
ip link set dev wan up
ip route add default via ${INTERNET_GATEWAY}
echo 1 > /proc/sys/net/ipv4/ip_forward
nft -f - <<'END'
table ip translation {
  chain leaving { type nat hook postrouting priority 100; ${translation(number, nat).join('; ')}; }
}
table ip firewall {
  chain passing { type filter hook forward priority 0; policy accept; iifname "wan" ct state new drop; }
  chain arriving { type filter hook input priority 0; policy accept; iifname "wan" ct state new drop; }
}
END`;

/** The chain that translates what leaves a home. */
const LEAVING = 'ip translation leaving';

/** The port a `renumbering` router uses for everything. */
const RENUMBERED_PORT = 51_001;

/** The rules of a router's translation, in their order. */
const translation = (number: number, nat: LabNatKind): readonly string[] => {
  const toOnePort = `oifname "wan" meta l4proto udp snat to 198.51.100.${10 + number}:${RENUMBERED_PORT}`;
  if (nat === 'renumbering') return [toOnePort, 'oifname "wan" masquerade'];
  return [`oifname "wan" masquerade${nat === 'symmetric' ? ' fully-random' : ''}`];
};
