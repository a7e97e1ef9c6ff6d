import type { RelayDownReason, RelayFact } from '@bowline/contracts';
import type { CauseCode } from '../causes.ts';
import { hostOf } from '../host-of.ts';
import { freshThere, type Situation, seenHere, toldThere } from '../situation.ts';
import type { Rule } from './rule.ts';
import { isSighted } from './sighting.ts';

const goodbye: Rule = (situation) => {
  const { lastDown } = situation.connection;
  if (lastDown?.reason !== 'goodbye') return null;
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

/** What a person can change on this device, when every relay of the peer says the same. */
const OURS_TO_MEND: Partial<Record<RelayDownReason, CauseCode>> = {
  auth: 'offline-their-relay-refuses',
  notConfigured: 'offline-their-relay-not-configured',
};

const theirRelayDown: Rule = (situation) => {
  const relays = theirRelays(situation);
  const down = relays.filter(({ state }) => state !== 'connected');
  if (relays.length === 0 || down.length < relays.length || situation.connection.sharedRelayUrls.length > 0)
    return null;
  const [reason, ...others] = new Set(down.map(({ downReason }) => downReason));
  const ours = others.length === 0 && reason != null ? OURS_TO_MEND[reason] : undefined;
  return {
    cause: ours ?? 'offline-their-relay-down',
    certainty: ours === undefined ? 'likely' : 'known',
    side: ours === undefined ? 'between' : 'here',
    subject: hostOf(down[0]?.url ?? 'http://-'),
    evidence: down.map(({ url, downReason }) =>
      seenHere(situation, `relay ${hostOf(url)}`, downReason, situation.here.atMs),
    ),
    remedies: [ours === undefined ? 'check-relay' : 'configure-their-relay'],
  };
};

/** It said so before it left its relays; that they do not know it any more bears it out. */
const theirRelaysDisabled: Rule = (situation) => {
  const { absentOnRelay, peerRelayUrls } = situation.connection;
  const there = freshThere(situation);
  if (there?.relayChoice !== 'disabled') return null;
  return {
    cause: 'offline-relays-disabled',
    certainty: absentOnRelay === null ? 'likely' : 'known',
    side: 'there',
    evidence: [
      toldThere(situation, 'relayChoice', 'disabled'),
      absentOnRelay === null
        ? seenHere(situation, 'connection.peerRelayUrls', peerRelayUrls.length)
        : seenHere(situation, 'connection.absentOnRelay', hostOf(absentOnRelay.url), absentOnRelay.atMs),
    ],
    remedies: ['same-network', 'enable-relays'],
  };
};

const noCommonRelay: Rule = (situation) => {
  if (situation.connection.peerRelayUrls.length > 0) return null;
  return {
    cause: 'offline-no-common-relay',
    certainty: 'likely',
    side: 'there',
    evidence: [seenHere(situation, 'connection.peerRelayUrls', 0)],
    remedies: ['same-network', 'switch-on-peer'],
  };
};

/** A relay that works says the peer is not there, and was asked after the peer was heard last. */
const away: Rule = (situation) => {
  const { absentOnRelay, lastHeardAtMs, sharedRelayUrls, failureCount } = situation.connection;
  const isAbsent = absentOnRelay !== null && absentOnRelay.atMs >= (lastHeardAtMs ?? 0);
  if (!isAbsent && (sharedRelayUrls.length === 0 || failureCount === 0)) return null;
  return {
    cause: lastHeardAtMs === null ? 'offline-never-seen' : 'offline-away',
    certainty: isAbsent ? 'known' : 'likely',
    side: 'there',
    evidence: isAbsent
      ? [seenHere(situation, 'connection.absentOnRelay', hostOf(absentOnRelay.url), absentOnRelay.atMs)]
      : [
          seenHere(situation, 'connection.sharedRelayUrls', sharedRelayUrls.length),
          seenHere(situation, 'connection.failureCount', failureCount),
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

export const PEER_AWAY_RULES: readonly Rule[] = [
  goodbye,
  sighted,
  theirRelayDown,
  theirRelaysDisabled,
  noCommonRelay,
  away,
  neverSeen,
];
