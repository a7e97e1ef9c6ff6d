import type { RelayDownReason, RelayFact } from '@bowline/contracts';
import type { CauseCode } from '../causes.ts';
import type { Certainty } from '../diagnosis.ts';
import { hostOf } from '../host-of.ts';
import type { RemedyCode } from '../remedies.ts';
import { type Finding, freshThere, type Situation, seenHere, toldThere } from '../situation.ts';
import { mdnsEvidence, mdnsRemedy } from './local-network-rules.ts';
import type { Rule } from './rule.ts';
import { isSighted } from './sighting.ts';

const noNetwork: Rule = (situation) => {
  const { families, bound, mdnsProblem } = situation.here;
  if (families.length > 0 || bound === 'loopback') return null;
  const isLinkLocal = mdnsProblem?.code === 'linkLocalOnly';
  return {
    cause: isLinkLocal ? 'offline-link-local-only' : 'offline-no-network',
    certainty: 'known',
    side: 'here',
    evidence: [seenHere(situation, 'families', '', situation.here.atMs)],
    remedies: [isLinkLocal ? 'give-lan-addresses' : 'check-network'],
  };
};

/** Relays that carry this device's own presence. */
const ownRelays = ({ here }: Situation): readonly RelayFact[] => here.relays.filter(({ role }) => role !== 'peer');

/** Reasons that say something answered, though not as a relay that is to be trusted would. */
const FOREIGN_ANSWERS: ReadonlySet<RelayDownReason> = new Set<RelayDownReason>(['http', 'tls', 'protocol', 'version']);

/** Two hosts that answer wrongly at once are not two broken relays. */
const FOREIGN_HOSTS = 2;

const isDown = (relay: RelayFact): boolean => relay.state !== 'connected';

/** Own relays, all down, with the reasons; `null` while one works, none is configured, or one was not tried yet. */
const allDown = (situation: Situation): readonly (RelayFact & { readonly downReason: RelayDownReason })[] | null => {
  const relays = ownRelays(situation);
  if (relays.length === 0 || !relays.every(isDown)) return null;
  const told = relays.flatMap((relay) =>
    relay.downReason === null ? [] : [{ ...relay, downReason: relay.downReason }],
  );
  return told.length === relays.length ? told : null;
};

const finding = (
  situation: Situation,
  relays: readonly RelayFact[],
  what: {
    readonly cause: CauseCode;
    readonly certainty: Exclude<Certainty, 'unknown'>;
    readonly side: 'here' | 'between';
    readonly remedies: readonly RemedyCode[];
  },
): Finding<CauseCode, RemedyCode> => ({
  ...what,
  subject: hostOf(relays[0]?.url ?? 'http://-'),
  evidence: relays.map(({ url, downReason }) =>
    seenHere(situation, `relay ${hostOf(url)}`, downReason, situation.here.atMs),
  ),
});

/** What a single reason means when it is that of every relay. */
const COMMON_REASONS: Partial<
  Record<RelayDownReason, { readonly cause: CauseCode; readonly remedies: readonly RemedyCode[] }>
> = {
  dns: { cause: 'offline-no-dns', remedies: ['check-dns', 'check-internet'] },
  auth: { cause: 'offline-relay-refuses-here', remedies: ['check-relay-token'] },
  tls: { cause: 'offline-relay-certificate', remedies: ['check-relay-certificate'] },
  proxy: { cause: 'offline-proxy', remedies: ['check-proxy'] },
  displaced: { cause: 'offline-cloned', remedies: ['end-one-copy', 'use-https-relays'] },
  contested: { cause: 'offline-cloned', remedies: ['end-one-copy', 'use-https-relays'] },
};

/** This device reaches none of its relays; what the reasons have in common says why. */
const relaysDown: Rule = (situation) => {
  const relays = allDown(situation);
  if (relays === null) return null;
  const reasons = new Set(relays.map(({ downReason }) => downReason));
  const answers = relays.filter(({ downReason }) => FOREIGN_ANSWERS.has(downReason));
  if (situation.here.usesProxy && relays.every(({ downReason }) => downReason !== 'auth')) {
    return finding(situation, relays, {
      cause: 'offline-proxy',
      certainty: 'likely',
      side: 'here',
      remedies: ['check-proxy'],
    });
  }
  if (answers.length === relays.length && new Set(answers.map(({ url }) => hostOf(url))).size >= FOREIGN_HOSTS) {
    return finding(situation, relays, {
      cause: 'offline-captive-network',
      certainty: 'likely',
      side: 'here',
      remedies: ['open-captive-page'],
    });
  }
  const [reason] = reasons;
  const common = reasons.size === 1 && reason !== undefined ? COMMON_REASONS[reason] : undefined;
  if (common !== undefined) {
    // Over http, whoever is on the way can log in as this device.
    const isForged = common.cause === 'offline-cloned' && relays.some(({ url }) => url.startsWith('http:'));
    return finding(situation, relays, { ...common, certainty: isForged ? 'likely' : 'known', side: 'here' });
  }
  if (answers.length === relays.length) {
    return finding(situation, relays, {
      cause: 'offline-relay-protocol',
      certainty: 'known',
      side: 'between',
      remedies: ['check-relay', 'open-captive-page'],
    });
  }
  const isOneRelay = new Set(relays.map(({ url }) => hostOf(url))).size === 1;
  return finding(situation, relays, {
    cause: isOneRelay ? 'offline-relay-down' : 'offline-no-internet',
    certainty: isOneRelay ? 'known' : 'likely',
    side: isOneRelay ? 'between' : 'here',
    remedies: isOneRelay ? ['check-relay', 'check-internet'] : ['check-internet'],
  });
};

const relaysDisabled: Rule = (situation) => {
  const { here } = situation;
  // Who shows itself on this network is found without relays: then something else keeps the two apart.
  if (here.relayChoice !== 'disabled' || isSighted(situation)) return null;
  const isFailing = here.mdns === 'failing';
  const isThereToo = !isFailing && freshThere(situation)?.relayChoice === 'disabled';
  return {
    cause: isFailing ? 'offline-mdns-failing' : 'offline-relays-disabled',
    certainty: isFailing ? 'known' : 'likely',
    side: isThereToo ? 'both' : 'here',
    evidence: [
      seenHere(situation, 'relayChoice', here.relayChoice, here.atMs),
      ...(isThereToo ? [toldThere(situation, 'relayChoice', 'disabled')] : []),
      mdnsEvidence(situation),
    ],
    remedies: isFailing ? [mdnsRemedy(here), 'enable-relays'] : ['same-network', 'enable-relays'],
  };
};

/** Of this device's own network and relays: as long as they are down, nothing is known of the other side's. */
export const OWN_NETWORK_RULES: readonly Rule[] = [noNetwork, relaysDown, relaysDisabled];
