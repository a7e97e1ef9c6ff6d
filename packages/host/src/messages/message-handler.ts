import type { Cancel, DeviceId } from '@bowline/contracts';
import { MessageHandlerPresentError } from '../errors.ts';
import type { MessageBody } from '../message-body.ts';

/** A message that another device sent, in the order it sent them. */
export interface ReceivedMessage {
  /** Grows with every message of any device; the same when it is delivered again. */
  readonly position: number;
  /** The sender's device id. */
  readonly from: DeviceId;
  readonly fromName: string;
  /** When it came, wall clock, milliseconds. */
  readonly atMs: number;
  readonly body: MessageBody;
}

/**
 * Takes a message when it returns, or when its promise resolves. Until then the message is kept, and delivered again: after
 * a while when the handler throws or rejects, and after a restart. Messages of one device come one at a time and in order;
 * devices do not wait for each other.
 */
export type MessageHandler = (message: ReceivedMessage) => Promise<void> | void;

/** The one handler of a host, set before or while it runs. */
export interface MessageHandlerSlot {
  readonly current: MessageHandler | null;
  /** @throws {@link MessageHandlerPresentError} */
  set(handler: MessageHandler): Cancel;
  onSet(listener: () => void): Cancel;
}

export const messageHandlerSlot = (): MessageHandlerSlot => {
  const listeners = new Set<() => void>();
  let current: MessageHandler | null = null;
  return {
    get current() {
      return current;
    },
    set: (handler) => {
      if (current !== null) throw new MessageHandlerPresentError();
      current = handler;
      for (const listener of [...listeners]) listener();
      return () => {
        if (current === handler) current = null;
      };
    },
    onSet: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
};
