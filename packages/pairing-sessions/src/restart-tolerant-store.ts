import { type ChannelClient, type Clock, errorCode, type PersistenceChannel, type Random } from '@bowline/contracts';
import { backoffDelayMs } from '@bowline/limits';
import { isRestartCode } from '@bowline/supervisor';

/** A store is back after about half a second (measured: 0.3 to 1 s, a thread on a busy machine). */
const PAUSES = { firstMs: 50, mostMs: 1_000 } as const;

/** Less than the other side waits for a handshake's end or a confirm (10 s). */
const MAX_WAIT_MS = 8_000;

export interface RestartTolerantStoreComponents {
  readonly persistence: ChannelClient<PersistenceChannel>;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborted when nothing may wait any more: what the store refuses then is refused at once. */
  readonly signal: AbortSignal;
}

/**
 * The store, asked again while its worker is being started anew. The two people have agreed and the code is used by then:
 * a pairing must not fail for a second without the store. What died with the worker may have been stored all the same, so
 * only what may be asked twice is to be asked here; every request of pairing is such a one.
 */
export const restartTolerantStore = ({
  persistence,
  clock,
  random,
  signal,
}: RestartTolerantStoreComponents): ChannelClient<PersistenceChannel> => {
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = clock.setTimer(ms, end);
      signal.addEventListener('abort', end);
    });

  return {
    on: (event, listener) => persistence.on(event, listener),
    request: async (name, input, options) => {
      const startedMs = clock.monotonicMs();
      for (let failures = 1; ; failures += 1) {
        try {
          return await persistence.request(name, input, options);
        } catch (error) {
          const pauseMs = backoffDelayMs(PAUSES, failures, random.ratio());
          const isTooLate = clock.monotonicMs() + pauseMs - startedMs > MAX_WAIT_MS;
          if (!isRestartCode(errorCode(error)) || isTooLate || signal.aborted) throw error;
          await pause(pauseMs);
        }
      }
    },
  };
};
