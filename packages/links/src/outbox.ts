import type { Clock, DeviceId, LinksChannel, MessagePosition, MessageUsage, RequestOutput } from '@bowline/contracts';
import {
  type AcknowledgedMessage,
  MAX_MESSAGE_BYTES,
  type MessageTicket,
  type OutgoingMessage,
  type PeerReport,
  sendWindow,
} from '@bowline/link-protocol';
import { MessageQueueFullError, MessageTooLargeError, MessageWaitEndedError } from './errors.ts';

type SentMessage = RequestOutput<LinksChannel, 'sendMessage'>;

/**
 * What may wait for room in the window, for each device: far more than a burst of an app, and little enough that a
 * device which is away costs no more memory than this.
 */
const MAX_BLOCKED_COUNT = 65_536;
const MAX_BLOCKED_BYTES = 67_108_864;

/** The messages to one device and those who wait for them to be acknowledged. Outlives every connection. */
export interface Outbox {
  /**
   * Queues a message, once there is room for it, and waits until the other side has stored it. Aborting takes it back
   * when it was never put on the wire; otherwise only the waiting ends.
   */
  send(
    message: { readonly payload: Uint8Array; readonly messageId: string | null },
    signal: AbortSignal,
  ): Promise<SentMessage>;
  /** A connection begins. */
  resume(ownIncarnation: number, report: PeerReport): void;
  /** The next message for the present connection. */
  next(): OutgoingMessage | null;
  /** Whether that one is kept, and so has a name to be told first. */
  isNextKept(): boolean;
  /** Bytes of that one; 0 where there is none. */
  readonly nextSizeBytes: number;
  /** Takes that one out, because the other side cannot take it; who waits for it is told `error`. */
  refuseNext(error: Error): void;
  /** `false` when the position was never sent: the other side breaks the rules. */
  acknowledge(position: MessagePosition): boolean;
  /** Drops everything; those who wait are told `error`. */
  close(error: Error): void;
  /** Messages accepted and not acknowledged, whether there is room for them yet or not. */
  readonly count: number;
  /** Those of them that are not kept. */
  readonly unkept: MessageUsage;
}

interface Waiter {
  readonly payload: Uint8Array;
  readonly messageId: string | null;
  readonly resolve: (sent: SentMessage) => void;
  readonly reject: (error: Error) => void;
  readonly startedAtMs: number;
  /** `null` while it waits for room. */
  ticket: MessageTicket | null;
}

/** @param onQueued a message may be sent now. */
export const outbox = (deviceId: DeviceId, clock: Clock, onQueued: () => void): Outbox => {
  const window = sendWindow();
  const waiters = new Map<MessageTicket, Waiter>();
  /** In the order they came; first in, first into the window. */
  const blocked = new Set<Waiter>();
  let blockedBytes = 0;

  const unblock = (waiter: Waiter): void => {
    if (blocked.delete(waiter)) blockedBytes -= waiter.payload.length;
  };

  /** Into the window, if there is room. */
  const admit = (waiter: Waiter): boolean => {
    const result = window.add(waiter.payload, waiter.messageId);
    if (result.outcome !== 'added') return false;
    waiter.ticket = result.ticket;
    waiters.set(result.ticket, waiter);
    return true;
  };

  const admitBlocked = (): void => {
    let isAny = false;
    for (const waiter of blocked) {
      if (!admit(waiter)) break;
      unblock(waiter);
      isAny = true;
    }
    if (isAny) onQueued();
  };

  const settle = (acknowledged: readonly AcknowledgedMessage[]): void => {
    for (const { ticket, position } of acknowledged) {
      const waiter = waiters.get(ticket);
      waiter?.resolve({ position, elapsedMs: Math.round(clock.monotonicMs() - waiter.startedAtMs) });
    }
    if (acknowledged.length > 0) admitBlocked();
  };

  const takeBack = ({ ticket }: Waiter): boolean => {
    if (ticket === null) return true;
    const isTakenBack = window.withdraw(ticket);
    if (isTakenBack) admitBlocked();
    return isTakenBack;
  };

  return {
    send: ({ payload, messageId }, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<SentMessage>();
      const end = (): void => {
        unblock(waiter);
        if (waiter.ticket !== null) waiters.delete(waiter.ticket);
        signal.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        payload,
        messageId,
        startedAtMs: clock.monotonicMs(),
        ticket: null,
        resolve: (sent) => {
          end();
          resolve(sent);
        },
        reject: (error) => {
          end();
          reject(error);
        },
      };
      const onAbort = (): void => {
        end();
        reject(new MessageWaitEndedError(deviceId, takeBack(waiter)));
      };
      if (signal.aborted) {
        reject(new MessageWaitEndedError(deviceId, true));
        return promise;
      }
      if (payload.length > MAX_MESSAGE_BYTES) {
        reject(new MessageTooLargeError(payload.length, MAX_MESSAGE_BYTES));
        return promise;
      }
      if (blocked.size === 0 && admit(waiter)) onQueued();
      else if (blocked.size < MAX_BLOCKED_COUNT && blockedBytes + payload.length <= MAX_BLOCKED_BYTES) {
        blocked.add(waiter);
        blockedBytes += payload.length;
      } else {
        const waiting = { count: window.count + blocked.size, sizeBytes: window.sizeBytes + blockedBytes };
        reject(new MessageQueueFullError(deviceId, waiting));
        return promise;
      }
      signal.addEventListener('abort', onAbort, { once: true });
      return promise;
    },
    resume: (ownIncarnation, report) => settle(window.resume(ownIncarnation, report)),
    next: () => window.next(),
    isNextKept: () => window.isNextKept(),
    get nextSizeBytes() {
      return window.nextSizeBytes;
    },
    refuseNext: (error) => {
      const ticket = window.refuseNext();
      if (ticket === null) return;
      waiters.get(ticket)?.reject(error);
      admitBlocked();
    },
    acknowledge: (position) => {
      const acknowledged = window.acknowledge(position);
      if (acknowledged === 'violation') return false;
      settle(acknowledged);
      return true;
    },
    close: (error) => {
      window.clear();
      for (const waiter of [...waiters.values(), ...blocked]) waiter.reject(error);
    },
    get count() {
      return window.count + blocked.size;
    },
    get unkept() {
      const waiting = [...blocked].filter(({ messageId }) => messageId === null);
      const { count, sizeBytes } = window.unkept;
      return {
        count: count + waiting.length,
        sizeBytes: sizeBytes + waiting.reduce((sum, { payload }) => sum + payload.length, 0),
      };
    },
  };
};
