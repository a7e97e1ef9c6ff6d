import type { DeviceFacts } from '@bowline/contracts';
import type { Side } from '../diagnosis.ts';
import { hostOf } from '../host-of.ts';
import { IDENTITY_CLONED } from '../identity-cloned.ts';
import { spanPhrase } from '../phrases/time-phrases.ts';
import { freshThere, isToldOnLink, type Situation, seenHere, sideOf, toldThere } from '../situation.ts';
import { isBusy } from './is-busy.ts';
import { jitter, loss } from './path-quality-rules.ts';
import type { Rule } from './rule.ts';
import { tcpBlocked } from './tcp-rules.ts';

/** Tailscale's rule for moving home: at most 2/3 of the latency, and 10 ms less. */
const NEARER_RATIO = 2 / 3;
const NEARER_BY_MS = 10;

/** What goes directly is not counted. */
const overBudget: Rule = (situation) => {
  if (!situation.connection.isOverBudget || situation.connection.path?.kind === 'direct') return null;
  return {
    cause: 'slow-over-budget',
    certainty: 'known',
    side: 'here',
    evidence: [seenHere(situation, 'connection.isOverBudget', true)],
    remedies: ['raise-budget'],
  };
};

const farRelay: Rule = (situation) => {
  const { path, nearestRelay } = situation.connection;
  if (path?.kind !== 'relay' || path.relayUrl === null || nearestRelay === null) return null;
  if (nearestRelay.url === path.relayUrl) return null;
  const used = situation.here.relays.find(({ url }) => url === path.relayUrl)?.rttMs ?? null;
  if (used === null) return null;
  if (nearestRelay.rttMs > used * NEARER_RATIO || used - nearestRelay.rttMs < NEARER_BY_MS) return null;
  return {
    cause: 'slow-far-relay',
    certainty: 'known',
    side: null,
    subject: hostOf(nearestRelay.url),
    evidence: [
      seenHere(situation, `relay ${hostOf(path.relayUrl)}`, used, situation.here.atMs),
      seenHere(situation, `relay ${hostOf(nearestRelay.url)}`, nearestRelay.rttMs, situation.here.atMs),
    ],
    remedies: ['nearer-relay'],
  };
};

/** What hardly anybody notices is 150 ms each way (ITU-T G.114); around the earth and back a cable takes some 300 ms. */
const SLOW_ANSWER_MS = 400;

/** The first answer of a connection has waited for all that is done at its beginning. */
const SETTLED_MS = 10_000;

/** Whether the way is long, full or throttled is not to be seen from a round trip; that one of the two answers late is. */
const slowAnswers: Rule = (situation) => {
  const { rttMs, stateSinceMs } = situation.connection;
  const there = freshThere(situation);
  if (rttMs === null || rttMs < SLOW_ANSWER_MS) return null;
  if (stateSinceMs === null || situation.nowMs - stateSinceMs < SETTLED_MS) return null;
  if (isBusy(situation.here) || (there !== null && isBusy(there))) return null;
  return {
    cause: 'slow-answers',
    certainty: 'known',
    side: 'between',
    subject: spanPhrase(rttMs),
    evidence: [seenHere(situation, 'connection.rttMs', Math.round(rttMs))],
    remedies: ['relieve-line'],
  };
};

/** What the other one told before this link may have passed since. */
const certaintyOn = (situation: Situation, side: Side): 'known' | 'likely' =>
  side === 'here' || isToldOnLink(situation) ? 'known' : 'likely';

const busy: Rule = (situation) => {
  const there = freshThere(situation);
  const side = sideOf(isBusy(situation.here), there !== null && isBusy(there));
  if (side === null) return null;
  return {
    cause: 'slow-busy',
    certainty: certaintyOn(situation, side),
    side,
    evidence: [
      seenHere(situation, 'timerDelayMs', situation.here.timerDelayMs, situation.here.atMs),
      ...(there === null ? [] : [toldThere(situation, 'timerDelayMs', there.timerDelayMs)]),
    ],
    remedies: ['reduce-load'],
  };
};

/** What is wrong with a disk; that a device runs twice is noted in the same place, and is no matter of its disk. */
const diskProblem = ({ storeProblem }: DeviceFacts): string | null =>
  storeProblem === IDENTITY_CLONED ? null : storeProblem;

const storeFailing: Rule = (situation) => {
  const there = freshThere(situation);
  const [problemHere, problemThere] = [diskProblem(situation.here), there === null ? null : diskProblem(there)];
  const side = sideOf(problemHere !== null, problemThere !== null);
  if (side === null) return null;
  const code = problemHere ?? problemThere ?? '';
  return {
    cause: 'store-failing',
    certainty: certaintyOn(situation, side),
    side,
    subject: code,
    evidence: [
      seenHere(situation, 'storeProblem', situation.here.storeProblem, situation.here.atMs),
      ...(there === null ? [] : [toldThere(situation, 'storeProblem', there.storeProblem)]),
    ],
    remedies: ['free-disk'],
  };
};

/** What is wrong with one of the two devices itself, whether they are connected or not. */
export const DEVICE_RULES: readonly Rule[] = [busy, storeFailing];

/** What slows a connection down, and what is wrong with the devices that it connects. */
export const SLOW_RULES: readonly Rule[] = [
  overBudget,
  farRelay,
  loss,
  slowAnswers,
  jitter,
  tcpBlocked,
  ...DEVICE_RULES,
];
