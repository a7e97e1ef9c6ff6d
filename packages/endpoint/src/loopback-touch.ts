import type { Cancel, Clock } from '@bowline/contracts';

/** iroh leaves a relay 60 s after the last datagram through it (measured); two touches may be lost, not three. */
export const TOUCH_EVERY_MS = 25_000;

/** Keeps touching from each `now` until it rests or stops. */
export interface LoopbackTouch {
  /** Touches at once, and counts anew from here. Does nothing once it was stopped. */
  now(): void;
  /** Touches no more until the next `now`. */
  rest(): void;
  /** Touches no more, whatever is asked later. */
  stop(): void;
}

export const loopbackTouch = (clock: Clock, touch: () => void): LoopbackTouch => {
  let cancel: Cancel = () => undefined;
  let isStopped = false;
  const now = (): void => {
    if (isStopped) return;
    cancel();
    cancel = clock.setTimer(TOUCH_EVERY_MS, now, { unref: true });
    touch();
  };
  return {
    now,
    rest: () => cancel(),
    stop: () => {
      isStopped = true;
      cancel();
    },
  };
};
