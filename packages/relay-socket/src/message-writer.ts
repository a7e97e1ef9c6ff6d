import type { Duplex } from 'node:stream';
import { maskBytes } from './message-mask.ts';

/** First byte of a whole binary message (RFC 6455 section 5.2). */
const BINARY_MESSAGE = 0x82;
const MASKED = 0x80;
const MASK_BYTES = 4;

/**
 * Writes frames as WebSocket messages to the connection below a WebSocket, those of one turn of the event loop at once:
 * datagrams come in bursts, and handing them to the kernel one by one was 64 to 82 % of what forwarding cost (measured).
 */
export class MessageWriter {
  readonly #line: Duplex;
  readonly #nextMask: (() => Uint8Array) | null;
  #frames: Uint8Array[] = [];
  #whenFlushed: (() => void)[] = [];
  #gatheredBytes = 0;

  /** @param nextMask 4 unpredictable bytes for each message of a client; `null` on the side of a server, which masks nothing */
  constructor(line: Duplex, nextMask: (() => Uint8Array) | null) {
    this.#line = line;
    this.#nextMask = nextMask;
  }

  /** Bytes taken but not yet handed to the operating system. */
  get bufferedBytes(): number {
    return this.#gatheredBytes + this.#line.writableLength;
  }

  /** @param frame not to be changed before the turn ends @param onFlushed called once the operating system has it, or the connection is gone */
  send(frame: Uint8Array, onFlushed?: () => void): void {
    if (this.#frames.push(frame) === 1) queueMicrotask(() => this.flush());
    this.#gatheredBytes += frame.length;
    if (onFlushed !== undefined) this.#whenFlushed.push(onFlushed);
  }

  /** Writes what was gathered now: before the WebSocket says anything itself that has to come after it. */
  flush(): void {
    if (this.#frames.length === 0) return;
    const [frames, whenFlushed] = [this.#frames, this.#whenFlushed];
    [this.#frames, this.#whenFlushed, this.#gatheredBytes] = [[], [], 0];
    this.#line.write(messagesOf(frames, this.#nextMask), () => {
      for (const flushed of whenFlushed) flushed();
    });
  }
}

const headerBytes = (length: number, isMasked: boolean): number => {
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  return 2 + lengthBytes + (isMasked ? MASK_BYTES : 0);
};

/** The messages of `frames`, one after another in one buffer. */
export const messagesOf = (frames: readonly Uint8Array[], nextMask: (() => Uint8Array) | null): Buffer => {
  const isMasked = nextMask !== null;
  let sizeBytes = 0;
  for (const { length } of frames) sizeBytes += headerBytes(length, isMasked) + length;
  const messages = Buffer.allocUnsafe(sizeBytes);
  let at = 0;
  for (const frame of frames) {
    const { length } = frame;
    writeHeader(messages, at, length, isMasked ? MASKED : 0);
    at += headerBytes(length, isMasked);
    messages.set(frame, at);
    if (nextMask !== null) {
      const mask = nextMask();
      messages.set(mask, at - MASK_BYTES);
      maskBytes(messages, at, at + length, mask);
    }
    at += length;
  }
  return messages;
};

const writeHeader = (messages: Buffer, at: number, length: number, flag: number): void => {
  messages[at] = BINARY_MESSAGE;
  if (length < 126) {
    messages[at + 1] = flag | length;
  } else if (length < 65_536) {
    messages[at + 1] = flag | 126;
    messages.writeUInt16BE(length, at + 2);
  } else {
    messages[at + 1] = flag | 127;
    messages.writeBigUInt64BE(BigInt(length), at + 2);
  }
};
