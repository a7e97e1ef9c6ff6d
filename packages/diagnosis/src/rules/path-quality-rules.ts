import { namePhrase } from '../phrases/name-phrase.ts';
import { spanPhrase } from '../phrases/time-phrases.ts';
import { freshThere, measuredThere, type Situation, seenHere } from '../situation.ts';
import { isBusy } from './is-busy.ts';
import type { Rule } from './rule.ts';

/** Loss at which TCP-like congestion control is down to a tenth of a usual line (Mathis et al. 1997, 50 ms round trip). */
const LOSSY_RATIO = 0.02;

const isLossy = (ratio: number | null): ratio is number => ratio !== null && ratio >= LOSSY_RATIO;

const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;

const permille = (ratio: number | null): number | null => (ratio === null ? null : Math.round(ratio * 1_000) / 1_000);

/** Fewer round trips say nothing of how they are spread, and fewer than so many not enough to be certain. */
const FEW_ROUND_TRIPS = 8;
const MANY_ROUND_TRIPS = 20;

/** Of a spread so much is left out at either end: one answer that was late once is no jitter. */
const LEFT_OUT_RATIO = 0.1;

/** What players of speech and pictures even out without being noticed (ITU-T G.1050), and what is much beside the length of the path. */
const UNEVEN_MS = 40;
const UNEVEN_RATIO = 0.5;

/**
 * Those in the middle have to be apart as well, by this part of it, before it is certain. Of the late ones some may have waited in one of
 * the two devices, or have been lost and sent again: two of five at 20 % loss in each direction.
 */
const MIDDLE_RATIO = 0.5;
const [MIDDLE_FROM, MIDDLE_TO] = [0.25, 0.65];

/** How the round trips are spread, milliseconds; `spreadMs` without the least and the most of them, `middleMs` of those in the middle alone. */
const spreadOf = (roundTripsMs: readonly number[]) => {
  const sorted = roundTripsMs.toSorted((one, other) => one - other);
  const at = (index: number): number => sorted[index] ?? 0;
  const leftOut = Math.ceil(sorted.length * LEFT_OUT_RATIO);
  return {
    leastMs: at(0),
    medianMs: at(Math.floor(sorted.length / 2)),
    mostMs: at(sorted.length - 1),
    spreadMs: at(sorted.length - 1 - leftOut) - at(leftOut),
    middleMs: at(Math.floor(sorted.length * MIDDLE_TO)) - at(Math.floor(sorted.length * MIDDLE_FROM)),
  };
};

/** How uneven the answers on the path are; `null` where it is not much, or too little was measured to say. */
const unevennessOf = (situation: Situation) => {
  const { roundTripsMs } = situation.connection;
  if (roundTripsMs.length < FEW_ROUND_TRIPS) return null;
  const spread = spreadOf(roundTripsMs);
  const delayHereMs = situation.here.timerDelayMs ?? 0;
  // A round trip waits once in each of the two. One that has told nothing is taken for one like this.
  const delayThereMs = freshThere(situation)?.timerDelayMs ?? delayHereMs;
  const unevenMs = Math.max(UNEVEN_MS, spread.medianMs * UNEVEN_RATIO, delayHereMs + delayThereMs);
  if (spread.spreadMs < unevenMs) return null;
  const isCertain = roundTripsMs.length >= MANY_ROUND_TRIPS && spread.middleMs >= unevenMs * MIDDLE_RATIO;
  return { ...spread, isCertain };
};

/**
 * Only who sends a packet learns that it was lost, by its never being acknowledged: each of the two counts one direction. Packets that
 * overtake each other, as where each is late by another time, are taken for lost before they arrive.
 */
export const loss: Rule = (situation) => {
  const { connection } = situation;
  const name = namePhrase(situation.name);
  const { lossRatio, lossRatioThere } = connection;
  const there = isLossy(lossRatio) ? `from this device to ${name}` : null;
  const back = isLossy(lossRatioThere) ? `from ${name} to this device` : null;
  if (there === null && back === null) return null;
  const isBothWays = there !== null && back !== null;
  return {
    cause: 'slow-loss',
    certainty: unevennessOf(situation)?.isCertain === true ? 'likely' : 'known',
    side: 'between',
    subject: isBothWays
      ? `both ways (${percent(lossRatio ?? 0)} ${there}, ${percent(lossRatioThere ?? 0)} ${back})`
      : `on the way ${there ?? back} (${percent((there === null ? lossRatioThere : lossRatio) ?? 0)})`,
    evidence: [
      seenHere(situation, 'connection.lossRatio', permille(lossRatio)),
      measuredThere(situation, 'connection.lossRatio', permille(lossRatioThere)),
    ],
    remedies: ['steady-line'],
  };
};

/**
 * Round trips that swing: a radio, or a line that others fill, whose queue is now long and now empty. Nothing is said of it where
 * one of the two devices answers late by itself, or a limit lets only a trickle through.
 */
export const jitter: Rule = (situation) => {
  const { roundTripsMs, isOverBudget, path } = situation.connection;
  const there = freshThere(situation);
  if (isBusy(situation.here) || (there !== null && isBusy(there))) return null;
  if (isOverBudget && path?.kind === 'relay') return null;
  const found = unevennessOf(situation);
  if (found === null) return null;
  const { leastMs, medianMs, mostMs, isCertain } = found;
  return {
    cause: 'slow-jitter',
    certainty: isCertain ? 'known' : 'likely',
    side: 'between',
    subject: `after ${spanPhrase(leastMs)} to ${spanPhrase(mostMs)}, half of them within ${spanPhrase(medianMs)}`,
    evidence: [
      seenHere(situation, 'connection.roundTripLeastMs', Math.round(leastMs)),
      seenHere(situation, 'connection.roundTripMedianMs', Math.round(medianMs)),
      seenHere(situation, 'connection.roundTripMostMs', Math.round(mostMs)),
      seenHere(situation, 'connection.roundTripCount', roundTripsMs.length),
    ],
    remedies: ['steady-line'],
  };
};
