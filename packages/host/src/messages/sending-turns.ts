import type { DeviceId } from '@bowline/contracts';
import { SendsWaitingError } from '../errors.ts';

/** Sends under way to one device: more than a link has in flight, and far fewer than a channel may work on at once. */
const MAX_UNDER_WAY = 256;

/** What may wait behind them, for each device: far more than a burst of an app, and a bound on what it costs to hold. */
const MAX_WAITING_COUNT = 65_536;
const MAX_WAITING_BYTES = 67_108_864;

/** Lets sends to each device go in the order they were asked for, a bounded number at a time. */
export interface SendingTurns {
  /** Resolves when it is this one's turn, with what ends the turn. Rejects when `signal` aborts first. @throws {@link SendsWaitingError} */
  take(deviceId: DeviceId, sizeBytes: number, signal: AbortSignal): Promise<() => void>;
}

interface Line {
  underWay: number;
  waitingBytes: number;
  readonly waiting: Set<() => void>;
}

export const sendingTurns = (): SendingTurns => {
  const lines = new Map<DeviceId, Line>();

  const enterFor = (deviceId: DeviceId, line: Line) => (): (() => void) => {
    line.underWay += 1;
    return () => {
      line.underWay -= 1;
      const [next] = line.waiting;
      next?.();
      if (line.underWay === 0) lines.delete(deviceId);
    };
  };

  return {
    take: async (deviceId, sizeBytes, signal) => {
      signal.throwIfAborted();
      const line = lines.get(deviceId) ?? { underWay: 0, waitingBytes: 0, waiting: new Set() };
      lines.set(deviceId, line);
      const enter = enterFor(deviceId, line);
      if (line.underWay < MAX_UNDER_WAY) return enter();
      if (line.waiting.size >= MAX_WAITING_COUNT || line.waitingBytes + sizeBytes > MAX_WAITING_BYTES) {
        throw new SendsWaitingError(deviceId, { count: line.waiting.size, sizeBytes: line.waitingBytes });
      }
      return await new Promise((resolve, reject) => {
        const leave = (): void => {
          line.waiting.delete(onTurn);
          line.waitingBytes -= sizeBytes;
          signal.removeEventListener('abort', onAbort);
        };
        const onTurn = (): void => {
          leave();
          resolve(enter());
        };
        const onAbort = (): void => {
          leave();
          reject(signal.reason);
        };
        line.waiting.add(onTurn);
        line.waitingBytes += sizeBytes;
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
  };
};
