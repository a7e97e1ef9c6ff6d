import type { Cancel, Clock } from '@bowline/contracts';
import { decideHeartbeat, type HeartbeatFacts, type HeartbeatTimes, isInUse, isUnsettled } from './heartbeat-policy.ts';

/**
 * The driver of one link's heartbeat: it keeps the facts, asks the policy, and sets one timer at a time.
 */
export interface Heartbeat {
  /** Something was heard, whatever it was. */
  heard(): void;
  /** The other side pinged. */
  asked(): void;
  /** The same as {@link heard} and {@link asked} in one: of an idle link each second frame is a question. */
  heardAsking(): void;
  /** The same as {@link heard} and {@link measured} in one. */
  heardAnswering(rttMs: number): void;
  /** A message or acknowledgement went either way. */
  used(): void;
  /** A ping was answered after this long. */
  measured(rttMs: number): void;
  /** Somebody else has measured meanwhile; the smoothed round trip is this. */
  noteRtt(rttMs: number): void;
  /** A ping was sent for another reason; it counts. */
  pinged(): void;
  /** Time has jumped: silence so far proves nothing. Pings at once, and the answer has its full time. */
  proveAlive(): void;
  /** The network has changed: pings at once and often for a while, in which silence is judged more strictly. */
  proveAfterChange(): void;
  /** Somebody looks: pings, unless something was heard within this many milliseconds or an answer is awaited already. */
  askIfSilent(forMs: number): void;
  readonly rttMs: number | null;
  /** Of an idle link, whether the next to ask is this side. */
  readonly isOwnTurn: boolean;
  /** Whether the link is idle, measured, in a network that has not just changed, and owes or awaits nothing: then somebody else may go on with the turns. */
  readonly canPause: boolean;
  /** Asks no more, until it is resumed by whoever paused it or by whatever needs more than turns; then `onResumed` is told once. */
  pause(onResumed: () => void): void;
  /** Goes on with a ping, whose answer has its full time. */
  resume(): void;
  stop(): void;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export interface HeartbeatComponents {
  readonly clock: Clock;
  readonly times: HeartbeatTimes;
  /** Whether this side dialled. */
  readonly hasDialled: boolean;
  /** What the greetings took, where this side could measure it. */
  readonly initialRttMs: number | null;
  /** Goes on with the turns of one that was paused, from now. @defaultValue begins with a ping */
  readonly continues?: { readonly isOwnTurn: boolean };
  readonly sendPing: () => void;
  readonly hasUnacknowledged: () => boolean;
  readonly onDead: () => void;
}

/** A timer this late means that the process was held up, or the machine slept: longer than any garbage collection. */
const JUMP_MS = 1_000;

/**
 * A timer this late may have been overtaken by frames that nobody has read yet, so a link found dead then gets a second
 * look after as long again.
 */
const LATE_MS = 100;

/** Weight of a new sample in the smoothed round trip (RFC 6298 §2). */
const RTT_WEIGHT = 1 / 8;

export const heartbeat = (components: HeartbeatComponents): Heartbeat => {
  const { clock, times, continues, sendPing, hasUnacknowledged, onDead } = components;
  const startedAtMs = clock.monotonicMs();
  // One that is changed, not one made anew at each change: there is one for every frame of every link.
  const facts: Mutable<HeartbeatFacts> = {
    heardAtMs: startedAtMs,
    // The first ping goes out at once, proves the link, and measures it.
    pingedAtMs: continues === undefined ? null : startedAtMs,
    isOwnTurn: continues?.isOwnTurn ?? false,
    hasDialled: components.hasDialled,
    awaitingSinceMs: null,
    changedAtMs: null,
    inUse: null,
    graceFromMs: startedAtMs,
    rttMs: components.initialRttMs,
    hasUnacknowledged: false,
  };
  let timer: { readonly dueMs: number; readonly cancel: Cancel } | null = null;
  let isSecondLook = false;
  let isStopped = false;
  let onResumed: (() => void) | null = null;

  /** What waits now is no reason why a use that ended before should have gone on: silence since then proves nothing. */
  const now = (): HeartbeatFacts => {
    if (!facts.hasUnacknowledged && !isInUse(facts, times, clock.monotonicMs())) facts.inUse = null;
    facts.hasUnacknowledged = hasUnacknowledged();
    return facts;
  };

  const arm = (dueMs: number): void => {
    timer?.cancel();
    timer = { dueMs, cancel: clock.setTimer(Math.max(0, dueMs - clock.monotonicMs()), onTimer) };
  };

  const notePing = (): void => {
    facts.pingedAtMs = clock.monotonicMs();
    facts.awaitingSinceMs ??= facts.pingedAtMs;
  };

  const ping = (): void => {
    notePing();
    sendPing();
  };

  const decide = (isLate = false): void => {
    const nowMs = clock.monotonicMs();
    const verdict = decideHeartbeat(now(), times, nowMs);
    if (verdict.decision !== 'dead') {
      isSecondLook = false;
      arm(verdict.askAgainAtMs);
      if (verdict.decision === 'ping') ping();
    } else if (isLate && !isSecondLook) {
      isSecondLook = true;
      arm(nowMs + LATE_MS);
    } else {
      stop();
      onDead();
    }
  };

  /** What was waited for has come, or the turn has changed: the device need not wake up to find that out. */
  const sleepOn = (): void => {
    if (timer === null || isSecondLook) return;
    const verdict = decideHeartbeat(now(), times, clock.monotonicMs());
    if (verdict.decision === 'wait' && verdict.askAgainAtMs !== timer.dueMs) arm(verdict.askAgainAtMs);
  };

  /** The next decision sends a ping. */
  const forgive = (nowMs: number): void => {
    facts.graceFromMs = nowMs;
    facts.awaitingSinceMs = null;
    facts.pingedAtMs = null;
  };

  /** @returns whether it was paused: then a ping is owed */
  const endPause = (): boolean => {
    const told = onResumed;
    if (told === null) return false;
    onResumed = null;
    const nowMs = clock.monotonicMs();
    facts.heardAtMs = nowMs;
    forgive(nowMs);
    told();
    return true;
  };

  function onTimer(): void {
    const nowMs = clock.monotonicMs();
    const lateMs = nowMs - (timer?.dueMs ?? nowMs);
    timer = null;
    if (isStopped) return;
    if (lateMs > JUMP_MS) forgive(nowMs);
    decide(lateMs > LATE_MS);
  }

  const stop = (): void => {
    isStopped = true;
    onResumed = null;
    timer?.cancel();
    timer = null;
  };

  /** @returns whether something was awaited */
  const noteHeard = (): boolean => {
    facts.heardAtMs = clock.monotonicMs();
    const wasAwaited = facts.awaitingSinceMs !== null;
    facts.awaitingSinceMs = null;
    return wasAwaited;
  };
  const asked = (): void => {
    facts.isOwnTurn = true;
    sleepOn();
  };
  const measured = (sampleMs: number): void => {
    const { rttMs } = facts;
    facts.rttMs = rttMs === null ? sampleMs : rttMs + (sampleMs - rttMs) * RTT_WEIGHT;
    facts.isOwnTurn = false;
    sleepOn();
  };

  if (continues === undefined) arm(startedAtMs);
  else decide();

  return {
    heard: () => {
      if (noteHeard() || !isInUse(now(), times, facts.heardAtMs)) sleepOn();
    },
    asked,
    measured,
    heardAsking: () => {
      noteHeard();
      asked();
    },
    heardAnswering: (rttMs) => {
      noteHeard();
      measured(rttMs);
    },
    used: () => {
      const wasPaused = endPause();
      const nowMs = clock.monotonicMs();
      const wasInUse = isInUse(now(), times, nowMs);
      const sinceMs = wasInUse && facts.inUse !== null ? facts.inUse.sinceMs : nowMs;
      facts.inUse = { sinceMs, lastMs: nowMs };
      // The timer may still be set for the slow rhythm; and it may be late, so nothing is decided for good here.
      if ((wasPaused || !wasInUse) && !isStopped) decide(true);
    },
    noteRtt: (rttMs) => {
      facts.rttMs = rttMs;
    },
    pinged: () => {
      endPause();
      notePing();
      if (!isStopped) decide(true);
    },
    proveAlive: () => {
      if (isStopped) return;
      endPause();
      forgive(clock.monotonicMs());
      decide();
    },
    proveAfterChange: () => {
      if (isStopped) return;
      facts.changedAtMs = clock.monotonicMs();
      if (endPause()) {
        decide();
        return;
      }
      ping();
      decide(true);
    },
    askIfSilent: (forMs) => {
      if (isStopped) return;
      // What was heard meanwhile proves the endpoint, not whoever is asked about.
      if (endPause()) {
        decide();
        return;
      }
      const isAsked = facts.awaitingSinceMs !== null || clock.monotonicMs() - facts.heardAtMs <= forMs;
      if (isAsked) return;
      ping();
      decide(true);
    },
    get rttMs() {
      return facts.rttMs;
    },
    get isOwnTurn() {
      return facts.isOwnTurn;
    },
    get canPause() {
      if (isStopped || isSecondLook || onResumed !== null) return false;
      const { awaitingSinceMs, inUse, pingedAtMs, rttMs } = now();
      const isUnused = inUse === null && !facts.hasUnacknowledged;
      const isSettled = !isUnsettled(facts, clock.monotonicMs());
      return isUnused && isSettled && awaitingSinceMs === null && pingedAtMs !== null && rttMs !== null;
    },
    pause: (told) => {
      timer?.cancel();
      timer = null;
      onResumed = told;
    },
    resume: () => {
      if (endPause()) decide();
    },
    stop,
  };
};
