import { tcpFailurePhrase } from '../phrases/reason-phrases.ts';
import { seenHere, sideOf, toldThere } from '../situation.ts';
import type { Rule } from './rule.ts';

/**
 * Each of the two knows what its own dial was answered. One direction alone says little of whose firewall it is: most let all out and
 * nothing in, so that it is likely the one of who was dialled. Where neither gets through that is known; a firewall of either may
 * keep both directions back, and so may both.
 */
export const tcpBlocked: Rule = (situation) => {
  const { name, connection } = situation;
  const { path, tcpAbsence, tcpFailure, tcpFailureThere } = connection;
  if (path?.kind !== 'direct' || tcpAbsence !== 'blocked') return null;
  // What was dialled lies there.
  const side = sideOf(tcpFailureThere !== null, tcpFailure !== null);
  if (side === null) return null;
  return {
    cause: 'slow-tcp-blocked',
    certainty: side === 'both' ? 'known' : 'likely',
    side: side === 'both' ? 'between' : side,
    subject: [
      ...(tcpFailure === null ? [] : [`one from this device to ${name} ${tcpFailurePhrase(tcpFailure)}`]),
      ...(tcpFailureThere === null ? [] : [`one from ${name} to this device ${tcpFailurePhrase(tcpFailureThere)}`]),
    ].join(', and '),
    evidence: [
      ...(tcpFailure === null ? [] : [seenHere(situation, 'tcp.failure', tcpFailure)]),
      ...(tcpFailureThere === null ? [] : [toldThere(situation, 'tcp.failure', tcpFailureThere)]),
    ],
    remedies: ['allow-tcp'],
  };
};
