import type { Cancel, Clock } from '@bowline/contracts';

/** One direction of a fake connection: what goes in comes out in order, after the delay, unless blocked. */
export interface FakePipe {
  push(deliver: () => void): void;
  /** Forgets everything under way. */
  clear(): void;
  /** Looks again at delay and block, after either changed. */
  wake(): void;
}

/** What a pipe obeys; read anew for every item. */
export interface PipeWeather {
  delayMs(): number;
  isBlocked(): boolean;
}

/** What follows it comes in a microtask, as with `queueMicrotask`, at a fraction of the price: there is one for each frame. */
const SETTLED = Promise.resolve();

/** @param weather is asked anew for every item; call `wake` after it changed. */
export const fakePipe = (clock: Clock, weather: PipeWeather): FakePipe => {
  const items: { readonly dueMs: number; readonly deliver: () => void }[] = [];
  let isPumping = false;
  let cancelTimer: Cancel | null = null;

  const pump = (): void => {
    isPumping = false;
    cancelTimer = null;
    while (!weather.isBlocked()) {
      const head = items[0];
      if (head === undefined || head.dueMs > clock.monotonicMs()) break;
      items.shift();
      head.deliver();
    }
    wake();
  };

  const wake = (): void => {
    const head = items[0];
    if (isPumping || head === undefined || weather.isBlocked()) return;
    const waitMs = head.dueMs - clock.monotonicMs();
    cancelTimer?.();
    cancelTimer = null;
    if (waitMs > 0) {
      cancelTimer = clock.setTimer(waitMs, pump);
      return;
    }
    // Never within the caller's own turn: nothing on a network answers before `send` has returned.
    isPumping = true;
    void SETTLED.then(pump);
  };

  return {
    push: (deliver) => {
      const dueMs = clock.monotonicMs() + weather.delayMs();
      const lastDueMs = items[items.length - 1]?.dueMs ?? 0;
      items.push({ dueMs: Math.max(lastDueMs, dueMs), deliver });
      wake();
    },
    clear: () => {
      items.length = 0;
      cancelTimer?.();
      cancelTimer = null;
    },
    wake,
  };
};
