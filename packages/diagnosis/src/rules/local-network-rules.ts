import type { DeviceFacts, MdnsProblemCode } from '@bowline/contracts';
import type { Evidence } from '../diagnosis.ts';
import type { RemedyCode } from '../remedies.ts';
import { freshThere, isOpenThere, type Situation, seenHere, sideOf, toldThere } from '../situation.ts';
import type { Rule } from './rule.ts';
import { isSighted } from './sighting.ts';

const MDNS_REMEDIES: Readonly<Record<MdnsProblemCode, RemedyCode>> = {
  portTaken: 'free-mdns-port',
  unheard: 'check-mdns',
  notAllowed: 'check-mdns',
  unreachable: 'check-network',
  noNetwork: 'check-network',
  addressMissing: 'check-network',
  linkLocalOnly: 'give-lan-addresses',
  other: 'check-mdns',
};

/** What helps against mDNS that fails here. */
export const mdnsRemedy = ({ mdnsProblem }: DeviceFacts): RemedyCode => MDNS_REMEDIES[mdnsProblem?.code ?? 'other'];

/** How mDNS fares here, and why. */
export const mdnsEvidence = (situation: Situation): Evidence => {
  const { mdns, mdnsProblem, atMs } = situation.here;
  return seenHere(situation, 'mdns', mdnsProblem?.reason ?? mdns, atMs);
};

/**
 * Whatever else keeps the two apart: were they on one network, they would not find each other there. Of another device it
 * is known only that it fails, not why.
 */
const localNetworkFailing: Rule = (situation) => {
  const { here } = situation;
  const there = freshThere(situation);
  const side = sideOf(here.mdns === 'failing', there?.mdns === 'failing');
  // Without relays it is the cause itself.
  if (side === null || isSighted(situation) || (here.mdns === 'failing' && here.relayChoice === 'disabled'))
    return null;
  return {
    cause: 'local-network-failing',
    certainty: 'likely',
    side,
    isOpenThere: isOpenThere(situation, side),
    evidence: [mdnsEvidence(situation), ...(there === null ? [] : [toldThere(situation, 'mdns', there.mdns)])],
    remedies: [side === 'there' ? 'check-mdns' : mdnsRemedy(here)],
  };
};

/** What holds beside the reason for which a device is not connected. */
export const LOCAL_NETWORK_RULES: readonly Rule[] = [localNetworkFailing];
