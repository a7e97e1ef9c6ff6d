import { StreamProtocolError } from './errors.ts';
import { type GrowingBytes, grownBytes } from './grown-bytes.ts';
import type { StreamFrame } from './stream-frame.ts';
import type { StreamPosition } from './stream-header.ts';

/** How soon the other side should hear what has arrived. */
export type AckUrgency = 'none' | 'later' | 'now';

/** One direction of a stream at its receiver: what has arrived waits, within the window, until it is read. */
export interface ReceiveHalf {
  readonly isEnded: boolean;
  /** The end has come, and the other side was told so. */
  readonly isEndTold: boolean;
  /** Bytes that arrived and were not read. */
  readonly waitingBytes: number;
  /** Whether {@link read} has something: bytes, or the end. */
  readonly isReadable: boolean;
  /** @throws StreamProtocolError for bytes beyond the limit, or after the end */
  receive(frame: Extract<StreamFrame, { kind: 'data' | 'end' }>): void;
  /** The next bytes, `'end'` after the last, or `null` while there is nothing. The end is read as often as asked for. */
  read(): Uint8Array | 'end' | null;
  readonly ackUrgency: AckUrgency;
  /** What has arrived and what is taken; it counts as told. */
  report(): StreamPosition;
  /** Forgets what was not read, and takes everything from now on without keeping it. */
  drop(): void;
}

/** @param window most bytes that wait unread; it grows with what was read */
export const receiveHalf = (window: GrowingBytes): ReceiveHalf => {
  const waiting: Uint8Array[] = [];
  let head = 0;
  let received = 0;
  let consumed = 0;
  let told: StreamPosition = { received: 0, limit: window.firstBytes };
  let isEnded = false;
  let isDropped = false;

  const limit = (): number => Math.max(told.limit, consumed + grownBytes(window, consumed));

  const waitingBytes = (): number => received - consumed - (isEnded ? 1 : 0);

  return {
    get isEnded() {
      return isEnded;
    },
    get isEndTold() {
      return isEnded && told.received === received;
    },
    get waitingBytes() {
      return waitingBytes();
    },
    get isReadable() {
      return head < waiting.length || (isEnded && !isDropped);
    },
    receive: (frame) => {
      if (isEnded) throw new StreamProtocolError('something follows the end');
      if (frame.kind === 'end') {
        isEnded = true;
        received += 1;
        return;
      }
      received += frame.bytes.byteLength;
      if (isDropped) consumed = received;
      else if (received > told.limit) throw new StreamProtocolError('more was sent than was allowed');
      else waiting.push(frame.bytes);
    },
    read: () => {
      const bytes = waiting[head];
      if (bytes === undefined) return isEnded ? 'end' : null;
      waiting[head] = new Uint8Array();
      head += 1;
      if (head > 64 && head * 2 > waiting.length) {
        waiting.splice(0, head);
        head = 0;
      }
      consumed += bytes.byteLength;
      return bytes;
    },
    get ackUrgency() {
      // After the end nobody needs credit.
      if (received === told.received && (isEnded || limit() === told.limit)) return 'none';
      const muchBytes = window.firstBytes / 4;
      const isMuch = received - told.received >= muchBytes || limit() - told.limit >= muchBytes;
      if (isMuch || (isEnded && received !== told.received)) return 'now';
      return received === told.received ? 'none' : 'later';
    },
    report: () => {
      told = { received, limit: limit() };
      return told;
    },
    drop: () => {
      isDropped = true;
      waiting.length = 0;
      head = 0;
      consumed = received - (isEnded ? 1 : 0);
    },
  };
};
