import type { Cancel, Clock } from '@bowline/contracts';
import { drainMicrotasks } from './drain-microtasks.ts';
import { type HeapTimer, TimerHeap } from './timer-heap.ts';

/** Bound to one run of a program: nothing that it has set goes off after it has ended. */
export interface ScopedClock extends Clock {
  /** Another one on the same machine, which ends by itself. */
  scope(): ScopedClock;
  end(): void;
}

/** The clock of one machine: it sleeps, and its wall clock is set. */
export interface MachineClock extends Clock {
  scope(): ScopedClock;
  /** Stops for so long, as a machine that is suspended: timers and the monotonic clock stand still, wall time goes on. */
  sleep(durationMs: number): void;
  /** A person sets the wall clock. */
  shiftWallTime(byMs: number): void;
}

/** Time that stands still but for {@link VirtualTime.runUntil}, for any number of machines. */
export interface VirtualTime extends Clock {
  machine(): MachineClock;
  /** Fires what is due up to a moment, in order; what a timer leads to has run to its end before the next one fires. */
  runUntil(untilMs: number): Promise<void>;
  /** Has `runUntil` end after the timer that fires now. */
  stop(): void;
  readonly firedCount: number;
}

/** 2026-01-01T00:00:00Z */
const START_MS = Date.UTC(2026, 0, 1);

/** Timers fired in one turn of the event loop. */
const BATCH = 10_000;

/** What a timer depends on. */
interface Machine {
  /** How long it has slept in all, up to the end of the sleep it is in. */
  sleptMs: number;
  asleepUntilMs: number;
}
interface Scope {
  hasEnded: boolean;
}

interface Timer extends HeapTimer {
  /** `null`: cancelled, or fired. */
  callback: (() => void) | null;
  readonly machine: Machine;
  readonly scope: Scope;
  sleptMs: number;
}

export const virtualTime = (): VirtualTime => {
  const heap = new TimerHeap<Timer>();
  const nobody: Machine = { sleptMs: 0, asleepUntilMs: 0 };
  const forEver: Scope = { hasEnded: false };
  let nowMs = 0;
  let firedCount = 0;
  let isStopped = false;

  const setTimer = (delayMs: number, callback: () => void, machine: Machine, scope: Scope): Cancel => {
    // What a sleeping machine is made to set, by something from outside, waits until it is awake.
    const fromMs = Math.max(nowMs, machine.asleepUntilMs);
    // Never earlier than asked for, as with the timers of Node.
    const dueMs = Math.ceil(fromMs + Math.max(0, delayMs));
    const timer: Timer = { dueMs, turn: 0, callback, machine, scope, sleptMs: machine.sleptMs };
    heap.add(timer);
    return () => {
      timer.callback = null;
    };
  };

  const fireNext = (untilMs: number): boolean => {
    const timer = heap.takeDue(untilMs);
    if (timer === undefined) return false;
    const { callback, machine, scope, sleptMs } = timer;
    if (callback === null || scope.hasEnded) return true;
    nowMs = timer.dueMs;
    if (sleptMs !== machine.sleptMs) {
      // Its machine has slept since: what was left of it then is left of it now.
      timer.sleptMs = machine.sleptMs;
      timer.dueMs = Math.ceil(nowMs + machine.sleptMs - sleptMs);
      heap.add(timer);
      return true;
    }
    timer.callback = null;
    firedCount += 1;
    callback();
    return true;
  };

  /** @returns whether there is nothing more to fire */
  const fireBatch = (untilMs: number): boolean => {
    for (let index = 0; index < BATCH; index += 1) {
      if (isStopped) return true;
      if (!fireNext(untilMs)) {
        nowMs = untilMs;
        return true;
      }
      drainMicrotasks();
    }
    return false;
  };

  const runUntil = (untilMs: number): Promise<void> =>
    new Promise((resolve, reject) => {
      isStopped = false;
      const batch = (): void => {
        try {
          if (fireBatch(untilMs)) resolve();
          else setImmediate(batch);
        } catch (error) {
          reject(error);
        }
      };
      setImmediate(batch);
    });

  const machineClock = (): MachineClock => {
    const machine: Machine = { sleptMs: 0, asleepUntilMs: 0 };
    let stoppedAtMs = 0;
    let wallShiftMs = 0;

    const wallMs = (): number => START_MS + nowMs + wallShiftMs;
    const monotonicMs = (): number => (nowMs < machine.asleepUntilMs ? stoppedAtMs : nowMs - machine.sleptMs);
    const newScope = (): ScopedClock => {
      const scope: Scope = { hasEnded: false };
      return {
        nowMs: wallMs,
        monotonicMs,
        setTimer: (delayMs, callback) => setTimer(delayMs, callback, machine, scope),
        scope: newScope,
        end: () => {
          scope.hasEnded = true;
        },
      };
    };
    return {
      nowMs: wallMs,
      monotonicMs,
      setTimer: (delayMs, callback) => setTimer(delayMs, callback, machine, forEver),
      scope: newScope,
      sleep: (durationMs) => {
        stoppedAtMs = monotonicMs();
        machine.sleptMs += durationMs;
        machine.asleepUntilMs = nowMs + durationMs;
      },
      shiftWallTime: (byMs) => {
        wallShiftMs += byMs;
      },
    };
  };

  return {
    nowMs: () => START_MS + nowMs,
    monotonicMs: () => nowMs,
    setTimer: (delayMs, callback) => setTimer(delayMs, callback, nobody, forEver),
    runUntil,
    stop: () => {
      isStopped = true;
    },
    machine: machineClock,
    get firedCount() {
      return firedCount;
    },
  };
};
