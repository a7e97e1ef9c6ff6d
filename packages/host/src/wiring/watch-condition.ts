import { type Cancel, mdnsProblemSentence } from '@bowline/contracts';
import type { System } from '../system.ts';

/** Often enough to see a busy minute, seldom enough to cost nothing. */
const LOOK_INTERVAL_MS = 2_000;

/** A timer that is later than this was overtaken by a sleeping machine, which says nothing of how busy it is. */
const SLEEP_MS = 10_000;

/** Notes what is wrong with this device: multicast that does not work, and a process whose timers fire late. */
export const watchCondition = ({ condition, parts, hub, clock }: System): Cancel => {
  let cancelTimer: Cancel = () => undefined;

  const look = (): void => {
    const dueMs = clock.monotonicMs() + LOOK_INTERVAL_MS;
    cancelTimer = clock.setTimer(
      LOOK_INTERVAL_MS,
      () => {
        const delayMs = clock.monotonicMs() - dueMs;
        if (delayMs <= SLEEP_MS) condition.noteTimerDelay(delayMs);
        look();
      },
      { unref: true, isAligned: true },
    );
  };

  look();
  const cancel = parts.mdns.client.on('health.changed', ({ problem }) => {
    condition.mdnsProblem = problem;
    const told = problem === null ? null : mdnsProblemSentence(problem);
    hub.tell({ event: 'discovery.healthChanged', problem: told });
  });
  return () => {
    cancelTimer();
    cancel();
  };
};
