import { StreamProtocolError } from './errors.ts';
import { MAX_DATA_BYTES, type StreamFrame } from './stream-frame.ts';
import type { StreamPosition } from './stream-header.ts';

/** One direction of a stream at its sender: every byte is kept until the other side has it. */
export interface SendHalf {
  /** Bytes written and not acknowledged. */
  readonly keptBytes: number;
  /** Bytes that the other side has. */
  readonly acknowledgedBytes: number;
  readonly isEnded: boolean;
  /** Everything was put on the connection it is on, the end too. */
  readonly isEndSent: boolean;
  /** Whether the other side has everything, the end included. */
  readonly isAcknowledged: boolean;
  /** Whether anything was ever put on the wire. */
  readonly hasSent: boolean;
  /** Takes bytes over; the caller does not change them afterwards. Nothing may be written after the end. */
  write(bytes: Uint8Array): void;
  end(): void;
  /** On a new connection: goes on from what the other side has. @throws StreamProtocolError */
  rewind(peer: StreamPosition): void;
  /** @throws StreamProtocolError when it acknowledges what was never sent, or takes back what it said */
  acknowledge(peer: StreamPosition): void;
  /** The next frame the other side takes now, at most `maxBytes` of data; `null` when there is none. */
  next(maxBytes: number): StreamFrame | null;
  /** Whether {@link next} has something. */
  readonly isReady: boolean;
  /** Bytes that the other side takes now. */
  readonly readyBytes: number;
  /** Forgets everything. */
  drop(): void;
}

/** @param initialLimit what the other side takes before it has said so. */
export const sendHalf = (initialLimit: number): SendHalf => {
  let chunks: Uint8Array[] = [];
  /** Position of the first byte of `chunks`. */
  let acked = 0;
  let written = 0;
  let sent = 0;
  let mostSent = 0;
  let limit = initialLimit;
  let isEnded = false;
  let isDropped = false;
  /** Where the next byte to send is: which chunk, and where in it. */
  let cursor = { index: 0, offset: 0 };

  const endAt = (): number => written + (isEnded ? 1 : 0);
  const check = (peer: StreamPosition): void => {
    if (peer.received < acked) throw new StreamProtocolError('an acknowledgement was taken back');
    if (peer.received > mostSent) throw new StreamProtocolError('what was never sent is acknowledged');
  };
  const forgetTo = (received: number): void => {
    // What was under way when everything was forgotten is acknowledged still.
    if (isDropped) {
      acked = received;
      return;
    }
    let remaining = Math.min(received, written) - Math.min(acked, written);
    let dropped = 0;
    while (remaining > 0) {
      const head = chunks[dropped] as Uint8Array;
      if (head.byteLength > remaining) {
        chunks[dropped] = head.subarray(remaining);
        if (cursor.index === dropped) cursor = { index: dropped, offset: cursor.offset - remaining };
        remaining = 0;
      } else {
        remaining -= head.byteLength;
        dropped += 1;
      }
    }
    if (dropped > 0) {
      chunks = chunks.slice(dropped);
      cursor = { ...cursor, index: cursor.index - dropped };
    }
    acked = received;
  };

  const isReady = (): boolean =>
    !isDropped && ((sent < written && sent < limit) || (isEnded && sent === written && sent < endAt()));

  return {
    get keptBytes() {
      return written - Math.min(acked, written);
    },
    get acknowledgedBytes() {
      return Math.min(acked, written);
    },
    get isEnded() {
      return isEnded;
    },
    get isEndSent() {
      return isEnded && sent === written + 1;
    },
    get isAcknowledged() {
      return isEnded && acked === written + 1;
    },
    get hasSent() {
      return mostSent > 0;
    },
    get isReady() {
      return isReady();
    },
    get readyBytes() {
      return isDropped ? 0 : Math.max(0, Math.min(written, limit) - sent);
    },
    write: (bytes) => {
      if (bytes.byteLength === 0) return;
      chunks.push(bytes);
      written += bytes.byteLength;
    },
    end: () => {
      isEnded = true;
    },
    rewind: (peer) => {
      check(peer);
      forgetTo(peer.received);
      sent = peer.received;
      limit = Math.max(peer.limit, peer.received);
      cursor = { index: 0, offset: 0 };
    },
    acknowledge: (peer) => {
      check(peer);
      if (peer.received > sent) throw new StreamProtocolError('what was never sent is acknowledged');
      if (peer.limit < limit && peer.limit < mostSent) throw new StreamProtocolError('credit was taken back');
      forgetTo(peer.received);
      limit = Math.max(limit, peer.limit);
    },
    next: (maxBytes) => {
      if (!isReady()) return null;
      if (sent === written) {
        sent += 1;
        mostSent = Math.max(mostSent, sent);
        return { kind: 'end' };
      }
      const room = Math.min(maxBytes, MAX_DATA_BYTES, limit - sent);
      if (room <= 0) return null;
      const chunk = chunks[cursor.index] as Uint8Array;
      const bytes = chunk.subarray(cursor.offset, cursor.offset + room);
      const isSpent = cursor.offset + bytes.byteLength === chunk.byteLength;
      cursor = isSpent
        ? { index: cursor.index + 1, offset: 0 }
        : { index: cursor.index, offset: cursor.offset + bytes.byteLength };
      sent += bytes.byteLength;
      mostSent = Math.max(mostSent, sent);
      return { kind: 'data', bytes };
    },
    drop: () => {
      isDropped = true;
      chunks = [];
      cursor = { index: 0, offset: 0 };
      limit = 0;
    },
  };
};
