import type { MulticastInterface } from '@bowline/contracts';

/** How one interface fares. */
export interface InterfaceHealth {
  readonly name: string;
  /** The system's code, or `DEAF` when nothing that is sent comes back; `null` when all is well. */
  readonly trouble: string | null;
}

/** What the person is told: see the event `health.changed`. */
export interface MdnsHealth {
  readonly problem: string | null;
  /** The interfaces that work. */
  readonly interfaces: readonly string[];
}

/** The code for an interface that never hears itself. */
export const DEAF = 'DEAF';

/** While one interface works there is no problem: tunnels and idle adapters often take no multicast. */
export const summarizeHealth = (
  interfaces: readonly InterfaceHealth[],
  chosen: 'all' | readonly string[],
  port: number,
): MdnsHealth => {
  const working = interfaces.filter(({ trouble }) => trouble === null).map(({ name }) => name);
  if (working.length > 0) return { problem: null, interfaces: working };
  const problems = interfaces.map(({ name, trouble }) => problemOf(name, trouble ?? '', port));
  const problem = problems.length > 0 ? [...new Set(problems)].join(' ') : absenceOf(chosen);
  return { problem, interfaces: [] };
};

/** Each interface with its problem in words. */
export const describeInterfaces = (
  interfaces: readonly InterfaceHealth[],
  port: number,
): readonly MulticastInterface[] =>
  interfaces.map(({ name, trouble }) => ({ name, problem: trouble === null ? null : problemOf(name, trouble, port) }));

const absenceOf = (chosen: 'all' | readonly string[]): string =>
  chosen === 'all'
    ? 'This device has no network interface with an IPv4 address; connect it to a network.'
    : `No network interface has the address chosen for mDNS (${chosen.join(', ')}); choose another, or connect that network.`;

const problemOf = (name: string, code: string, port: number): string => {
  switch (code) {
    case DEAF:
      return `What is sent to the local network on ${name} does not come back; a firewall may block UDP port ${port}.`;
    case 'EADDRINUSE':
      return `Another program keeps UDP port ${port} to itself; end it, or let it share the port.`;
    case 'EACCES':
    case 'EPERM':
      return `The system does not let this program use the local network on ${name} (${code}); allow it in the firewall or privacy settings.`;
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
    case 'ENETDOWN':
      return `The local network on ${name} cannot be reached (${code}); check that it is connected.`;
    default:
      return `The local network cannot be used on ${name} (${code}).`;
  }
};
