import type { RelayDownReason, RelayFact } from '@bowline/contracts';
import { type CauseCode, shownCertificate } from '../causes.ts';
import type { Certainty } from '../diagnosis.ts';
import { hostOf } from '../host-of.ts';
import type { RemedyCode } from '../remedies.ts';
import { isDisabledThere, isOpenThere, type Situation, seenHere, toldThere } from '../situation.ts';
import { mdnsEvidence, mdnsRemedy } from './local-network-rules.ts';
import { type DownRelay, isSilent, namedWithReasons, remediesOf } from './relay-reasons.ts';
import type { Rule } from './rule.ts';
import { isSighted } from './sighting.ts';

const noNetwork: Rule = (situation) => {
  const { families, bound, mdnsProblem, relays } = situation.here;
  if (families.length > 0 || bound === 'loopback') return null;
  const isLinkLocal = mdnsProblem?.code === 'linkLocalOnly';
  return {
    cause: isLinkLocal ? 'offline-link-local-only' : 'offline-no-network',
    // A relay that is connected speaks against it, until that is noticed to be gone.
    certainty: relays.every(isDown) ? 'known' : 'likely',
    side: 'here',
    evidence: [seenHere(situation, 'families', '', situation.here.atMs)],
    remedies: [isLinkLocal ? 'give-lan-addresses' : 'check-network'],
  };
};

/** Relays that carry this device's own presence. */
const ownRelays = ({ here }: Situation): readonly RelayFact[] => here.relays.filter(({ role }) => role !== 'peer');

/** Reasons that say something answered, though not as a relay that is to be trusted would. */
const FOREIGN_ANSWERS: ReadonlySet<RelayDownReason> = new Set<RelayDownReason>(['http', 'tls', 'protocol', 'version']);

/** Reasons that a proxy gives, or what it passes off as a relay; one that takes a connection and says nothing hangs. */
const PROXY_ANSWERS: ReadonlySet<RelayDownReason> = new Set<RelayDownReason>(['proxy', 'timeout', ...FOREIGN_ANSWERS]);

/** What only a machine that is there says or does. */
const ANSWERS_OF_A_MACHINE: ReadonlySet<RelayDownReason> = new Set<RelayDownReason>([
  'portClosed',
  'closed',
  'timeout',
]);

/** What a page for signing in is like. A relay of another version, or one whose web server passes no WebSockets on, says so. */
const PAGE_ANSWERS: ReadonlySet<RelayDownReason> = new Set<RelayDownReason>(['http', 'tls', 'protocol']);

/** Two hosts that fail in one way at once are not two broken relays. */
const SEVERAL_HOSTS = 2;

const isDown = (relay: RelayFact): boolean => relay.state !== 'connected';

/** Own relays, all down, with the reasons; `null` while one works, none is configured, or one was not tried yet. */
export const allDown = (situation: Situation): readonly DownRelay[] | null => {
  const relays = ownRelays(situation);
  if (relays.length === 0 || !relays.every(isDown)) return null;
  const told = relays.flatMap((relay) =>
    relay.downReason === null ? [] : [{ ...relay, downReason: relay.downReason }],
  );
  return told.length === relays.length ? told : null;
};

/** What the relays of this device have in common says of it. */
interface Verdict {
  readonly cause: CauseCode;
  readonly certainty: Exclude<Certainty, 'unknown'>;
  readonly side: 'here' | 'between';
  readonly remedies: readonly RemedyCode[];
}

/** Over http, whoever is on the way can log in as this device. */
const CLONED: Verdict = {
  cause: 'offline-cloned',
  certainty: 'known',
  side: 'here',
  remedies: ['end-one-copy', 'use-https-relays'],
};

/** What a single reason means when it is that of every relay, however many there are. */
const COMMON_REASONS: Partial<Record<RelayDownReason, Verdict>> = {
  dns: { cause: 'offline-no-dns', certainty: 'known', side: 'here', remedies: ['check-dns', 'check-internet'] },
  // It is on one again by now, and did not try since.
  noNetwork: { cause: 'offline-no-route', certainty: 'likely', side: 'here', remedies: ['check-network'] },
  noRoute: { cause: 'offline-no-route', certainty: 'known', side: 'here', remedies: ['check-gateway'] },
  unavailable: { cause: 'offline-relay-unavailable', certainty: 'known', side: 'between', remedies: ['check-relay'] },
  auth: { cause: 'offline-relay-refuses-here', certainty: 'known', side: 'here', remedies: ['check-relay-token'] },
  // Once is not often: a login of this device's own that was given up may still have been on its way.
  displaced: { ...CLONED, certainty: 'likely' },
  contested: CLONED,
};

const RELAY_CERTIFICATE: Verdict = {
  cause: 'offline-relay-certificate',
  certainty: 'known',
  // Whether the relay shows a bad one, or this device does not know whom to trust, is not to be seen.
  side: 'between',
  remedies: ['check-relay-certificate', 'open-captive-page'],
};

const RELAY_PROTOCOL: Verdict = {
  cause: 'offline-relay-protocol',
  certainty: 'known',
  side: 'between',
  remedies: ['check-relay', 'open-captive-page'],
};

/** Each of them fails for a reason of its own: that is all that is seen. */
const RELAYS_UNUSABLE: Verdict = {
  cause: 'offline-relays-unusable',
  certainty: 'known',
  side: 'between',
  remedies: [],
};

const RELAY_DOWN: Verdict = {
  cause: 'offline-relay-down',
  certainty: 'known',
  side: 'between',
  remedies: ['check-relay', 'check-internet'],
};

/** Certificates whose dates do not fit: of several relays at once they say that it is this device whose clock is wrong. */
const certificatesOf = (situation: Situation, relays: readonly DownRelay[], hostCount: number): Verdict | null => {
  const reasons = new Set(relays.map(({ downReason }) => downReason));
  if (reasons.size !== 1) return null;
  if (reasons.has('certificateDates')) {
    if (hostCount < SEVERAL_HOSTS) return { ...RELAY_CERTIFICATE, remedies: ['check-relay-certificate', 'set-clock'] };
    return {
      cause: 'offline-clock',
      certainty: 'likely',
      side: 'here',
      remedies: ['set-clock', 'check-relay-certificate'],
    };
  }
  // The public relays show certificates that everybody trusts, so that somebody else must have shown another one.
  const isOwnChoice = situation.here.relayChoice === 'custom' || hostCount < SEVERAL_HOSTS;
  return reasons.has('tls') && isOwnChoice ? RELAY_CERTIFICATE : null;
};

const verdictOf = (situation: Situation, relays: readonly DownRelay[]): Verdict => {
  const reasons = relays.map(({ downReason }) => downReason);
  const hostCount = new Set(relays.map(({ url }) => hostOf(url))).size;
  const isEvery = (some: ReadonlySet<RelayDownReason>): boolean => reasons.every((reason) => some.has(reason));
  if (situation.here.usesProxy && isEvery(PROXY_ANSWERS)) {
    const isKnown = reasons.every((reason) => reason === 'proxy');
    return { cause: 'offline-proxy', certainty: isKnown ? 'known' : 'likely', side: 'here', remedies: ['check-proxy'] };
  }
  const [reason] = reasons;
  const common = reasons.every((each) => each === reason) && reason !== undefined ? COMMON_REASONS[reason] : undefined;
  if (common !== undefined) {
    const isForged = common.cause === 'offline-cloned' && relays.some(({ url }) => url.startsWith('http:'));
    return isForged ? { ...common, certainty: 'likely' } : common;
  }
  const certificates = certificatesOf(situation, relays, hostCount);
  if (certificates !== null) return certificates;
  if (isEvery(PAGE_ANSWERS) && hostCount >= SEVERAL_HOSTS)
    return { cause: 'offline-captive-network', certainty: 'likely', side: 'here', remedies: ['open-captive-page'] };
  if (isEvery(FOREIGN_ANSWERS)) return RELAY_PROTOCOL;
  if (!relays.every(isSilent)) return RELAYS_UNUSABLE;
  if (hostCount < SEVERAL_HOSTS) return RELAY_DOWN;
  // A machine that says no, or anything at all, is there: packets get as far as that.
  const isMachineThere = reasons.some((each) => ANSWERS_OF_A_MACHINE.has(each));
  if (isMachineThere) return { ...RELAY_DOWN, certainty: 'likely' };
  return { cause: 'offline-no-internet', certainty: 'likely', side: 'here', remedies: ['check-internet'] };
};

/** Whether the relays of the other device are out of reach as well, each as it was tried: then it can be met at none. */
const isCutOff = ({ here, connection }: Situation): boolean =>
  connection.peerRelayUrls.every((url) => here.relays.some((relay) => relay.url === url && relay.state === 'down'));

const subjectOf = ({ cause }: Verdict, relays: readonly DownRelay[]): string => {
  const hosts = [...new Set(relays.map(({ url }) => hostOf(url)))];
  if (cause === 'offline-relays-unusable') return namedWithReasons(relays);
  if (cause === 'offline-relay-certificate')
    return shownCertificate(
      hosts[0] ?? '',
      relays.every(({ downReason }) => downReason === 'certificateDates'),
    );
  return cause === 'offline-relay-down' || cause === 'offline-relay-unavailable'
    ? hosts.join(' and ')
    : (hosts[0] ?? '');
};

/** This device reaches none of its relays; what the reasons have in common says why. */
const relaysDown: Rule = (situation) => {
  const relays = allDown(situation);
  if (relays === null) return null;
  const verdict = verdictOf(situation, relays);
  return {
    ...verdict,
    certainty: isCutOff(situation) && situation.connection.usesRelays ? verdict.certainty : 'likely',
    remedies: [
      ...new Set<RemedyCode>([
        ...verdict.remedies,
        ...remediesOf(relays),
        ...(situation.here.usesProxy ? (['check-proxy'] as const) : []),
      ]),
    ],
    subject: subjectOf(verdict, relays),
    evidence: relays.map(({ url, downReason }) =>
      seenHere(situation, `relay ${hostOf(url)}`, downReason, situation.here.atMs),
    ),
  };
};

/** Where it reaches a relay of the other device's, its own are not what keeps the two apart, and yet of note. */
const reachesTheirs = ({ connection }: Situation): boolean => connection.sharedRelayUrls.length > 0;

/** Nothing of what relays say matters then: none is asked for it. */
const relaysDenied: Rule = (situation) => {
  if (situation.connection.usesRelays || isSighted(situation)) return null;
  return {
    cause: 'offline-relays-denied',
    // Away, it would not be found directly, either.
    certainty: 'likely',
    side: 'here',
    evidence: [seenHere(situation, 'connection.usesRelays', false)],
    remedies: ['permit-relays', 'same-network'],
  };
};

const relaysDisabled: Rule = (situation) => {
  const { here } = situation;
  // Who shows itself on this network is found without relays: then something else keeps the two apart.
  if (here.relayChoice !== 'disabled' || isSighted(situation)) return null;
  const isFailing = here.mdns === 'failing';
  const side = !isFailing && isDisabledThere(situation) ? 'both' : 'here';
  return {
    cause: isFailing ? 'offline-mdns-failing' : 'offline-relays-disabled',
    // Away, it would not be found by multicast DNS that works, either.
    certainty: 'likely',
    side,
    // Who has named relays uses some.
    isOpenThere: situation.connection.peerRelayUrls.length === 0 && isOpenThere(situation, side),
    evidence: [
      seenHere(situation, 'relayChoice', here.relayChoice, here.atMs),
      ...(side === 'both' ? [toldThere(situation, 'relayChoice', 'disabled')] : []),
      mdnsEvidence(situation),
    ],
    remedies: isFailing
      ? [mdnsRemedy(here), 'enable-relays', 'switch-on-peer']
      : ['same-network', 'enable-relays', 'switch-on-peer'],
  };
};

/** Without a network nothing was heard of late, whatever was said before. */
export const NO_NETWORK_RULES: readonly Rule[] = [noNetwork];

/** Of this device's own relays: as long as they are down, nothing is known of the other side's. */
export const OWN_RELAY_RULES: readonly Rule[] = [
  relaysDenied,
  (situation) => (reachesTheirs(situation) || !situation.connection.usesRelays ? null : relaysDown(situation)),
  relaysDisabled,
];

/** What is said beside whatever keeps the other device away. */
export const OWN_RELAY_RULES_BESIDE: readonly Rule[] = [
  (situation) => (reachesTheirs(situation) || !situation.connection.usesRelays ? relaysDown(situation) : null),
];
