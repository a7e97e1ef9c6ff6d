import type { RelayDownReason, RelayFact } from '@bowline/contracts';
import { ABSENT, type CauseCode } from '../causes.ts';
import type { ConnectionFacts } from '../connection-facts.ts';
import type { Evidence } from '../diagnosis.ts';
import { hostOf } from '../host-of.ts';
import type { RemedyCode } from '../remedies.ts';
import { freshThere, isDisabledThere, isLately, type Situation, seenHere, toldThere } from '../situation.ts';
import { allDown } from './own-network-rules.ts';
import { refusalSinceLost } from './refusal-rules.ts';
import { isSilent, namedWithReasons, remediesOf } from './relay-reasons.ts';
import type { Rule } from './rule.ts';
import { hasShownItself, isSighted } from './sighting.ts';

/** What it said holds until it shows itself again: sighted, or by an answer of its own. */
const goodbye: Rule = (situation) => {
  const { lastDown, lastFailure } = situation.connection;
  if (lastDown?.reason !== 'goodbye' || hasShownItself(situation)) return null;
  const { refusedWith = null } = lastFailure ?? {};
  if ((refusedWith !== null && refusedWith !== 'shutdown') || refusalSinceLost(situation) !== null) return null;
  return {
    cause: 'offline-goodbye',
    certainty: 'known',
    side: 'there',
    evidence: [seenHere(situation, 'connection.lastDown', lastDown.reason, lastDown.atMs)],
    remedies: ['switch-on-peer'],
  };
};

const sighted: Rule = (situation) => {
  const { sightedAtMs, failureCount } = situation.connection;
  if (!isSighted(situation)) return null;
  return {
    cause: 'offline-sighted',
    certainty: 'likely',
    side: 'between',
    evidence: [
      seenHere(situation, 'connection.sightedAtMs', sightedAtMs, sightedAtMs ?? situation.nowMs),
      seenHere(situation, 'connection.failureCount', failureCount),
    ],
    remedies: ['allow-local-udp', 'disable-isolation'],
  };
};

/** This device's connections to the relays the peer named. */
const theirRelays = ({ here, connection }: Situation): readonly RelayFact[] =>
  here.relays.filter(({ url }) => connection.peerRelayUrls.includes(url));

const evidenceOfDown = (situation: Situation, down: readonly RelayFact[]): readonly Evidence[] =>
  down.map(({ url, downReason }) => seenHere(situation, `relay ${hostOf(url)}`, downReason, situation.here.atMs));

const evidenceOfAbsence = (situation: Situation, absences: ConnectionFacts['absences']): readonly Evidence[] =>
  absences.map(({ url, atMs }) => seenHere(situation, 'connection.absentOnRelay', hostOf(url), atMs));

/** What a person can change on this device, when every relay of the peer says the same. */
const OURS_TO_MEND: Partial<Record<RelayDownReason, CauseCode>> = {
  auth: 'offline-their-relay-refuses',
  notConfigured: 'offline-their-relay-not-configured',
};

/** Where this device reaches none of its own relays, and the other one has named no further ones, that says it already. */
const isSaidOfOwn = (situation: Situation): boolean => {
  const own = allDown(situation);
  return (
    own !== null && situation.connection.peerRelayUrls.every((relayUrl) => own.some(({ url }) => url === relayUrl))
  );
};

/** Never known: were it there, it would come to a relay of this device's, if that lets it in. */
const theirRelayDown: Rule = (situation) => {
  const relays = theirRelays(situation);
  const down = relays.filter(({ state }) => state !== 'connected');
  if (relays.length === 0 || down.length < relays.length || situation.connection.sharedRelayUrls.length > 0)
    return null;
  const [reason, ...others] = new Set(down.map(({ downReason }) => downReason));
  if (isSaidOfOwn(situation)) return null;
  const ours = others.length === 0 && reason != null ? OURS_TO_MEND[reason] : undefined;
  const told = down.flatMap((relay) => (relay.downReason === null ? [] : [{ ...relay, downReason: relay.downReason }]));
  const isOutOfReach = told.every(isSilent);
  return {
    cause: ours ?? (isOutOfReach ? 'offline-their-relay-down' : 'offline-their-relay-unusable'),
    certainty: 'likely',
    side: ours === undefined ? 'between' : 'here',
    subject: ours !== undefined || isOutOfReach ? hostOf(down[0]?.url ?? 'http://-') : namedWithReasons(told),
    evidence: evidenceOfDown(situation, down),
    remedies:
      ours === undefined ? [...new Set<RemedyCode>(['check-relay', ...remediesOf(told)])] : ['configure-their-relay'],
  };
};

/** It said so before it left its relays. Likely: that they do not know it any more they say of one that is off, too. */
const theirRelaysDisabled: Rule = (situation) => {
  const { absences, peerRelayUrls } = situation.connection;
  if (!isDisabledThere(situation)) return null;
  return {
    cause: 'offline-relays-disabled',
    certainty: 'likely',
    side: 'there',
    evidence: [
      toldThere(situation, 'relayChoice', 'disabled'),
      ...(absences.length === 0
        ? [seenHere(situation, 'connection.peerRelayUrls', peerRelayUrls.length)]
        : evidenceOfAbsence(situation, absences)),
    ],
    remedies: ['same-network', 'enable-relays', 'switch-on-peer'],
  };
};

/** Who was started while its relays were down names none of them, and tells that it has some. */
const relaysDownThere: Rule = (situation) => {
  const relays = freshThere(situation)?.relays ?? [];
  if (situation.connection.peerRelayUrls.length > 0 || relays.length === 0) return null;
  if (relays.some(({ state }) => state === 'connected')) return null;
  return {
    cause: 'offline-relays-down-there',
    certainty: 'likely',
    side: 'there',
    subject: [...new Set(relays.map(({ url }) => hostOf(url)))].join(' and '),
    evidence: relays.map(({ url, downReason }) => toldThere(situation, `relay ${hostOf(url)}`, downReason)),
    remedies: ['check-relay', 'switch-on-peer', 'same-network'],
  };
};

const noCommonRelay: Rule = (situation) => {
  if (situation.connection.peerRelayUrls.length > 0 || relaysDownThere(situation) !== null) return null;
  // Where one of the two uses none, that says why, and it is said.
  if (isDisabledThere(situation) || situation.here.relayChoice === 'disabled') return null;
  return {
    cause: 'offline-no-common-relay',
    certainty: 'likely',
    side: 'there',
    evidence: [seenHere(situation, 'connection.peerRelayUrls', 0)],
    remedies: ['same-network', 'switch-on-peer'],
  };
};

/** Relays that were asked lately, and after the peer was heard last, and say that it is not there. */
const saidAway = ({ connection: { absences, lastHeardAtMs }, nowMs }: Situation): ConnectionFacts['absences'] =>
  absences.filter(({ atMs }) => isLately(atMs, nowMs) && atMs >= (lastHeardAtMs ?? 0));

/**
 * Known once every relay the peer has named was asked and says so: it may be at one that is not reached from here. What it
 * showed on the local network, or said of its relays, meanwhile goes before what they say.
 */
const away: Rule = (situation) => {
  const { lastHeardAtMs, peerRelayUrls, sharedRelayUrls, failureCount } = situation.connection;
  if (isDisabledThere(situation)) return null;
  const absent = saidAway(situation);
  if (absent.length === 0 && (sharedRelayUrls.length === 0 || failureCount === 0)) return null;
  const unasked = peerRelayUrls.filter((relayUrl) => !absent.some(({ url }) => url === relayUrl));
  return {
    cause: lastHeardAtMs === null ? 'offline-never-seen' : 'offline-away',
    certainty: unasked.length === 0 && !hasShownItself(situation) ? 'known' : 'likely',
    side: 'there',
    subject: absent.length > 0 ? ABSENT : '',
    evidence: [
      ...(absent.length > 0
        ? evidenceOfAbsence(situation, absent)
        : [
            seenHere(situation, 'connection.sharedRelayUrls', sharedRelayUrls.length),
            seenHere(situation, 'connection.failureCount', failureCount),
          ]),
      ...evidenceOfDown(
        situation,
        theirRelays(situation).filter(({ url, state }) => state !== 'connected' && unasked.includes(url)),
      ),
    ],
    remedies: ['switch-on-peer'],
  };
};

const neverSeen: Rule = (situation) => {
  if (situation.connection.lastHeardAtMs !== null) return null;
  return {
    cause: 'offline-never-seen',
    certainty: 'likely',
    side: 'there',
    evidence: [seenHere(situation, 'connection.lastHeardAtMs', null)],
    remedies: ['switch-on-peer'],
  };
};

/** Only where relays are asked for it does it matter what they say. */
const byRelays =
  (rule: Rule): Rule =>
  (situation) =>
    situation.connection.usesRelays ? rule(situation) : null;

export const PEER_AWAY_RULES: readonly Rule[] = [
  goodbye,
  sighted,
  ...[theirRelayDown, theirRelaysDisabled, relaysDownThere, noCommonRelay, away].map(byRelays),
  neverSeen,
];
