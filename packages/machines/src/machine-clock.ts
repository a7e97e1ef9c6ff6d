import type { Cancel, Clock } from '@bowline/contracts';

/** The two functions a state machine keeps time with. */
export interface MachineClock {
  setTimeout(callback: (...args: unknown[]) => void, delayMs: number): number;
  clearTimeout(id: number): void;
}

/** Lets a machine's delays run on our clock. */
export const machineClock = (clock: Clock): MachineClock => {
  const timers = new Map<number, Cancel>();
  let lastId = 0;
  return {
    setTimeout: (callback, delayMs) => {
      lastId += 1;
      const id = lastId;
      const fire = (): void => {
        timers.delete(id);
        callback();
      };
      timers.set(id, clock.setTimer(delayMs, fire));
      return id;
    },
    clearTimeout: (id) => {
      timers.get(id)?.();
      timers.delete(id);
    },
  };
};
