import type { LinksOptions } from './options.ts';

export type HeartbeatTimes = Pick<
  LinksOptions,
  'activeIntervalMs' | 'idleIntervalMs' | 'activeForMs' | 'silenceMs' | 'silenceAfterChangeMs' | 'maxSilenceMs'
>;

/** What is known of a link's life. All times are monotonic milliseconds. */
export interface HeartbeatFacts {
  /** When anything was last heard. */
  readonly heardAtMs: number;
  /** When the last ping went out; `null`: one is owed. */
  readonly pingedAtMs: number | null;
  /** Of the last exchange on the idle link, whether the other side asked and this one answered: then it is this one's turn. */
  readonly isOwnTurn: boolean;
  /** Whether this side dialled, and so asks first when both have waited for the other. */
  readonly hasDialled: boolean;
  /** When the oldest ping went out after which nothing has been heard; `null` when there is none. */
  readonly awaitingSinceMs: number | null;
  /** When the network changed and a ping went out, after which nothing has been heard; `null` when there is none. */
  readonly changedAtMs: number | null;
  /** When the link came into use, and when it was last used. `null`: not in use. */
  readonly inUse: { readonly sinceMs: number; readonly lastMs: number } | null;
  /** Messages wait for an acknowledgement: the link is in use however long ago the last one was sent. */
  readonly hasUnacknowledged: boolean;
  /** Silence before this moment proves nothing: time jumped, or the link is new. */
  readonly graceFromMs: number;
  /** Smoothed round trip; `null` before the first. */
  readonly rttMs: number | null;
}

/** What to do now, and when to ask again. */
export type HeartbeatDecision =
  | { readonly decision: 'dead' }
  | { readonly decision: 'ping' | 'wait'; readonly askAgainAtMs: number };

/** How much longer than its turn takes each side leaves the other alone, milliseconds: the delays of a timer and a process. */
const TURN_MS = 100;

/**
 * On an idle link the two sides ask in turns, each as long after anything was heard as once was between two of its own
 * pings: what either asks proves the link to both, and both measure it.
 */
const idleWaitMs = ({ isOwnTurn, hasDialled }: HeartbeatFacts, { idleIntervalMs }: HeartbeatTimes): number => {
  if (isOwnTurn) return idleIntervalMs;
  return idleIntervalMs + (hasDialled ? TURN_MS : 2 * TURN_MS);
};

/** How long nothing may be heard: this, or three round trips on slow lines, and the most while nothing was measured. */
const toleratedMs = (silenceMs: number, rttMs: number | null, { maxSilenceMs }: HeartbeatTimes): number =>
  rttMs === null ? maxSilenceMs : Math.min(maxSilenceMs, Math.max(silenceMs, 3 * rttMs));

/** Whether the link counts as in use, which is what makes the heartbeat fast. */
export const isInUse = (facts: HeartbeatFacts, times: HeartbeatTimes, nowMs: number): boolean =>
  facts.inUse !== null && (facts.hasUnacknowledged || nowMs - facts.inUse.lastMs < times.activeForMs);

/** Decides whether a link is alive, and when to ask it. */
export const decideHeartbeat = (facts: HeartbeatFacts, times: HeartbeatTimes, nowMs: number): HeartbeatDecision => {
  const silenceMs = toleratedMs(times.silenceMs, facts.rttMs, times);
  const isActive = isInUse(facts, times, nowMs);
  let deadAtMs = Number.POSITIVE_INFINITY;
  if (facts.awaitingSinceMs !== null) deadAtMs = Math.max(facts.awaitingSinceMs, facts.graceFromMs) + silenceMs;
  if (isActive && facts.inUse !== null) {
    const heardUntilMs = Math.max(facts.heardAtMs, facts.inUse.sinceMs, facts.graceFromMs);
    deadAtMs = Math.min(deadAtMs, heardUntilMs + silenceMs);
  }
  if (facts.changedAtMs !== null) {
    const afterChangeMs = toleratedMs(times.silenceAfterChangeMs, facts.rttMs, times);
    deadAtMs = Math.min(deadAtMs, Math.max(facts.changedAtMs, facts.graceFromMs) + afterChangeMs);
  }
  if (nowMs >= deadAtMs) return { decision: 'dead' };
  const intervalMs = isActive ? times.activeIntervalMs : idleWaitMs(facts, times);
  const { pingedAtMs, heardAtMs } = facts;
  const sinceMs = isActive || pingedAtMs === null ? pingedAtMs : Math.max(pingedAtMs, heardAtMs);
  const isPingDue = sinceMs === null || nowMs - sinceMs >= intervalMs;
  const nextPingAtMs = (isPingDue ? nowMs : sinceMs) + intervalMs;
  const afterPingMs = isPingDue ? nowMs + silenceMs : deadAtMs;
  return {
    decision: isPingDue ? 'ping' : 'wait',
    askAgainAtMs: Math.min(nextPingAtMs, deadAtMs, afterPingMs),
  };
};
