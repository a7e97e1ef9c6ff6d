import { ADDRESS_PLANS, IPV6_SCRIPT } from './addresses.ts';
import { bridgeScript } from './cable.ts';
import { buildHome, homeSpaces, INTERNET_GATEWAY_HOST } from './home-router.ts';
import type { LabHost } from './lab-host.ts';
import type { Namespace } from './namespace.ts';
import { type BuiltRoom, buildRoom, type Room } from './room.ts';
import { type LongCable, plugsOf, type SwitchedNetwork, switchRules } from './switched-network.ts';
import type { LabTopology } from './topology.ts';

type Lan<N extends string> = Extract<LabTopology<N>, { readonly kind: 'lan' }>;
type Homes<N extends string> = Extract<LabTopology<N>, { readonly kind: 'homes' }>;

/** Builds the networks a value describes, with their hosts. */
export const buildTopology = <N extends string>(topology: LabTopology<N>): Promise<Room<N>> =>
  topology.kind === 'lan' ? buildLan(topology) : buildHomes(topology);

/** Hosts of the internet are the 101st and up. */
const FIRST_PUBLIC_HOST = 101;

const buildLan = <N extends string>(lan: Lan<N>): Promise<Room<N>> => {
  const { hosts, family = 'ipv4', isIsolated = false, leg } = lan;
  const { lan: addressOf, prefixLength } = ADDRESS_PLANS[family];
  const spaces = ['switch', ...hosts, ...(leg === undefined ? [] : ['wire'])];
  return buildRoom<string, N>({ spaces, middle: 'switch', isSwitch: true }, async (space) => {
    const at = space('switch');
    await at.script(`${bridgeScript('bridge0')}\n${switchRules(lan)}`);
    if (family === 'ipv6') await Promise.all(hosts.map((name) => space(name).script(IPV6_SCRIPT)));
    const network: SwitchedNetwork = {
      at,
      bridge: 'bridge0',
      networkOf: (index) => `${addressOf(index + 1)}/${prefixLength}`,
      gateway: null,
      isIsolated,
    };
    const long = leg === undefined ? undefined : { name: hosts.at(-1), cable: { space: space('wire'), leg } };
    return builtRoom<N>([network], [[hosts, network]], space, long);
  });
};

const buildHomes = <N extends string>({ homes, internet, family = 'ipv4' }: Homes<N>): Promise<Room<N>> => {
  const names = [...homes.flatMap(({ hosts }) => hosts), ...internet];
  const spaces = ['internet', ...homes.flatMap((home, index) => homeSpaces(home, index + 1)), ...names];
  const { internet: addressOf, prefixLength } = ADDRESS_PLANS[family];
  const gateway = addressOf(INTERNET_GATEWAY_HOST);
  return buildRoom<string, N>({ spaces, middle: 'internet', isSwitch: false }, async (space) => {
    const middle = space('internet');
    // Private destinations end here, as they do at a provider.
    await middle.script(`${family === 'ipv6' ? IPV6_SCRIPT : 'echo 1 > /proc/sys/net/ipv4/ip_forward'}
${bridgeScript('bridge0')}
ip address add ${gateway}/${prefixLength} dev bridge0 ${family === 'ipv6' ? 'nodad' : ''}
ip ${family === 'ipv6' ? '-6 ' : ''}route add blackhole default`);
    if (family === 'ipv6') await Promise.all(names.map((name) => space(name).script(IPV6_SCRIPT)));
    const atHome = await Promise.all(homes.map((home, index) => buildHome({ home, place: index + 1, family, space })));
    const outside: SwitchedNetwork = {
      at: middle,
      bridge: 'bridge0',
      networkOf: (index) => `${addressOf(FIRST_PUBLIC_HOST + index)}/${prefixLength}`,
      gateway,
      isIsolated: false,
    };
    const inhabited = homes.map(({ hosts }, index) => [hosts, atHome[index] ?? outside] as const);
    return builtRoom<N>(atHome, [...inhabited, [internet, outside]], space);
  });
};

/** Plugs all hosts in, and keeps what a host needs to be carried elsewhere. */
const builtRoom = async <N extends string>(
  networks: readonly SwitchedNetwork[],
  inhabited: readonly (readonly [readonly N[], SwitchedNetwork])[],
  space: (name: string) => Namespace,
  long?: { readonly name: N | undefined; readonly cable: LongCable },
): Promise<BuiltRoom<N>> => {
  const plugs = new Map([...networks, ...inhabited.map(([, network]) => network)].map((each) => [each, plugsOf(each)]));
  const hosts: [N, LabHost][] = [];
  for (const [names, network] of inhabited) {
    for (const name of names) {
      const host = await plugs.get(network)?.add(name, space(name), long?.name === name ? long.cable : undefined);
      if (host !== undefined) hosts.push([name, host]);
    }
  }
  return {
    hosts: Object.fromEntries(hosts) as Record<N, LabHost>,
    routers: networks.map(({ at }) => at),
    move: async (name, place) => {
      const network = networks[place];
      const host = hosts.find(([each]) => each === name)?.[1];
      if (network === undefined || host === undefined) throw new RangeError(`${name} cannot be in network ${place}`);
      await plugs.get(network)?.take(host);
    },
  };
};
