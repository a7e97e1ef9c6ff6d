import { type MdnsProblem, type MulticastInterface, mdnsProblemSentence } from '@bowline/contracts';
import type { LanFamily } from './lan-network.ts';

/** How one interface fares. */
export interface InterfaceHealth {
  readonly name: string;
  readonly family: LanFamily;
  readonly isLoopback: boolean;
  /** The system's code, or `DEAF` when nothing that is sent comes back; `null` when all is well. */
  readonly trouble: string | null;
}

/** What the person is told: see the event `health.changed`. */
export interface MdnsHealth {
  readonly problem: MdnsProblem | null;
  /** The interfaces that work. */
  readonly interfaces: readonly string[];
}

/** The code for an interface that never hears itself. */
export const DEAF = 'DEAF';

/** What else health depends on. */
export interface HealthCircumstances {
  readonly chosen: 'all' | readonly string[];
  readonly port: number;
  /** See {@link linkLocalOnly}. */
  readonly linkLocalOnly: readonly string[];
}

/**
 * While one interface works there is no problem: tunnels and idle adapters often take no multicast. Where there is IPv4, that
 * counts: most devices speak nothing else, or nothing else first.
 */
export const summarizeHealth = (
  interfaces: readonly InterfaceHealth[],
  { chosen, port, linkLocalOnly }: HealthCircumstances,
): MdnsHealth => {
  const ipv4 = interfaces.filter(({ family }) => family === 'ipv4');
  const judged = ipv4.length > 0 ? ipv4 : interfaces;
  const isAlone = chosen === 'all' && judged.every(({ isLoopback }) => isLoopback);
  if (isAlone && linkLocalOnly.length > 0) return { problem: linkLocalProblem(linkLocalOnly), interfaces: [] };
  if (judged.some(({ trouble }) => trouble === null)) {
    const working = interfaces.filter(({ trouble }) => trouble === null).map(({ name }) => name);
    return { problem: null, interfaces: [...new Set(working)] };
  }
  return { problem: commonProblem(judged, port) ?? absenceOf(chosen), interfaces: [] };
};

/** Each interface by its name, with its problem in words; where it has IPv4, that counts. */
export const describeInterfaces = (
  interfaces: readonly InterfaceHealth[],
  port: number,
): readonly MulticastInterface[] =>
  [...Map.groupBy(interfaces, ({ name }) => name)].map(([name, families]) => {
    const ipv4 = families.filter(({ family }) => family === 'ipv4');
    const problem = (ipv4.length > 0 ? ipv4 : families).every(({ trouble }) => trouble !== null)
      ? commonProblem(ipv4.length > 0 ? ipv4 : families, port)
      : null;
    return { name, problem: problem === null ? null : mdnsProblemSentence(problem) };
  });

const linkLocalProblem = (names: readonly string[]): MdnsProblem =>
  bounded({
    code: 'linkLocalOnly',
    reason: `This device has link-local IPv6 addresses alone (fe80::…, on ${names.join(', ')}), over which devices cannot be connected`,
    remedy: 'give this network IPv4 addresses or unique local IPv6 ones, as most routers do',
  });

/** What is sent comes back from this machine itself, so that a network which does not pass it on looks well from here. */
const NOBODY_HEARD =
  'On the local network no other machine was heard at all: it may keep its devices apart (a guest network, "client isolation") or not pass multicast on; move both devices to one network that does.';

/** Why a search that found nobody could not but do so; `null` where it could. @param isAlone whether no other machine was ever heard */
export const searchProblem = ({ problem }: MdnsHealth, isAlone: boolean): string | null => {
  if (problem === null) return isAlone ? NOBODY_HEARD : null;
  const sentence = mdnsProblemSentence(problem);
  return `Nobody can be found on the local network: ${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`;
};

/** Most characters of a reason or a remedy. */
const MAX_CHARACTERS = 200;

/** Several interfaces often fail for one reason; where they do not, the first one's counts. */
const commonProblem = (interfaces: readonly InterfaceHealth[], port: number): MdnsProblem | null => {
  const [first] = interfaces;
  if (first === undefined) return null;
  const alike = interfaces.filter(({ trouble }) => trouble === first.trouble);
  const names = [...new Set(alike.map(({ name }) => name))].join(', ');
  return bounded(problemOf(names, first.trouble ?? '', port));
};

const bounded = ({ code, reason, remedy }: MdnsProblem): MdnsProblem => ({
  code,
  reason: reason.slice(0, MAX_CHARACTERS),
  remedy: remedy.slice(0, MAX_CHARACTERS),
});

const absenceOf = (chosen: 'all' | readonly string[]): MdnsProblem =>
  chosen === 'all'
    ? { code: 'noNetwork', reason: 'This device is on no network', remedy: 'connect it to one' }
    : bounded({
        code: 'addressMissing',
        reason: `No network interface has the address chosen for mDNS (${chosen.join(', ')})`,
        remedy: 'choose another, or connect that network',
      });

const problemOf = (names: string, code: string, port: number): MdnsProblem => {
  switch (code) {
    case DEAF:
      return {
        code: 'unheard',
        reason: `What is sent to the local network on ${names} does not come back`,
        remedy: `a firewall may block UDP port ${port}: let it in and out`,
      };
    case 'EADDRINUSE':
      return {
        code: 'portTaken',
        reason: `Another program keeps UDP port ${port} to itself`,
        remedy: 'end it, or let it share the port',
      };
    case 'EACCES':
    case 'EPERM':
      return {
        code: 'notAllowed',
        reason: `The system does not let this program use the local network on ${names} (${code})`,
        remedy: `allow UDP port ${port} in the firewall or privacy settings`,
      };
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
    case 'ENETDOWN':
    case 'EADDRNOTAVAIL':
    case 'ENODEV':
      return {
        code: 'unreachable',
        reason: `The local network on ${names} cannot be reached (${code})`,
        remedy: 'check that it is connected and takes multicast',
      };
    default:
      return {
        code: 'other',
        reason: `The local network cannot be used on ${names} (${code})`,
        remedy: 'check the network and the firewall',
      };
  }
};
