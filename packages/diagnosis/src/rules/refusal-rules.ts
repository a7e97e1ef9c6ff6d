import type { CloseName, LinkDownReason } from '@bowline/contracts';
import type { CauseCode } from '../causes.ts';
import type { RefusalFacts } from '../connection-facts.ts';
import type { Evidence, Side } from '../diagnosis.ts';
import { IDENTITY_CLONED } from '../identity-cloned.ts';
import type { RemedyCode } from '../remedies.ts';
import { freshThere, isLately, type Situation, seenHere, sideOf, toldThere } from '../situation.ts';
import type { Rule } from './rule.ts';

interface Refusal {
  readonly cause: CauseCode;
  readonly side: Side;
  readonly remedies: readonly RemedyCode[];
}

/** What each clear no of the other side means. */
const REFUSALS: Partial<Record<CloseName, Refusal>> = {
  unpaired: { cause: 'offline-unpaired', side: 'there', remedies: ['pair-again'] },
  'not-paired': { cause: 'offline-not-admitted', side: 'there', remedies: ['pair-again'] },
  stale: { cause: 'offline-stale', side: null, remedies: ['use-newer-copy', 'pair-again'] },
  cloned: { cause: 'offline-cloned', side: null, remedies: ['end-one-copy'] },
  'version-unsupported': { cause: 'offline-version', side: null, remedies: ['update-older'] },
  busy: { cause: 'offline-busy', side: 'there', remedies: ['try-later'] },
};

/**
 * Which of the two runs twice. A device that is told so by another one notes it of itself; one that does not, and is not connected
 * for that, has seen the other one twice.
 */
const clonedSide = (situation: Situation): Side => {
  const isHere = situation.here.storeProblem === IDENTITY_CLONED;
  return sideOf(isHere, !isHere || freshThere(situation)?.storeProblem === IDENTITY_CLONED);
};

const sideIn = (situation: Situation, { cause, side }: Refusal): Side =>
  cause === 'offline-cloned' ? clonedSide(situation) : side;

/** A no holds until the next dial could have brought another answer. */
const certaintyOf = (saidAtMs: number, nowMs: number): 'known' | 'likely' =>
  isLately(saidAtMs, nowMs) ? 'known' : 'likely';

/** A no that was said, and by which fact it is known. */
const saidNo = (
  situation: Situation,
  fact: 'connection.refusedWith' | 'connection.refusedHere',
  name: CloseName,
  atMs: number,
): ReturnType<Rule> => {
  const refusal = REFUSALS[name];
  if (refusal === undefined) return null;
  return {
    ...refusal,
    side: sideIn(situation, refusal),
    certainty: certaintyOf(atMs, situation.nowMs),
    evidence: [seenHere(situation, fact, name, atMs), ...(name === 'version-unsupported' ? releases(situation) : [])],
  };
};

/** The other side answered, and said no: nothing outweighs that. */
const refused: Rule = (situation) => {
  const { lastFailure } = situation.connection;
  if (lastFailure?.refusedWith == null) return null;
  return saidNo(situation, 'connection.refusedWith', lastFailure.refusedWith, lastFailure.atMs);
};

/** What each of the two runs. What the other one told ten minutes ago it may have changed since. */
const releases = (situation: Situation): readonly Evidence[] => {
  const there = freshThere(situation);
  const ofHere = seenHere(situation, 'version', situation.here.version, situation.here.atMs);
  return there === null ? [ofHere] : [ofHere, toldThere(situation, 'version', there.version)];
};

/** How the peer was refused here since the link was lost: while it is linked, something that is behind it may come as well. */
export const refusalSinceLost = ({ connection: { lastRefusal, lastDown } }: Situation): RefusalFacts | null =>
  lastRefusal !== null && lastRefusal.atMs >= (lastDown?.atMs ?? 0) ? lastRefusal : null;

/** It came by itself and was refused here: this side tells it, too, even where it cannot reach the other one. */
const refusedHere: Rule = (situation) => {
  const lastRefusal = refusalSinceLost(situation);
  return lastRefusal && saidNo(situation, 'connection.refusedHere', lastRefusal.name, lastRefusal.atMs);
};

/** What an end of the link says, until something later is known. */
const ENDS = {
  unpaired: { cause: 'offline-unpaired', side: 'there', remedies: ['pair-again'] },
  cloned: { cause: 'offline-cloned', side: null, remedies: ['end-one-copy'] },
} as const satisfies Partial<Record<LinkDownReason, Refusal>>;

const endedForAReason: Rule = (situation) => {
  const { lastDown, lastFailure } = situation.connection;
  const reason = lastDown?.reason;
  if (lastDown === null || (reason !== 'unpaired' && reason !== 'cloned')) return null;
  if (lastFailure !== null && lastFailure.atMs > lastDown.atMs) return null;
  return {
    ...ENDS[reason],
    side: sideIn(situation, ENDS[reason]),
    // Who has removed this device says so once; who runs twice may run once by now.
    certainty: reason === 'unpaired' ? 'known' : certaintyOf(lastDown.atMs, situation.nowMs),
    evidence: [seenHere(situation, 'connection.lastDown', reason, lastDown.atMs)],
  };
};

export const REFUSAL_RULES: readonly Rule[] = [refused, refusedHere, endedForAReason];
