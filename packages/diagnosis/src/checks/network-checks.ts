import { addressScopeOf, type DeviceCheck, ipOf, type MdnsProblem } from '@bowline/contracts';
import { type Check, ok, skipped, wrong } from './checked-device.ts';
import { BECAUSE_NO_NETWORK, hasNoNetwork } from './circumstances.ts';

const udp: Check = ({ facts }) => {
  switch (facts.udp) {
    case 'works':
      return [ok('udp', 'UDP gets out and back.')];
    case 'blocked':
      return [
        wrong('udp', 'failed', 'Nobody answers over UDP: this device is reached through relays alone.', 'allow-udp'),
      ];
    case 'unknown':
      if (hasNoNetwork(facts)) return [skipped('udp', `Nobody answers over UDP, ${BECAUSE_NO_NETWORK}.`)];
      return [
        skipped(
          'udp',
          facts.hasObserver ? 'Nobody has answered over UDP yet.' : 'Nobody is known who could be asked over UDP.',
        ),
      ];
  }
};

const nat: Check = ({ facts }) => {
  switch (facts.nat) {
    case 'none':
      return [ok('nat', 'This device has a public address of its own.')];
    case 'endpoint-independent':
      return [ok('nat', 'The router lets direct connections be made.')];
    case 'symmetric':
      return [
        wrong('nat', 'warning', 'The router gives every connection another port (symmetric NAT).', 'open-port-mapping'),
      ];
    case 'unknown':
      return [
        skipped(
          'nat',
          hasNoNetwork(facts)
            ? `What the router does is not known, ${BECAUSE_NO_NETWORK}.`
            : 'What the router does is not known: too few have seen this device from outside.',
        ),
      ];
  }
};

/** Whether the router opens a port when it is asked; without that, hole punching is tried all the same. */
const portMapping: Check = ({ portMapping: told, facts }) => {
  const name = 'port-mapping';
  if (facts.bound === 'loopback') return [skipped(name, 'This device keeps to this machine.')];
  if (hasNoNetwork(facts)) return [skipped(name, `No router was asked to open a port, ${BECAUSE_NO_NETWORK}.`)];
  if (told === null || told.attempts === 0) return [skipped(name, 'No router was asked to open a port yet.')];
  if (told.successes > 0) return [ok(name, 'The router opens a port for this device (UPnP or NAT-PMP).')];
  const sentence = 'No router here opens a port when it is asked (UPnP, NAT-PMP)';
  if (facts.nat === 'symmetric')
    return [wrong(name, 'warning', `${sentence}; behind this one it is needed.`, 'open-port-mapping')];
  return [skipped(name, `${sentence}.`)];
};

/** Who is let in over UDP is not to be seen without the rights of an administrator; whether anybody answers is. */
const firewall: Check = ({ firewalls, facts }) => {
  if (firewalls === null) return [skipped('firewall', 'It is not known how to look for a firewall on this system.')];
  if (firewalls.length === 0) return [ok('firewall', 'None of ufw, firewalld and nftables is switched on here.')];
  const names = firewalls.join(' and ');
  const isOne = firewalls.length === 1;
  if (facts.udp === 'works')
    return [ok('firewall', `${names} ${isOne ? 'is' : 'are'} switched on, and lets UDP out and back.`)];
  const sentence = `${names} ${isOne ? 'is' : 'are'} switched on here; whether it lets UDP in is not known.`;
  if (hasNoNetwork(facts)) return [skipped('firewall', sentence)];
  return [wrong('firewall', 'warning', sentence, 'allow-local-udp')];
};

const mdnsFailing = (problem: MdnsProblem | null): DeviceCheck => {
  if (problem === null) return wrong('mdns', 'failed', 'Multicast DNS does not work.', 'check-mdns');
  const { reason, remedy } = problem;
  return {
    name: 'mdns',
    result: 'failed',
    sentence: `Devices on the local network are not found: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}.`,
    remedy: `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}.`,
  };
};

/** Multicast DNS as a whole, then each interface by whether it hears what this device sends there. */
const mdns: Check = ({ facts, multicast }) => {
  if (facts.mdns === 'off') return [skipped('mdns', 'Looking for devices on the local network is off.')];
  if (hasNoNetwork(facts))
    return [skipped('mdns', `Devices on the local network are not looked for, ${BECAUSE_NO_NETWORK}.`)];
  const whole =
    facts.mdns === 'failing'
      ? mdnsFailing(facts.mdnsProblem)
      : ok('mdns', 'This device is announced on the local network.');
  const each = (multicast ?? []).map(({ name, problem }) =>
    problem === null
      ? ok(`mdns ${name}`, `What is sent to the local network on ${name} comes back.`)
      : wrong(`mdns ${name}`, 'warning', problem, 'check-mdns'),
  );
  return [whole, ...each];
};

const router: Check = ({ openedPort }) => {
  if (openedPort === null) return [];
  if (openedPort.isClosed) return [ok('router', 'A port that the router opened was closed again.')];
  const sentence = `The router keeps a port to this device open (${openedPort.address}): ${openedPort.reason}.`;
  return [wrong('router', 'warning', sentence, 'switch-off-port-mapping')];
};

/** Who may come to this device by TCP, which large streams use. */
const tcp: Check = ({ tcp: { reach, listeningAt } }) => {
  if (reach === 'off') return [skipped('tcp', 'TCP for large streams is switched off.')];
  if (reach === 'private') return [ok('tcp', 'Large streams may use TCP on local networks; the internet is kept out.')];
  const facing = listeningAt.filter((address) => addressScopeOf(ipOf(address)) === 'internet');
  if (facing.length > 0)
    return [ok('tcp', `Paired devices reach this one by TCP across the internet (${facing.join(', ')}).`)];
  return [skipped('tcp', 'TCP across the internet is allowed; nothing listens for it now.')];
};

/** What lies between this device and others, in the order in which it is told. */
export const NETWORK_CHECKS: readonly Check[] = [udp, nat, portMapping, firewall, tcp, mdns, router];
