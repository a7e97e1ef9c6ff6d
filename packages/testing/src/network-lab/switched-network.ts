import { layCable } from './cable.ts';
import { type LabHost, labHost, type Plug } from './lab-host.ts';
import type { Namespace } from './namespace.ts';
import type { LabLeg, LabSwitch } from './topology.ts';
import { startWire } from './wire.ts';

/** A bridge with hosts on it, and addresses for them. */
export interface SwitchedNetwork {
  /** Where the bridge is. */
  readonly at: Namespace;
  readonly bridge: string;
  /** The address of the n-th host of this network, with the length of the prefix. */
  readonly networkOf: (index: number) => string;
  /** Where everything beyond the network goes; `null`: nowhere. */
  readonly gateway: string | null;
  readonly isIsolated: boolean;
}

/** What makes the cable of a host longer than one. */
export interface LongCable {
  /** Where the wire is. */
  readonly space: Namespace;
  readonly leg: LabLeg;
}

/** Plugs in new hosts, and hosts that come from elsewhere. */
export interface Plugs {
  readonly add: (name: string, host: Namespace, by?: LongCable) => Promise<LabHost>;
  readonly take: (host: LabHost) => Promise<void>;
}

/** Interface names have at most 15 characters. */
const portOf = (name: string): string => `port-${name}`;

export const plugsOf = (network: SwitchedNetwork): Plugs => {
  /**
   * Who comes back has the address it had, as routers hand them out. With another one a router that still remembers the old
   * flow to somebody gives the new one another port there, and nobody behind a NAT gets through until that is forgotten.
   */
  const addresses = new Map<string, string>();
  const plugFor = (name: string): Plug => {
    const address = addresses.get(name) ?? network.networkOf(addresses.size);
    addresses.set(name, address);
    return { at: network.at, interfaceName: portOf(name), network: address };
  };
  const connect = async (host: Namespace, { interfaceName, network: address }: Plug): Promise<void> => {
    const isolated = network.isIsolated ? `\nbridge link set dev ${interfaceName} isolated on` : '';
    const { at, bridge, gateway } = network;
    await at.script(
      `ip link set dev ${interfaceName} master ${bridge}\nip link set dev ${interfaceName} up${isolated}`,
    );
    const nodad = address.includes(':') ? ' nodad' : '';
    const route = gateway === null ? '' : `\nip route replace default via ${gateway}`;
    await host.script(`ip address add ${address} dev eth0${nodad}\nip link set dev eth0 up${route}`);
  };
  return {
    add: async (name, host, by) => {
      const plug = plugFor(name);
      if (by === undefined) {
        await layCable([host, 'eth0'], [network.at, plug.interfaceName]);
      } else {
        await layCable([host, 'eth0'], [by.space, 'near']);
        await layCable([by.space, 'far'], [network.at, plug.interfaceName]);
        await startWire(by.space, by.leg);
      }
      await connect(host, plug);
      return labHost(name, host, plug);
    },
    take: async (host) => {
      const plug = plugFor(host.name);
      await host.movePlug(plug, (space) => connect(space, plug));
    },
  };
};

/** What a switch keeps from its hosts: mDNS where it is told to. */
export const switchRules = ({ passesMdns = true }: Pick<LabSwitch, 'passesMdns'>): string =>
  passesMdns
    ? ''
    : `nft 'table bridge switch { chain passing { type filter hook forward priority 0; udp dport 5353 drop; }; }'`;
