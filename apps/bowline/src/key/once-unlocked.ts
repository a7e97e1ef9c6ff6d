import { type Clock, errorCode, errorMessage } from '@bowline/contracts';

/** Between two looks at a keychain that is locked, milliseconds. */
const PAUSE_MS = 5_000;

export interface UnlockWait {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Hears once that it is waited for. */
  readonly note: (text: string) => void;
}

/** Before a login the keychain is locked, or not there yet. */
const PASSING: ReadonlySet<string | undefined> = new Set(['KEYCHAIN_LOCKED', 'KEYCHAIN_UNAVAILABLE']);

/**
 * Tries again for as long as the keychain is closed: what starts with the machine, or with the login that unlocks it, is there
 * before it. Nobody who sits at a terminal is kept waiting: only what runs unattended uses it.
 */
export const onceUnlocked = async <T>(start: () => Promise<T>, { clock, signal, note }: UnlockWait): Promise<T> => {
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await start();
    } catch (error) {
      if (!PASSING.has(errorCode(error)) || signal.aborted) throw error;
      if (isFirst) note(`${errorMessage(error)} Waiting for it.`);
    }
    await pause(clock, signal);
  }
};

const pause = (clock: Clock, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.setTimer(PAUSE_MS, end);
    signal.addEventListener('abort', end);
  });
