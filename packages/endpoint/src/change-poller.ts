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

/** One timer for everything watched; none while nothing is. */
export const changePoller = (clock: Clock, options: EndpointOptions): ChangePoller => {
  const entries = new Set<Entry>();
  let pending: { readonly dueMs: number; readonly cancel: Cancel } | null = null;

  const tick = (): void => {
    pending = null;
    const nowMs = clock.monotonicMs();
    for (const entry of [...entries]) {
      if (entry.nextMs > nowMs || !entries.has(entry)) continue;
      const isYoung = nowMs - entry.sinceMs < options.youngForMs;
      entry.nextMs = nowMs + (isYoung ? options.youngPollMs : options.pollMs);
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
    // At least 1 ms apart, so that entries slightly out of step share a tick.
    const cancel = clock.setTimer(Math.max(1, dueMs - clock.monotonicMs()), tick, { unref: true });
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
