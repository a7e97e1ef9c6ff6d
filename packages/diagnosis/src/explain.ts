import { CAUSES, type CauseCode } from './causes.ts';
import type { Diagnosis, Evidence, Remedy } from './diagnosis.ts';
import { namePhrase } from './phrases/name-phrase.ts';
import { relativeTime } from './phrases/time-phrases.ts';
import { REMEDIES, type RemedyCode } from './remedies.ts';
import { DIRECT_RULES } from './rules/direct-rules.ts';
import { LOCAL_NETWORK_RULES } from './rules/local-network-rules.ts';
import { NO_NETWORK_RULES, OWN_RELAY_RULES, OWN_RELAY_RULES_BESIDE } from './rules/own-network-rules.ts';
import { PEER_AWAY_RULES } from './rules/peer-away-rules.ts';
import { REFUSAL_RULES } from './rules/refusal-rules.ts';
import { RELAYED_RULES } from './rules/relayed-rules.ts';
import type { Rule } from './rules/rule.ts';
import { DEVICE_RULES, SLOW_RULES } from './rules/slow-rules.ts';
import { type Finding, type Situation, seenHere } from './situation.ts';

type Found = Finding<CauseCode, RemedyCode>;

/** A remedy that was tried since, by code. */
export type TriedRemedies = Partial<Record<RemedyCode, { readonly outcome: string; readonly atMs: number }>>;

const OFFLINE_RULES: readonly Rule[] = [
  ...NO_NETWORK_RULES,
  ...REFUSAL_RULES,
  ...OWN_RELAY_RULES,
  ...PEER_AWAY_RULES,
  ...OWN_RELAY_RULES_BESIDE,
];

/** What holds beside the reason for which a device is not connected. */
const BESIDE_OFFLINE: readonly Rule[] = [...LOCAL_NETWORK_RULES, ...DEVICE_RULES];

/**
 * Says why a device is connected as it is, or is not. Pure: the same situation gives the same diagnosis.
 *
 * Of the rules that hold, a cause that is known goes before one that is likely, and of equals the one listed first: that there
 * is no network here, what the other side said itself, then what is wrong here, then what may be wrong there. Where none holds,
 * the cause is one that says so, with certainty `unknown`.
 */
export const explain = (situation: Situation, tried: TriedRemedies = {}): Diagnosis => {
  const primary = weigh(findAll(primaryRules(situation), situation));
  const [found, ...others] = primary.length === 0 ? [fallback(situation)] : primary;
  if (found === undefined) throw new Error('a fallback always stands');
  const beside = findAll(situation.connection.state === 'connected' ? SLOW_RULES : BESIDE_OFFLINE, situation);
  const also = withoutRepeats([...beside, ...others], found.cause);
  // Once the cause is known, what would help against another one that was only likely would not help.
  const toMend = [found, ...beside, ...(found.certainty === 'known' ? [] : others)];
  const isUnknown = primary.length === 0 && situation.connection.state !== 'connecting';
  return {
    cause: found.cause,
    sentence: sentenceOf(found, situation),
    certainty: isUnknown ? 'unknown' : found.certainty,
    side: found.side,
    evidence: evidenceOf([found, ...beside]),
    remedies: [...new Set(toMend.flatMap(({ remedies }) => remedies))].map((code) => remedyOf(code, tried)),
    also: also.map((other) => ({
      cause: other.cause,
      sentence: sentenceOf(other, situation),
      certainty: other.certainty,
      side: other.side,
    })),
  };
};

const primaryRules = ({ connection: { state, path } }: Situation): readonly Rule[] => {
  if (state !== 'connected') return OFFLINE_RULES;
  if (path === null) return [];
  return path.kind === 'direct' ? DIRECT_RULES : RELAYED_RULES;
};

const findAll = (rules: readonly Rule[], situation: Situation): readonly Found[] =>
  rules.flatMap((rule) => rule(situation) ?? []);

/** Two rules may find one cause from different facts; the first says it. */
const withoutRepeats = (found: readonly Found[], said: CauseCode): readonly Found[] =>
  found.filter(({ cause }, at) => cause !== said && found.findIndex((other) => other.cause === cause) === at);

/** What speaks for the cause, and for what is said beside it. */
const evidenceOf = (found: readonly Found[]): readonly Evidence[] => [
  ...new Map(found.flatMap(({ evidence }) => evidence.map((each) => [`${each.from} ${each.fact}`, each]))).values(),
];

/** Stable: within one certainty the order of the rules stays. */
const weigh = (found: readonly Found[]): readonly Found[] => [
  ...found.filter(({ certainty }) => certainty === 'known'),
  ...found.filter(({ certainty }) => certainty === 'likely'),
];

const fallback = (situation: Situation): Found => {
  const { state, stateSinceMs } = situation.connection;
  const evidence = [seenHere(situation, 'connection.state', state, stateSinceMs ?? undefined)];
  return { cause: fallbackCause(situation), certainty: 'known', side: null, evidence, remedies: [] };
};

const fallbackCause = ({ connection: { state, path } }: Situation): CauseCode => {
  if (state === 'connecting') return 'offline-connecting';
  if (state === 'offline') return 'offline-unknown';
  return path === null ? 'path-unknown' : 'relayed-unknown';
};

const sentenceOf = (found: Found, situation: Situation): string => {
  const { cause, side, subject = '', isOpenThere = false } = found;
  const said = CAUSES[cause]({ name: namePhrase(situation.name), side, subject });
  return isOpenThere ? `${said.replace(/\.$/, '')}; ${openThere(situation)}` : said;
};

const openThere = ({ name, thereAtMs, nowMs }: Situation): string => {
  const told = thereAtMs === null ? 'it has told nothing yet' : `it last told ${relativeTime(thereAtMs, nowMs)}`;
  return `whether that holds for ${namePhrase(name)} as well is not known: ${told}.`;
};

const remedyOf = (code: RemedyCode, tried: TriedRemedies): Remedy => ({
  code,
  sentence: REMEDIES[code],
  tried: tried[code] ?? null,
});
