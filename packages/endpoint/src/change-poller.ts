import type { Cancel, Clock } from '@bowline/contracts';
import type { EndpointOptions } from './options.ts';

/** One thing that can only be asked. */
export interface Watched {
  /** Looks, and tells what changed since it last looked. */
  readonly look: () => void;
}

/**
 * Turns what iroh can only be asked into news. Its own watchers abort the process, so everything here is looked at by
 * one timer: often while young, seldom afterwards.
 */
export interface ChangePoller {
  watch(watched: Watched): Cancel;
  stop(): void;
}

interface Entry {
  readonly watched: Watched;
  readonly sinceMs: number;
  nextMs: number;
}

/** How early a timer may fire, milliseconds. */
const EARLY_MS = 1;

/** Everything is looked at at multiples of its interval, so that what is watched since different moments shares the ticks. */
const nextMultiple = (nowMs: number, intervalMs: number): number => (Math.floor(nowMs / intervalMs) + 1) * intervalMs;

/** One timer for everything watched; none while nothing is. */
export const changePoller = (clock: Clock, options: EndpointOptions): ChangePoller => {
  const entries = new Set<Entry>();
  let pending: { readonly dueMs: number; readonly cancel: Cancel } | null = null;

  const tick = (): void => {
    pending = null;
    // Timers are up to a millisecond early: what is due then is due now.
    const nowMs = clock.monotonicMs() + EARLY_MS;
    for (const entry of [...entries]) {
      if (entry.nextMs > nowMs || !entries.has(entry)) continue;
      const isYoung = nowMs - entry.sinceMs < options.youngForMs;
      entry.nextMs = nextMultiple(nowMs, isYoung ? options.youngPollMs : options.pollMs);
      entry.watched.look();
    }
    schedule();
  };

  const schedule = (): void => {
    let dueMs = Infinity;
    for (const entry of entries) dueMs = Math.min(dueMs, entry.nextMs);
    if (pending !== null && pending.dueMs <= dueMs) return;
    pending?.cancel();
    pending = null;
    if (dueMs === Infinity) return;
    const cancel = clock.setTimer(Math.max(EARLY_MS, dueMs - clock.monotonicMs()), tick, { unref: true });
    pending = { dueMs, cancel };
  };

  return {
    watch: (watched) => {
      const sinceMs = clock.monotonicMs();
      const entry: Entry = { watched, sinceMs, nextMs: sinceMs + options.youngPollMs };
      entries.add(entry);
      schedule();
      return () => {
        entries.delete(entry);
      };
    },
    stop: () => {
      entries.clear();
      pending?.cancel();
      pending = null;
    },
  };
};
