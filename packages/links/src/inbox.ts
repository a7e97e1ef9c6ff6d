import type { MessagePosition } from '@bowline/contracts';
import { comparePositions, type MessagePart, messageAssembly, type ReceiveWindow } from '@bowline/link-protocol';

/** What a part of a message leads to. */
export type PartOutcome =
  | {
      readonly outcome: 'deliver';
      readonly position: MessagePosition;
      readonly messageId: string | null;
      readonly payload: Uint8Array;
    }
  /** A repeat of what is stored: its sender has not heard so. */
  | { readonly outcome: 'acknowledgeAgain'; readonly position: MessagePosition }
  | { readonly outcome: 'nothing' }
  | { readonly outcome: 'violation' }
  /** More waits to be stored than a sender may have unacknowledged. */
  | { readonly outcome: 'overrun' };

/** The messages arriving on one connection: put together, and told apart from repeats. */
export interface Inbox {
  take(part: MessagePart): PartOutcome;
  /** The message that follows is kept under this name. `false` when another one was to follow first. */
  name(sequence: number, messageId: string): boolean;
}

/** @param received what came on earlier connections too. */
export const inbox = (peerIncarnation: number, received: ReceiveWindow): Inbox => {
  const assembly = messageAssembly();
  let named: { readonly sequence: number; readonly messageId: string } | null = null;

  const nameOf = (sequence: number): string | null => {
    const messageId = named?.sequence === sequence ? named.messageId : null;
    named = null;
    return messageId;
  };

  return {
    name: (sequence, messageId) => {
      if (named !== null) return false;
      named = { sequence, messageId };
      return true;
    },
    take: (part) => {
      const result = assembly.add(part);
      if (result.outcome === 'partial') return { outcome: 'nothing' };
      if (result.outcome === 'violation') return { outcome: 'violation' };
      const { sequence, payload } = result.message;
      const messageId = nameOf(sequence);
      const position = { incarnation: peerIncarnation, sequence };
      const outcome = received.receive(position, payload.length);
      if (outcome === 'deliver') return { outcome, position, messageId, payload };
      if (outcome === 'overrun') return { outcome };
      const { journaled } = received;
      return journaled !== null && comparePositions(position, journaled) <= 0
        ? { outcome: 'acknowledgeAgain', position: journaled }
        : { outcome: 'nothing' };
    },
  };
};
