import type { Cancel, Clock, DeviceId, Random } from '@bowline/contracts';
import { type Backoff, backoffDelayMs } from '@bowline/limits';

/**
 * Between two tries while devices are linked by a relay. iroh tries when something changed, and otherwise once a minute: a NAT that
 * lost the first packets, or UDP that was away for half a minute, would cost as much. So a direct path that is possible again is
 * found within half as long as it was away, and five seconds; where there is none, a try every five minutes costs nothing.
 */
const PAUSES: Backoff = Object.freeze({ firstMs: 5_000, mostMs: 300_000, factor: 1.5, jitterRatio: 0.2 });

/** When a direct path is tried for again, as long as a device is linked by a relay; one timer, and none while there is no such device. */
export interface DirectPathRetry {
  /** Whether a device is linked, and by a relay. The first try for it comes soon, whoever is tried for already. */
  setRelayed(deviceId: DeviceId, isRelayed: boolean): void;
  /** Something changed: a try may succeed now, so the next one comes soon, and the pauses start over. */
  startOver(): void;
  cancel(): void;
}

/** What trying takes. */
export interface DirectPathRetryComponents {
  readonly clock: Clock;
  readonly random: Pick<Random, 'ratio'>;
  readonly tryNow: () => void;
}

export const directPathRetry = ({ clock, random, tryNow }: DirectPathRetryComponents): DirectPathRetry => {
  const relayed = new Set<DeviceId>();
  let tries = 0;
  let timer: { readonly dueMs: number; readonly cancel: Cancel } | null = null;

  const cancel = (): void => {
    timer?.cancel();
    timer = null;
  };
  const tryLater = (): void => {
    const nowMs = clock.monotonicMs();
    const pauseMs = backoffDelayMs(PAUSES, tries + 1, random.ratio());
    if (timer !== null && timer.dueMs <= nowMs + pauseMs) return;
    cancel();
    timer = { dueMs: nowMs + pauseMs, cancel: clock.setTimer(pauseMs, onTimer, { unref: true }) };
  };
  const onTimer = (): void => {
    timer = null;
    tries += 1;
    tryNow();
    tryLater();
  };
  const startOver = (): void => {
    if (relayed.size === 0) return;
    tries = 0;
    tryLater();
  };

  return {
    setRelayed: (deviceId, isRelayed) => {
      if (isRelayed === relayed.has(deviceId)) return;
      if (isRelayed) {
        relayed.add(deviceId);
        startOver();
      } else {
        relayed.delete(deviceId);
        if (relayed.size === 0) cancel();
      }
    },
    startOver,
    cancel: () => {
      relayed.clear();
      cancel();
    },
  };
};
