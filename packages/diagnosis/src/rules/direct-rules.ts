import type { CauseCode } from '../causes.ts';
import type { PathScope } from '../connection-facts.ts';
import { seenHere } from '../situation.ts';
import type { Rule } from './rule.ts';

const CAUSE_OF_SCOPE: Readonly<Record<PathScope, CauseCode>> = {
  loopback: 'direct-same-machine',
  lan: 'direct-lan',
  private: 'direct-private',
  public: 'direct-internet',
};

const HOW = {
  mdns: 'the address was seen on the local network',
  stored: 'the address was known from before',
  peer: 'the other device told the address',
} as const;

/**
 * The selected path says all: where its address lies, its family, and how it was found. But for one: between two behind one
 * outside address, packets may turn round in the router that has it.
 */
const direct: Rule = (situation) => {
  const { path, pathSinceMs, tcpBytesPerSecond, tcpAbsence, sharesOutsideAddress } = situation.connection;
  if (path?.kind !== 'direct') return null;
  const { scope, family, learntFrom } = path;
  const familyName = family === 'ipv4' ? 'IPv4' : 'IPv6';
  const how = learntFrom === null ? 'the address was found while connecting' : HOW[learntFrom];
  return {
    cause: CAUSE_OF_SCOPE[scope],
    certainty: scope === 'public' && sharesOutsideAddress === true ? 'likely' : 'known',
    side: null,
    subject: `${familyName}; ${how}`,
    evidence: [
      seenHere(situation, 'path.scope', scope, pathSinceMs ?? undefined),
      seenHere(situation, 'path.family', family, pathSinceMs ?? undefined),
      seenHere(situation, 'path.learntFrom', learntFrom, pathSinceMs ?? undefined),
      ...(tcpBytesPerSecond === null ? [] : [seenHere(situation, 'tcp.bytesPerSecond', tcpBytesPerSecond)]),
      ...(tcpAbsence === null ? [] : [seenHere(situation, 'tcp.absence', tcpAbsence)]),
    ],
    remedies: tcpAbsence === 'blocked' ? ['allow-tcp'] : [],
  };
};

export const DIRECT_RULES: readonly Rule[] = [direct];
