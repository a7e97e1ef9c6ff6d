import type { Clock, DeviceId, LinksChannel, MessagePosition, RequestOutput } from '@bowline/contracts';
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

/** The messages to one device and those who wait for them to be acknowledged. Outlives every connection. */
export interface MessageDesk {
  /**
   * Queues a message and waits until the other side has journaled it. Aborting takes it back when it was never put on
   * the wire; otherwise only the waiting ends.
   */
  send(payload: Uint8Array, signal: AbortSignal): Promise<SentMessage>;
  /** A connection begins. */
  resume(ownIncarnation: number, report: PeerReport): void;
  /** The next message for the present connection. */
  next(): OutgoingMessage | null;
  /** `false` when the position was never sent: the other side breaks the rules. */
  acknowledge(position: MessagePosition): boolean;
  /** Drops everything; those who wait are told `error`. */
  close(error: Error): void;
  readonly count: number;
}

interface Waiter {
  readonly resolve: (sent: SentMessage) => void;
  readonly reject: (error: Error) => void;
  readonly startedAtMs: number;
}

/** @param onQueued a message may be sent now. */
export const messageDesk = (deviceId: DeviceId, clock: Clock, onQueued: () => void): MessageDesk => {
  const window = sendWindow();
  const waiters = new Map<MessageTicket, Waiter>();

  const settle = (acknowledged: readonly AcknowledgedMessage[]): void => {
    for (const { ticket, position } of acknowledged) {
      const waiter = waiters.get(ticket);
      waiter?.resolve({ position, elapsedMs: Math.round(clock.monotonicMs() - waiter.startedAtMs) });
    }
  };

  const waitFor = (ticket: MessageTicket, signal: AbortSignal): Promise<SentMessage> => {
    const { promise, resolve, reject } = Promise.withResolvers<SentMessage>();
    const endWait = (): void => {
      waiters.delete(ticket);
      signal.removeEventListener('abort', onAbort);
    };
    const onAbort = (): void => {
      endWait();
      reject(new MessageWaitEndedError(deviceId, window.withdraw(ticket)));
    };
    waiters.set(ticket, {
      startedAtMs: clock.monotonicMs(),
      resolve: (sent) => {
        endWait();
        resolve(sent);
      },
      reject: (error) => {
        endWait();
        reject(error);
      },
    });
    signal.addEventListener('abort', onAbort, { once: true });
    return promise;
  };

  return {
    send: async (payload, signal) => {
      if (signal.aborted) throw new MessageWaitEndedError(deviceId, true);
      const result = window.add(payload);
      if (result.outcome !== 'added') {
        throw result.outcome === 'tooLarge'
          ? new MessageTooLargeError(payload.length, MAX_MESSAGE_BYTES)
          : new MessageQueueFullError(deviceId, { count: window.count, sizeBytes: window.sizeBytes });
      }
      const sent = waitFor(result.ticket, signal);
      onQueued();
      return await sent;
    },
    resume: (ownIncarnation, report) => settle(window.resume(ownIncarnation, report)),
    next: () => window.next(),
    acknowledge: (position) => {
      const acknowledged = window.acknowledge(position);
      if (acknowledged === 'violation') return false;
      settle(acknowledged);
      return true;
    },
    close: (error) => {
      window.clear();
      for (const waiter of [...waiters.values()]) waiter.reject(error);
    },
    get count() {
      return window.count;
    },
  };
};
