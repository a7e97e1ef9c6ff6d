import type { Clock, ConnectionClose, ConnectionId } from '@bowline/contracts';
import { ConnectionClosedError, FrameCancelledError, FrameTimedOutError } from './errors.ts';
import type { FrameInbox } from './frame-inbox.ts';

/** How long to wait for a frame, and what ends the wait early. */
export interface NextFrameOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Where the frame is to come from. */
export interface NextFrameComponents {
  readonly inbox: FrameInbox;
  readonly clock: Clock;
  readonly connectionId: ConnectionId;
  /** How the connection ended, `null` while it is open. */
  readonly over: () => ConnectionClose | null;
}

/** What is said of a connection whose end nobody has told. */
const LOST: ConnectionClose = Object.freeze({ by: 'lost', code: null, name: null, reason: '' });

/** Takes the oldest unread frame, or waits in line for the next. Whatever ends the wait leaves nothing behind. */
export const nextFrame = (
  components: NextFrameComponents,
  { signal, timeoutMs }: NextFrameOptions,
): Promise<Uint8Array> => {
  const { inbox, clock, connectionId, over } = components;
  if (signal?.aborted === true) return Promise.reject(new FrameCancelledError(connectionId, signal.reason));
  const ready = inbox.take();
  if (ready !== undefined) return Promise.resolve(ready);
  const closed = over();
  if (closed !== null) return Promise.reject(new ConnectionClosedError(connectionId, closed));
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const stopWaiting = (): void => {
    cancelTimer();
    leaveLine();
    signal?.removeEventListener('abort', onAbort);
  };
  const fail = (error: Error): void => {
    stopWaiting();
    reject(error);
  };
  const onAbort = (): void => fail(new FrameCancelledError(connectionId, signal?.reason));
  const cancelTimer = clock.setTimer(timeoutMs, () => fail(new FrameTimedOutError(connectionId, timeoutMs)));
  const leaveLine = inbox.wait({
    take: (frame) => {
      stopWaiting();
      resolve(frame);
    },
    fail: () => fail(new ConnectionClosedError(connectionId, over() ?? LOST)),
  });
  signal?.addEventListener('abort', onAbort, { once: true });
  return promise;
};
