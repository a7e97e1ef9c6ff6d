import { ADDRESS_PLANS, IPV6_SCRIPT } from './addresses.ts';
import { bridgeScript, layCable } from './cable.ts';
import type { Namespace } from './namespace.ts';
import { type SwitchedNetwork, switchRules } from './switched-network.ts';
import type { LabFamily, LabHome, LabNatKind } from './topology.ts';
import { startWire } from './wire.ts';

/** A home that is being built. `place` counts from 1. */
export interface HomePlan {
  readonly home: LabHome;
  readonly place: number;
  readonly family: LabFamily;
  /** Of the room: `internet`, and what {@link homeSpaces} names. */
  readonly space: (name: string) => Namespace;
}

/** The host number of the internet's own router. */
export const INTERNET_GATEWAY_HOST = 254;

const ROUTER_HOST = 1;
const FIRST_INHABITANT = 10;
/** Routers are the `10 + place`-th hosts of the internet, or of their provider's network. */
const FIRST_WAN_HOST = 10;

/** The namespaces a home is made of. */
export const homeSpaces = ({ isBehindCarrier = false, leg }: LabHome, place: number): readonly string[] => [
  `router${place}`,
  ...(isBehindCarrier ? [`carrier${place}`] : []),
  ...(leg === undefined ? [] : [`wire${place}`]),
];

/** Builds a router with its switch, its provider where it has one, and the line to the internet. */
export const buildHome = async (plan: HomePlan): Promise<SwitchedNetwork> => {
  const { home, place, family, space } = plan;
  const addresses = ADDRESS_PLANS[family];
  const { prefixLength } = addresses;
  const router = space(`router${place}`);
  const number = home.number ?? place;
  const toInternet: Uplink = {
    network: `${routerAddress(place, family)}/${prefixLength}`,
    gateway: addresses.internet(INTERNET_GATEWAY_HOST),
    home,
    family,
  };
  if (home.isBehindCarrier === true) {
    const carrier = space(`carrier${place}`);
    const inner = `${addresses.carrier(place, ROUTER_HOST)}/${prefixLength}`;
    await connectToInternet(plan, carrier);
    await carrier.script(`${bridgeScript('lan')}\nip address add ${inner} dev lan\n${uplinkScript(toInternet)}`);
    await layCable([router, 'wan'], [carrier, 'customer']);
    await carrier.script('ip link set dev customer master lan\nip link set dev customer up');
  } else {
    await connectToInternet(plan, router);
  }
  const uplink: Uplink =
    home.isBehindCarrier === true
      ? {
          ...toInternet,
          network: `${addresses.carrier(place, FIRST_WAN_HOST)}/${prefixLength}`,
          gateway: addresses.carrier(place, ROUTER_HOST),
        }
      : toInternet;
  const gateway = addresses.home(number, ROUTER_HOST);
  await router.script(`${family === 'ipv6' ? IPV6_SCRIPT : ''}
${bridgeScript('lan')}
ip address add ${gateway}/${prefixLength} dev lan ${family === 'ipv6' ? 'nodad' : ''}
${uplinkScript(uplink)}
${switchRules(home)}`);
  if (family === 'ipv6') {
    const wan = uplink.network.split('/')[0];
    await space('internet').script(`ip route add ${addresses.home(number, 0)}/${prefixLength} via ${wan}`);
  }
  return {
    at: router,
    bridge: 'lan',
    networkOf: (index) => `${addresses.home(number, FIRST_INHABITANT + index)}/${prefixLength}`,
    gateway,
    isIsolated: home.isIsolated ?? false,
  };
};

/** Lays the line between a namespace and the internet: straight, or by way of a wire with a length. */
const connectToInternet = async ({ home, place, space }: HomePlan, from: Namespace): Promise<void> => {
  const internet = space('internet');
  const port = `router${place}`;
  if (home.leg === undefined) {
    await layCable([from, 'wan'], [internet, port]);
  } else {
    const wire = space(`wire${place}`);
    await layCable([from, 'wan'], [wire, 'near']);
    await layCable([wire, 'far'], [internet, port]);
    await startWire(wire, home.leg);
  }
  await internet.script(`ip link set dev ${port} master bridge0\nip link set dev ${port} up`);
};

/** The side of a router that looks to the internet. */
interface Uplink {
  readonly network: string;
  readonly gateway: string;
  readonly home: LabHome;
  readonly family: LabFamily;
}

/**
 * Without dropping what nobody asked for, the other side's first packet would make the router remember that flow, and
 * our own packet to the same address would leave from another port: no home router does that.
 */
const uplinkScript = ({ network, gateway, home, family }: Uplink): string => `
ip address add ${network} dev wan ${family === 'ipv6' ? 'nodad' : ''}
${home.mtuBytes === undefined ? '' : `ip link set dev wan mtu ${home.mtuBytes}`}
ip link set dev wan up
ip route add default via ${gateway}
${family === 'ipv6' ? '' : 'echo 1 > /proc/sys/net/ipv4/ip_forward'}
nft -f - <<'END'
${
  family === 'ipv6'
    ? ''
    : `table ip translation {
  chain leaving { type nat hook postrouting priority 100; ${translation(network, home.nat ?? 'plain').join('; ')}; }
}`
}
table inet firewall {
  chain passing { type filter hook forward priority 0; policy accept;
    iifname "wan" ct state new drop;
    ${home.passesUdp === false ? 'meta l4proto udp drop;' : ''}
    ${home.mtuBytes === undefined ? '' : 'tcp flags syn tcp option maxseg size set rt mtu;'}
  }
  chain arriving { type filter hook input priority 0; policy accept; iifname "wan" ${family === 'ipv6' ? 'meta l4proto { tcp, udp } ' : ''}ct state new drop; }
  ${home.mtuBytes === undefined ? '' : 'chain saying { type filter hook output priority 0; icmp type destination-unreachable drop; }'}
}
END`;

/** Where the rules of a router's translation are. */
export const LEAVING = 'ip translation leaving';

/** The port a `renumbering` router uses for everything. */
const RENUMBERED_PORT = 51_001;

/** The rules of a router's translation, in their order. @param network its address on the internet, or with its provider */
export const translation = (network: string, nat: LabNatKind): readonly string[] => {
  const [address] = network.split('/');
  const toOnePort = `oifname "wan" meta l4proto udp snat to ${address}:${RENUMBERED_PORT}`;
  if (nat === 'renumbering') return [toOnePort, 'oifname "wan" masquerade'];
  return [`oifname "wan" masquerade${nat === 'symmetric' ? ' fully-random' : ''}`];
};

/** The n-th router's address on the internet, from 1. */
export const routerAddress = (place: number, family: LabFamily): string =>
  ADDRESS_PLANS[family].internet(FIRST_WAN_HOST + place);
