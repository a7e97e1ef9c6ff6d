import type { MessagePosition } from '@bowline/contracts';
import { comparePositions, type MessagePart, messageAssembly, type ReceiveWindow } from '@bowline/link-protocol';

/** What a part of a message leads to. */
export type PartOutcome =
  | { readonly outcome: 'deliver'; readonly position: MessagePosition; readonly payload: Uint8Array }
  /** A repeat of what is journaled: its sender has not heard so. */
  | { readonly outcome: 'acknowledgeAgain'; readonly position: MessagePosition }
  | { readonly outcome: 'nothing' }
  | { readonly outcome: 'violation' }
  /** More waits for the journal than a sender may have unacknowledged. */
  | { readonly outcome: 'overrun' };

/** The messages arriving on one connection: put together, and told apart from repeats. */
export interface IncomingMessages {
  take(part: MessagePart): PartOutcome;
}

/** @param received what came on earlier connections too. */
export const incomingMessages = (peerIncarnation: number, received: ReceiveWindow): IncomingMessages => {
  const assembly = messageAssembly();

  return {
    take: (part) => {
      const result = assembly.add(part);
      if (result.outcome === 'partial') return { outcome: 'nothing' };
      if (result.outcome === 'violation') return { outcome: 'violation' };
      const { sequence, payload } = result.message;
      const position = { incarnation: peerIncarnation, sequence };
      const outcome = received.receive(position, payload.length);
      if (outcome === 'deliver') return { outcome, position, payload };
      if (outcome === 'overrun') return { outcome };
      const { journaled } = received;
      return journaled !== null && comparePositions(position, journaled) <= 0
        ? { outcome: 'acknowledgeAgain', position: journaled }
        : { outcome: 'nothing' };
    },
  };
};
