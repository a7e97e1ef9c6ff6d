import { type Clock, errorMessage } from '@bowline/contracts';

/** Pause before a port is tried again, milliseconds. */
const PAUSE_MS = 20;

/** How long a port that a failed attempt of our own held may take to be free, milliseconds. Idle, it is one pause; measured under load: up to 0.3 s. */
const FREE_WITHIN_MS = 2_000;

/**
 * Binds after an attempt of our own that opened one socket and failed at the next: iroh closes the first one in its own
 * time, and until then its port is taken.
 */
export const bindOnceFree = async <T>(bind: () => Promise<T>, clock: Clock): Promise<T> => {
  const deadlineMs = clock.monotonicMs() + FREE_WITHIN_MS;
  for (;;) {
    try {
      return await bind();
    } catch (error) {
      if (!/in use/i.test(errorMessage(error)) || clock.monotonicMs() >= deadlineMs) throw error;
    }
    await new Promise<void>((resolve) => {
      clock.setTimer(PAUSE_MS, resolve);
    });
  }
};
