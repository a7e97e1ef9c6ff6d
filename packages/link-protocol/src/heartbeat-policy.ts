/** The times of a heartbeat, milliseconds. */
export interface HeartbeatTimes {
  /** Time between pings while the link is in use. */
  readonly activeIntervalMs: number;
  /** Silence after which one of the two sides pings while it is not. */
  readonly idleIntervalMs: number;
  /** A link counts as in use for this long after a message or acknowledgement. */
  readonly activeForMs: number;
  /** Silence after which a link in use is dead, and the longest wait for anything after a ping. */
  readonly silenceMs: number;
  /** The same on a direct path while the network has just changed: an old path is more likely dead than slow. */
  readonly silenceAfterChangeMs: number;
  /** What that may stretch to on slow lines, where it is three round trips. */
  readonly maxSilenceMs: number;
}

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
  /** When the network last changed; `null` when it has not. */
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

/**
 * For so long after the network changed a path is looked after most closely, milliseconds: iroh moves some, hears once, and finds
 * out that they lead nowhere.
 */
const UNSETTLED_MS = 2_000;

/** Time between pings meanwhile, milliseconds: the death of a path that moved is then found within twice the silence. */
const UNSETTLED_INTERVAL_MS = 200;

/** When the network changed, while that is so short ago that the path may still fall; `null` otherwise. */
const unsettledSinceMs = ({ changedAtMs }: HeartbeatFacts, nowMs: number): number | null =>
  changedAtMs !== null && nowMs - changedAtMs < UNSETTLED_MS ? changedAtMs : null;

/** Whether the network changed so short ago that the path may still fall. */
export const isUnsettled = (facts: HeartbeatFacts, nowMs: number): boolean => unsettledSinceMs(facts, nowMs) !== null;

const intervalOf = (facts: HeartbeatFacts, times: HeartbeatTimes, nowMs: number): number => {
  if (isUnsettled(facts, nowMs)) return UNSETTLED_INTERVAL_MS;
  return isInUse(facts, times, nowMs) ? times.activeIntervalMs : idleWaitMs(facts, times);
};

/** Decides whether a link is alive, and when to ask it. */
export const decideHeartbeat = (facts: HeartbeatFacts, times: HeartbeatTimes, nowMs: number): HeartbeatDecision => {
  const changedAtMs = unsettledSinceMs(facts, nowMs);
  const leastSilenceMs = changedAtMs === null ? times.silenceMs : times.silenceAfterChangeMs;
  const silenceMs = toleratedMs(leastSilenceMs, facts.rttMs, times);
  const graceFromMs = Math.max(facts.graceFromMs, changedAtMs ?? facts.graceFromMs);
  const isActive = isInUse(facts, times, nowMs);
  let deadAtMs = Number.POSITIVE_INFINITY;
  if (facts.awaitingSinceMs !== null) deadAtMs = Math.max(facts.awaitingSinceMs, graceFromMs) + silenceMs;
  if (isActive && facts.inUse !== null) {
    const heardUntilMs = Math.max(facts.heardAtMs, facts.inUse.sinceMs, graceFromMs);
    deadAtMs = Math.min(deadAtMs, heardUntilMs + silenceMs);
  }
  if (nowMs >= deadAtMs) return { decision: 'dead' };
  const intervalMs = intervalOf(facts, times, nowMs);
  const { pingedAtMs, heardAtMs } = facts;
  const isSteady = isActive || changedAtMs !== null;
  const sinceMs = isSteady || pingedAtMs === null ? pingedAtMs : Math.max(pingedAtMs, heardAtMs);
  const isPingDue = sinceMs === null || nowMs - sinceMs >= intervalMs;
  const nextPingAtMs = (isPingDue ? nowMs : sinceMs) + intervalMs;
  const afterPingMs = isPingDue ? nowMs + silenceMs : deadAtMs;
  return {
    decision: isPingDue ? 'ping' : 'wait',
    askAgainAtMs: Math.min(nextPingAtMs, deadAtMs, afterPingMs),
  };
};
