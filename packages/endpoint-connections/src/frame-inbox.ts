import type { Cancel } from '@bowline/contracts';
import type { ConnectionLimits } from './options.ts';

/** Someone waiting for exactly one frame. */
export interface FrameWaiter {
  readonly take: (frame: Uint8Array) => void;
  readonly fail: () => void;
}

/** What one connection has received and nobody has read yet, and who reads. */
export interface FrameInbox {
  /** Hands a frame to a waiter, else to the listeners, else keeps it. `false` when there is no room left. */
  put(frame: Uint8Array): boolean;
  /** Listeners hear frames in order; those kept so far come first, in a later microtask. */
  listen(listener: (frame: Uint8Array) => void): Cancel;
  /** The oldest kept frame now, or `undefined`. */
  take(): Uint8Array | undefined;
  /** Waits in line for the next frame. */
  wait(waiter: FrameWaiter): Cancel;
  /** No frame comes any more: waiters fail, kept frames stay readable. */
  end(): void;
  /** Forgets kept frames. */
  clear(): void;
}

/** @param onListenerError hears of a listener that throws; the others hear the frame all the same. */
export const frameInbox = (limits: ConnectionLimits, onListenerError: (error: unknown) => void): FrameInbox => {
  const kept: Uint8Array[] = [];
  const waiters = new Set<FrameWaiter>();
  // Another list after each change, so that a frame is told to those who listened when it came.
  let listeners: readonly ((frame: Uint8Array) => void)[] = [];
  let keptBytes = 0;
  let isDrainScheduled = false;

  const shift = (): Uint8Array | undefined => {
    const frame = kept.shift();
    keptBytes -= frame?.byteLength ?? 0;
    return frame;
  };

  const tell = (frame: Uint8Array): void => {
    for (const listener of listeners) {
      try {
        listener(frame);
      } catch (error) {
        onListenerError(error);
      }
    }
  };

  const drain = (): void => {
    isDrainScheduled = false;
    while (listeners.length > 0) {
      const frame = shift();
      if (frame === undefined) return;
      tell(frame);
    }
  };

  /** A microtask later, so that the caller of `listen` holds its cancel before the first frame comes. */
  const scheduleDrain = (): void => {
    if (isDrainScheduled) return;
    isDrainScheduled = true;
    queueMicrotask(drain);
  };

  return {
    put: (frame) => {
      const [waiter] = waiters;
      if (waiter !== undefined) {
        waiters.delete(waiter);
        waiter.take(frame);
        return true;
      }
      if (listeners.length > 0 && kept.length === 0) {
        tell(frame);
        return true;
      }
      const isFull = kept.length >= limits.maxWaitingFrames || keptBytes + frame.byteLength > limits.maxWaitingBytes;
      if (kept.length > 0 && isFull) return false;
      kept.push(frame);
      keptBytes += frame.byteLength;
      return true;
    },
    listen: (listener) => {
      // A wrapper of its own, so that one function added twice is two subscriptions.
      const entry = (frame: Uint8Array): void => listener(frame);
      listeners = [...listeners, entry];
      if (kept.length > 0) scheduleDrain();
      return () => {
        listeners = listeners.filter((each) => each !== entry);
      };
    },
    take: shift,
    wait: (waiter) => {
      waiters.add(waiter);
      return () => {
        waiters.delete(waiter);
      };
    },
    end: () => {
      const failing = [...waiters];
      waiters.clear();
      for (const waiter of failing) waiter.fail();
    },
    clear: () => {
      kept.length = 0;
      keptBytes = 0;
    },
  };
};
