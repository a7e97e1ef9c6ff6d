import type { Cancel, Clock } from '@bowline/contracts';

/** iroh leaves a relay 60 s after the last datagram through it (measured); two touches may be lost, not three. */
export const TOUCH_EVERY_MS = 25_000;

/** Keeps touching from the first `now` until `stop`. */
export interface LoopbackTouch {
  /** Touches at once, and counts anew from here. */
  now(): void;
  stop(): void;
}

export const loopbackTouch = (clock: Clock, touch: () => void): LoopbackTouch => {
  let cancel: Cancel = () => undefined;
  const now = (): void => {
    cancel();
    cancel = clock.setTimer(TOUCH_EVERY_MS, now, { unref: true });
    touch();
  };
  return { now, stop: () => cancel() };
};
