import { type Clock, errorCode } from '@bowline/contracts';

/** How long a data directory that somebody else uses for a moment is waited for, milliseconds: commands take less. */
const PATIENCE_MS = 10_000;

const PAUSE_MS = 100;

/** Another command or a daemon owns the data directory just now; it is about to end, or to serve commands. */
const PASSING: ReadonlySet<string | undefined> = new Set(['STORE_LOCKED', 'DAEMON_SILENT']);

/** Tries until what keeps the data directory is gone or serves, and rejects with the last refusal when it stays. */
export const whileBusy = async <T>(clock: Clock, attempt: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
  const untilMs = clock.monotonicMs() + PATIENCE_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const isPassing = PASSING.has(errorCode(error)) && clock.monotonicMs() < untilMs;
      if (!isPassing || signal?.aborted === true) throw error;
    }
    await new Promise<void>((resolve) => {
      clock.setTimer(PAUSE_MS, resolve);
    });
  }
};
