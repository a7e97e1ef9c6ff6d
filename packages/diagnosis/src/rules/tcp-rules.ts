import type { ConnectionFacts } from '../connection-facts.ts';
import { namePhrase } from '../phrases/name-phrase.ts';
import { tcpFailurePhrase } from '../phrases/reason-phrases.ts';
import { measuredThere, type Situation, seenHere, sideOf } from '../situation.ts';
import type { Rule } from './rule.ts';

type Suspect = 'here' | 'there' | null;

/**
 * Whose firewall it is, as far as further devices on the network tell: what they reach, or are reached by, keeps not everything back. One
 * direction is enough, so that it is mended there. `null`: nobody else was tried.
 */
const suspectOf = ({ tcpWithOthers: { stoodCount, failedCount } }: ConnectionFacts): Suspect => {
  if (stoodCount > 0) return 'there';
  return failedCount > 0 ? 'here' : null;
};

const whose = (suspect: Suspect, name: string): string => {
  if (suspect === 'there')
    return `. With another device on this network one can: most likely it is a firewall on ${name}`;
  if (suspect === 'here')
    return '. Nor can one with another device on this network: most likely it is a firewall on this device';
  return '. Whose firewall it is cannot be told from what the two see';
};

const evidenceOfOthers = (situation: Situation, suspect: Suspect): ReturnType<typeof seenHere>[] => {
  const { stoodCount, failedCount } = situation.connection.tcpWithOthers;
  if (suspect === null) return [];
  return suspect === 'there'
    ? [seenHere(situation, 'tcp.stoodWithOthers', stoodCount)]
    : [seenHere(situation, 'tcp.failedWithOthers', failedCount)];
};

/**
 * Each of the two knows what its own dial was answered. One direction alone says little of whose firewall it is: most let all out and
 * nothing in, so that it is likely the one of who was dialled. Where neither gets through that is known; a firewall of either may
 * keep both directions back, and so may both, and what passes between this device and others on the network is all that tells them apart.
 */
export const tcpBlocked: Rule = (situation) => {
  const { connection } = situation;
  const name = namePhrase(situation.name);
  const { path, tcpAbsence, tcpFailure, tcpFailureThere } = connection;
  if (path?.kind !== 'direct' || tcpAbsence !== 'blocked') return null;
  // What was dialled lies there.
  const side = sideOf(tcpFailureThere !== null, tcpFailure !== null);
  if (side === null) return null;
  const suspect = side === 'both' ? suspectOf(connection) : null;
  const failed = [
    ...(tcpFailure === null ? [] : [`one from this device to ${name} ${tcpFailurePhrase(tcpFailure)}`]),
    ...(tcpFailureThere === null ? [] : [`one from ${name} to this device ${tcpFailurePhrase(tcpFailureThere)}`]),
  ].join(', and ');
  return {
    cause: 'slow-tcp-blocked',
    certainty: side === 'both' && suspect === null ? 'known' : 'likely',
    side: side === 'both' ? (suspect ?? 'between') : side,
    subject: side === 'both' ? `${failed}${whose(suspect, name)}` : failed,
    evidence: [
      ...(tcpFailure === null ? [] : [seenHere(situation, 'tcp.failure', tcpFailure)]),
      ...(tcpFailureThere === null ? [] : [measuredThere(situation, 'tcp.failure', tcpFailureThere)]),
      ...evidenceOfOthers(situation, suspect),
    ],
    remedies: ['allow-tcp'],
  };
};
