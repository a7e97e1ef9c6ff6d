import type { DeviceFacts } from '@bowline/contracts';

/** A host whose timers are this late answers heartbeats late, too. Idle Node processes stay below 20 ms. */
const BUSY_TIMER_DELAY_MS = 200;

export const isBusy = ({ timerDelayMs }: DeviceFacts): boolean =>
  timerDelayMs !== null && timerDelayMs >= BUSY_TIMER_DELAY_MS;
