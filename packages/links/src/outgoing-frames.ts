import type { MessagePosition } from '@bowline/contracts';
import { type LinkFrame, type MessagePart, messageParts, type OutgoingMessage } from '@bowline/link-protocol';

/** What one link has to send, most urgent first: control frames, then an acknowledgement, then parts of messages. */
export interface OutgoingFrames {
  /** Queues a control frame. Of those that tell a state, only the newest is kept. */
  push(frame: LinkFrame): void;
  /** Acknowledges up to `position`; an earlier one still waiting is dropped. */
  acknowledge(position: MessagePosition): void;
  /** The next frame, or `null` when there is nothing to send for now. */
  next(): LinkFrame | null;
}

/** Kinds that tell a state: a newer one makes an older one needless. */
const STATE_KINDS: ReadonlySet<LinkFrame['kind']> = new Set<LinkFrame['kind']>([
  'relayInfo',
  'askRelayInfo',
  'update',
  'facts',
  'loss',
  'tcpFailed',
  'receiving',
  'presence',
]);

/**
 * @param nextMessage the next message to begin, or `null`.
 * @param knowsKept whether the other side understands the name of a kept message.
 */
export const outgoingFrames = (nextMessage: () => OutgoingMessage | null, knowsKept: () => boolean): OutgoingFrames => {
  const control: LinkFrame[] = [];
  let ack: MessagePosition | null = null;
  let parts: Iterator<MessagePart, void, undefined> | null = null;

  const nextPart = (): LinkFrame | null => {
    for (;;) {
      const message = parts === null ? nextMessage() : null;
      if (message !== null) {
        const { sequence, payload, messageId } = message;
        parts = messageParts(sequence, payload);
        if (messageId !== null && knowsKept()) return { kind: 'kept', sequence, messageId };
      }
      if (parts === null) return null;
      const { done, value } = parts.next();
      if (done !== true && value !== undefined) return { kind: 'message', ...value };
      parts = null;
    }
  };

  const nextAck = (): LinkFrame | null => {
    if (ack === null) return null;
    const position = ack;
    ack = null;
    return { kind: 'ack', position };
  };

  return {
    push: (frame) => {
      const older = STATE_KINDS.has(frame.kind) ? control.findIndex(({ kind }) => kind === frame.kind) : -1;
      if (older === -1) control.push(frame);
      else control[older] = frame;
    },
    acknowledge: (position) => {
      ack = position;
    },
    next: () => control.shift() ?? nextAck() ?? nextPart(),
  };
};
