import type { MessagePosition } from '@bowline/contracts';
import { comparePositions, laterPosition } from './message-position.ts';
import type { PeerReport } from './send-window.ts';

/** How much may be delivered and not yet journaled. */
export interface ReceiveWindowLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
}

/** The most an honest sender keeps unacknowledged, so only a sender that ignores its bounds reaches them. */
export const RECEIVE_WINDOW_DEFAULTS: ReceiveWindowLimits = Object.freeze({ maxMessages: 1_000, maxBytes: 4_194_304 });

/**
 * - `deliver`: new; tell it to the host.
 * - `repeat`: delivered before; drop it.
 * - `overrun`: new, but more is waiting for the journal than a sender may have in flight; end the connection.
 */
export type ReceiveOutcome = 'deliver' | 'repeat' | 'overrun';

/**
 * What has come from one device: delivered in order, once, and journaled up to a position that acknowledgements and
 * greetings tell the sender. Pure. Lives as long as its actor; only the journaled position outlives it.
 */
export interface ReceiveWindow {
  /** What our greeting says about the peer's messages. */
  report(): PeerReport;
  receive(position: MessagePosition, sizeBytes: number): ReceiveOutcome;
  /** The host has journaled everything up to `position`. `true` when that is news for the sender. */
  acknowledge(position: MessagePosition): boolean;
  /** Last journaled position. */
  readonly journaled: MessagePosition | null;
}

/** @param lastJournaled as the store has it, so that messages resent after a restart of this side are dropped. */
export const receiveWindow = (
  lastJournaled: MessagePosition | null,
  limits: ReceiveWindowLimits = RECEIVE_WINDOW_DEFAULTS,
): ReceiveWindow => {
  const unjournaled: { readonly position: MessagePosition; readonly sizeBytes: number }[] = [];
  let unjournaledBytes = 0;
  let journaled = lastJournaled;
  let heard = lastJournaled;

  return {
    report: () => ({ received: journaled, heard }),
    receive: (position, sizeBytes) => {
      if (comparePositions(position, heard) <= 0) return 'repeat';
      // A new start of the sender: what it sent before and nobody has journaled is its own to send again.
      if (position.incarnation !== heard?.incarnation) {
        unjournaled.length = 0;
        unjournaledBytes = 0;
      }
      const isFull = unjournaled.length >= limits.maxMessages || unjournaledBytes + sizeBytes > limits.maxBytes;
      if (isFull) return 'overrun';
      heard = position;
      unjournaled.push({ position, sizeBytes });
      unjournaledBytes += sizeBytes;
      return 'deliver';
    },
    acknowledge: (position) => {
      if (comparePositions(position, journaled) <= 0) return false;
      journaled = position;
      heard = laterPosition(heard, position);
      for (let first = unjournaled[0]; first !== undefined; first = unjournaled[0]) {
        if (comparePositions(first.position, position) > 0) break;
        unjournaled.shift();
        unjournaledBytes -= first.sizeBytes;
      }
      return true;
    },
    get journaled() {
      return journaled;
    },
  };
};
