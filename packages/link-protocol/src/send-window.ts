import type { MessagePosition } from '@bowline/contracts';
import { MAX_MESSAGE_BYTES } from './message-parts.ts';

/** How much one device's queue holds, and how much of it travels unacknowledged. */
export interface SendWindowLimits {
  /** Messages accepted and not acknowledged, sent ones included. */
  readonly maxMessages: number;
  /** Their bytes together. */
  readonly maxBytes: number;
  /**
   * Bytes sent and not acknowledged. Keeps pings from waiting behind megabytes in the connection's own buffers, and
   * bounds what the receiver holds for a slow journal. One message may always travel.
   */
  readonly maxBytesInFlight: number;
}

/**
 * 1,000 messages and 4 MiB, 16 of the largest, are the contract's. 512 KiB in flight fill a line of 40 Mbit/s at 100 ms, and take 4 s on
 * one of 1 Mbit/s, in which the receiver hears a part every 0.13 s.
 */
export const SEND_WINDOW_DEFAULTS: SendWindowLimits = Object.freeze({
  maxMessages: 1_000,
  maxBytes: 16 * MAX_MESSAGE_BYTES,
  maxBytesInFlight: 2 * MAX_MESSAGE_BYTES,
});

/** Names one accepted message for as long as it waits. */
export type MessageTicket = number;

export type AddResult =
  | { readonly outcome: 'added'; readonly ticket: MessageTicket }
  | { readonly outcome: 'tooLarge' | 'full' };

/** A message to put on the wire now. */
export interface OutgoingMessage {
  readonly sequence: number;
  readonly payload: Uint8Array;
  /** The name it is kept under; `null` for one that ends with this device. */
  readonly messageId: string | null;
}

/** A message the other side has journaled. */
export interface AcknowledgedMessage {
  readonly ticket: MessageTicket;
  readonly position: MessagePosition;
}

/** What one side's greeting says about the messages of the other. */
export interface PeerReport {
  readonly received: MessagePosition | null;
  readonly heard: MessagePosition | null;
}

/**
 * The messages to one device, in order, until the device has journaled them. Pure: it neither sends nor waits.
 *
 * A message gets its number when it is first put on the wire, and keeps it: resent, it is recognised as a repeat.
 */
export interface SendWindow {
  /** Takes a copy of the payload. @param messageId of a message that is kept. @defaultValue `null` */
  add(payload: Uint8Array, messageId?: string | null): AddResult;
  /** Takes back a message that was never put on the wire. `false`: it was, so it keeps its number and will arrive. */
  withdraw(ticket: MessageTicket): boolean;
  /**
   * A connection begins: what the peer has not journaled goes out again. Answers what it has.
   *
   * @param incarnation the sending device's own. It may grow: what the peer has not stored by then is numbered anew.
   */
  resume(incarnation: number, report: PeerReport): readonly AcknowledgedMessage[];
  /** The next message for this connection, or `null` when there is none or enough is in flight. Call `resume` first. */
  next(): OutgoingMessage | null;
  /** Whether the next one is kept. */
  isNextKept(): boolean;
  /** Bytes of the next one; 0 where there is none. */
  readonly nextSizeBytes: number;
  /** Takes the next one out, because this peer cannot take it. A number that it had stays used. */
  refuseNext(): MessageTicket | null;
  /** The peer has journaled everything up to `position`. Answers what that settles, or `violation` for what was never sent. */
  acknowledge(position: MessagePosition): readonly AcknowledgedMessage[] | 'violation';
  /** Empties the queue and answers what was in it. */
  clear(): readonly MessageTicket[];
  /** Messages accepted and not acknowledged. */
  readonly count: number;
  readonly sizeBytes: number;
  /** Those of them that end with this device. */
  readonly unkept: { readonly count: number; readonly sizeBytes: number };
}

interface Entry {
  readonly ticket: MessageTicket;
  readonly payload: Uint8Array;
  readonly messageId: string | null;
  sequence: number | null;
}

export const sendWindow = (limits: SendWindowLimits = SEND_WINDOW_DEFAULTS): SendWindow => {
  /** Numbered entries first, in order; then those never put on the wire. */
  const entries: Entry[] = [];
  let sizeBytes = 0;
  let lastTicket = 0;
  let nextSequence = 1;
  /** Known with the first connection, as are the numbers. */
  let incarnation = 0;
  /** How many entries from the front were put on the present connection, and their bytes. */
  let sentCount = 0;
  let sentBytes = 0;

  const ownSequence = (position: MessagePosition | null): number =>
    position !== null && position.incarnation === incarnation ? position.sequence : 0;

  const settleUpTo = (sequence: number): readonly AcknowledgedMessage[] => {
    const settled: AcknowledgedMessage[] = [];
    for (let entry = entries[0]; entry !== undefined; entry = entries[0]) {
      if (entry.sequence === null || entry.sequence > sequence) break;
      entries.shift();
      sizeBytes -= entry.payload.length;
      if (sentCount > 0) {
        sentCount -= 1;
        sentBytes -= entry.payload.length;
      }
      settled.push({ ticket: entry.ticket, position: { incarnation, sequence: entry.sequence } });
    }
    return settled;
  };

  return {
    add: (payload, messageId = null) => {
      if (payload.length > MAX_MESSAGE_BYTES) return { outcome: 'tooLarge' };
      if (entries.length >= limits.maxMessages || sizeBytes + payload.length > limits.maxBytes)
        return { outcome: 'full' };
      lastTicket += 1;
      entries.push({ ticket: lastTicket, payload: payload.slice(), messageId, sequence: null });
      sizeBytes += payload.length;
      return { outcome: 'added', ticket: lastTicket };
    },
    withdraw: (ticket) => {
      const index = entries.findIndex((entry) => entry.ticket === ticket);
      const entry = entries[index];
      if (entry === undefined || entry.sequence !== null) return false;
      entries.splice(index, 1);
      sizeBytes -= entry.payload.length;
      return true;
    },
    resume: (ownIncarnation, { received, heard }) => {
      const settled = ownIncarnation === incarnation ? [] : settleUpTo(ownSequence(received));
      if (ownIncarnation !== incarnation) {
        incarnation = ownIncarnation;
        nextSequence = 1;
        for (const entry of entries) entry.sequence = null;
      }
      sentCount = 0;
      sentBytes = 0;
      // Numbers above ours are those of an earlier run of this actor: the peer would take a reused one for a repeat.
      nextSequence = Math.max(nextSequence, ownSequence(received) + 1, ownSequence(heard) + 1);
      return [...settled, ...settleUpTo(ownSequence(received))];
    },
    next: () => {
      const entry = entries[sentCount];
      if (entry === undefined) return null;
      if (sentCount > 0 && sentBytes + entry.payload.length > limits.maxBytesInFlight) return null;
      if (entry.sequence === null) {
        entry.sequence = nextSequence;
        nextSequence += 1;
      }
      sentCount += 1;
      sentBytes += entry.payload.length;
      return { sequence: entry.sequence, payload: entry.payload, messageId: entry.messageId };
    },
    isNextKept: () => entries[sentCount]?.messageId != null,
    get nextSizeBytes() {
      return entries[sentCount]?.payload.length ?? 0;
    },
    refuseNext: () => {
      const [refused] = entries.splice(sentCount, 1);
      if (refused === undefined) return null;
      sizeBytes -= refused.payload.length;
      return refused.ticket;
    },
    acknowledge: (position) => {
      const sequence = ownSequence(position);
      return sequence >= nextSequence ? 'violation' : settleUpTo(sequence);
    },
    clear: () => {
      const tickets = entries.map((entry) => entry.ticket);
      entries.length = 0;
      sizeBytes = 0;
      sentCount = 0;
      sentBytes = 0;
      return tickets;
    },
    get count() {
      return entries.length;
    },
    get sizeBytes() {
      return sizeBytes;
    },
    get unkept() {
      const unkept = entries.filter(({ messageId }) => messageId === null);
      return { count: unkept.length, sizeBytes: unkept.reduce((sum, { payload }) => sum + payload.length, 0) };
    },
  };
};
