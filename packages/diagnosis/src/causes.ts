import type { Side } from './diagnosis.ts';

/** What a sentence is made from. */
export interface SentenceParts {
  readonly name: string;
  readonly side: Side;
  readonly subject: string;
}

/** `this device`, `laptop`, or both; for "behind X". */
const who = ({ name, side }: SentenceParts): string => {
  if (side === 'here') return 'this device';
  if (side === 'there') return name;
  return side === 'both' ? `this device and ${name}` : 'one of the two devices';
};

const are = ({ side }: SentenceParts): string => (side === 'both' ? 'are' : 'is');
const have = ({ side }: SentenceParts): string => (side === 'both' ? 'have' : 'has');

const plural = (subject: string): string => (subject.includes(' and ') ? 's' : '');

/** What is wrong with the certificate of what answers as a relay, which `offline-relay-certificate` names. */
export const shownCertificate = (host: string, isOfDates: boolean): string =>
  isOfDates
    ? `${host} shows a certificate that is not valid yet, or not any more, by the clock of this device`
    : `${host} shows a certificate that is not trusted here`;

/** What `offline-away` names where its relays have said so. */
export const ABSENT = 'absent';

type Sentence = (parts: SentenceParts) => string;

const relayed =
  (because: Sentence): Sentence =>
  (parts) =>
    `${parts.name} is connected through a relay, because ${because(parts)}.`;

const offline =
  (because: Sentence): Sentence =>
  (parts) =>
    `${parts.name} is not connected: ${because(parts)}.`;

/** Every cause, by code, with the sentence that says it. The codes are stable. */
export const CAUSES = Object.freeze({
  // Direct
  'direct-same-machine': ({ name }) => `${name} is connected directly: it runs on this machine.`,
  'direct-lan': ({ name, subject }) => `${name} is connected directly over the local network (${subject}).`,
  'direct-private': ({ name, subject }) =>
    `${name} is connected directly over a private network that leads there, such as a VPN (${subject}).`,
  'direct-internet': ({ name, subject }) => `${name} is connected directly across the internet (${subject}).`,

  // Through a relay
  'relayed-still-looking': relayed(() => 'the connection is new and a direct path is still being looked for'),
  'relayed-bound-to-loopback': relayed(
    (parts) => `${who(parts)} ${are(parts)} set to use no network but the machine's own`,
  ),
  'relayed-no-common-family': relayed(() => 'one network has only IPv4 and the other only IPv6'),
  'relayed-udp-blocked': relayed(
    (parts) => `UDP does not get through, or not to every port or in every size, where ${who(parts)} ${are(parts)}`,
  ),
  'relayed-symmetric-nat': relayed(
    (parts) => `${who(parts)} ${are(parts)} behind a router that gives every connection another port (symmetric NAT)`,
  ),
  'relayed-no-address-discovery': relayed(
    (parts) => `${who(parts)} ${have(parts)} nobody to ask for the outside address`,
  ),
  'relayed-same-router': relayed(
    () => 'both are behind one router that keeps its devices apart (client isolation or separate networks)',
  ),
  'relayed-firewall': relayed((parts) => `a firewall in front of ${who(parts)} lets nothing in`),
  'relayed-punch-failed': relayed(
    () => 'no packet gets through although both sides tried: a router, or a firewall, keeps them back',
  ),
  'relayed-unknown': relayed(() => 'no direct path was found, and nothing known here says why'),

  'path-unknown': ({ name }) => `${name} is connected; which path the packets take is not known yet.`,

  // Not connected
  'offline-connecting': ({ name }) => `${name} is being connected at this moment.`,
  'offline-no-network': offline(() => 'this device has no network'),
  'offline-link-local-only': offline(
    () => 'this device has link-local IPv6 addresses alone, over which nothing connects',
  ),
  'offline-unpaired': offline(() => 'it has removed this device'),
  'offline-not-admitted': offline(
    () => 'it does not admit this device: it has removed or blocked it, or runs from data of before they were paired',
  ),
  'offline-stale': offline(() => 'one of the two runs from an older copy of its data'),
  'offline-cloned': offline(
    (parts) =>
      `${who(parts)} ${parts.side === 'both' ? 'run' : 'runs'} twice, from copies of the same data, and ${are(parts)} connected once one of the copies has ended`,
  ),
  'offline-version': offline(() => 'the two run releases that do not understand each other'),
  'offline-busy': offline(() => 'it answers that it has too much to do'),
  'offline-goodbye': offline(() => 'it was shut down in order, and has not been heard since'),
  'offline-no-dns': offline(() => 'the name of no relay is found here: no name server answers, or the names are wrong'),
  'offline-clock': offline(
    () => 'by the clock of this device the certificates of its relays are not valid: most likely the clock is wrong',
  ),
  'offline-captive-network': offline(
    () => 'something on this network answers in the place of the relays, as networks do that want a sign-in first',
  ),
  'offline-proxy': offline(
    () => 'the proxy of this device cannot be used: it is not reached, or does not let the relays through',
  ),
  'offline-no-route': offline(
    () =>
      'no way leads from this device to its relays: its network has no gateway, or not the kind of addresses that they have (IPv4, IPv6)',
  ),
  'offline-relay-refuses-here': offline(({ subject }) => `the relay ${subject} does not let this device in`),
  'offline-relay-certificate': offline(({ subject }) => `what answers as the relay ${subject}`),
  'offline-relay-protocol': offline(({ subject }) => `${subject} does not answer as a relay does`),
  'offline-no-internet': offline(() => 'none of the relays can be reached from here'),
  'offline-relay-down': offline(
    ({ subject }) =>
      `the relay${plural(subject)} ${subject} ${subject.includes(' and ') ? 'are' : 'is'} down, or cannot be reached from here`,
  ),
  'offline-relay-unavailable': offline(
    ({ subject }) =>
      `the relay${plural(subject)} ${subject} ${subject.includes(' and ') ? 'answer that they' : 'answers that it'} cannot serve now`,
  ),
  'offline-relays-unusable': offline(({ subject }) => `this device can use none of its relays: ${subject}`),
  'offline-sighted': offline(() => 'it shows itself on the local network, but does not answer: a firewall is likely'),
  'offline-relays-disabled': offline(
    (parts) => `relays are disabled on ${who(parts)}, and the two do not see each other on one network`,
  ),
  'offline-relays-denied': offline(
    () => 'this device lets nothing pass to or from it through relays, and finds no direct way to it',
  ),
  'offline-mdns-failing': offline(
    () => 'relays are disabled here, and multicast DNS, the other way of finding it, does not work',
  ),
  'offline-their-relay-refuses': offline(({ subject }) => `its relay ${subject} does not let this device in`),
  'offline-their-relay-not-configured': offline(
    ({ subject }) => `its relay ${subject} is used only by devices that are told to, and this one is not`,
  ),
  'offline-their-relay-down': offline(({ subject }) => `its relay ${subject} is down, or cannot be reached from here`),
  'offline-their-relay-unusable': offline(({ subject }) => `this device cannot use its relay ${subject}`),
  'offline-no-common-relay': offline(() => 'it has told no relay at which it can be found'),
  'offline-relays-down-there': offline(
    ({ subject }) => `it has told no relay at which it can be found, for it reached none of its own: ${subject}`,
  ),
  // Not every relay says who is not there, and one that hangs is.
  'offline-away': offline(({ subject }) =>
    subject === ABSENT
      ? 'it is not at its relays: it is off or asleep, does not reach them, or uses others by now'
      : 'it does not answer by its relays: it is off or asleep, does not reach them, uses others by now, hangs, or lets nothing from this device through',
  ),
  'offline-never-seen': offline(() => 'it has not been heard since it was paired'),
  'offline-unknown': offline(() => 'nothing known here says why'),

  // Not connected, beside whatever else holds
  'local-network-failing': (parts) =>
    `On its local network ${who(parts)} can neither find others nor be found: multicast DNS does not work there.`,

  // Slow, beside whatever else holds
  'slow-over-budget': () => "The day's limit for relays is used up; only a trickle passes.",
  'slow-far-relay': ({ subject }) => `The relay in use is far; ${subject} is nearer.`,
  'slow-loss': ({ subject }) => `The path loses packets ${subject}.`,
  'slow-answers': ({ subject }) => `Answers on this path took long of late (${subject}).`,
  'slow-jitter': ({ subject }) => `Answers on this path come unevenly: ${subject}.`,
  'slow-tcp-blocked': ({ subject }) =>
    `What carries much is slower than it could be, for no TCP connection can be made: ${subject}.`,
  'slow-busy': (parts) => `${who(parts)} ${are(parts)} busy: timers fire late.`.replace(/^t/, 'T'),
  'store-failing': (parts) => `${who(parts)} cannot write to its disk (${parts.subject}).`.replace(/^t/, 'T'),
} satisfies Record<string, Sentence>);

export type CauseCode = keyof typeof CAUSES;
