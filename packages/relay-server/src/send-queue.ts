import type { Writable } from 'node:stream';
import { type ControlKind, type DropCause, FairQueue, messagesOf, type SharedBudget } from '@bowline/relay-socket';

/** Bytes collected before they are handed to the connection within a turn of the event loop, and refilled after it drained. Node's own mark for sockets. */
const CHUNK_BYTES = 65_536;

/**
 * Hands collected frames to their connections at the end of each turn of the event loop. One per relay.
 *
 * While very many clients log in at once, a turn takes as long as all that they have sent, up to a second, and what is
 * forwarded would wait for it: then frames leave when what came from one connection has been read.
 */
export class FlushTurn {
  readonly #isCrowded: () => boolean;
  #queues: SendQueue[] = [];

  /** @param isCrowded whether very many clients are on the way in */
  constructor(isCrowded: () => boolean) {
    this.#isCrowded = isCrowded;
  }

  add(queue: SendQueue): void {
    if (this.#queues.push(queue) > 1) return;
    if (this.#isCrowded()) queueMicrotask(this.#flush);
    else setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    const queues = this.#queues;
    this.#queues = [];
    for (const queue of queues) queue.flush();
  };
}

/** What a queue works with. */
export interface SendQueueComponents {
  readonly socket: Writable;
  readonly turn: FlushTurn;
  readonly limitBytes: number;
  readonly budget: SharedBudget;
  readonly onDrop: (frame: Buffer, cause: DropCause) => void;
  /** The frame was handed to the connection. */
  readonly onSent: (frame: Buffer) => void;
}

/**
 * Frames on their way to one client.
 *
 * While its connection takes what it is given, frames of one turn of the event loop leave together, as one write of
 * one buffer: a write for each datagram would cost more than all the rest of forwarding. When the connection backs up, they
 * wait in a {@link FairQueue}.
 */
export class SendQueue {
  readonly #components: SendQueueComponents;
  #collected: Buffer[] = [];
  #collectedBytes = 0;
  #backlog: FairQueue<object> | undefined;
  /** At most one of each kind waits: whoever asks without reading must not be able to make it grow. */
  #control: Map<ControlKind, Buffer> | undefined;
  #isBackedUp: boolean = false;
  #hasProgressed: boolean = false;

  constructor(components: SendQueueComponents) {
    this.#components = components;
  }

  /** Whether the connection holds as much as it should. */
  get isBackedUp(): boolean {
    return this.#isBackedUp;
  }

  /** Whether a backed-up connection has taken anything since this was last asked. */
  takeProgress(): boolean {
    const hasProgressed = this.#hasProgressed;
    this.#hasProgressed = false;
    return hasProgressed;
  }

  /** @param frame sent as one message; not to be changed before the turn ends @param sender whose line it joins when the connection is backed up */
  push(sender: object, frame: Buffer): void {
    if (this.#isBackedUp) {
      this.#backlog ??= this.#newBacklog();
      this.#backlog.push(sender, frame);
      return;
    }
    if (this.#collected.push(frame) === 1) this.#components.turn.add(this);
    this.#collectedBytes += frame.length;
    if (this.#collectedBytes >= CHUNK_BYTES) this.flush();
  }

  /** Sends a control frame ahead of datagrams that wait. While the connection is backed up, a newer one takes its place. */
  pushControl(kind: ControlKind, frame: Buffer): void {
    if (!this.#isBackedUp) {
      this.push(this, frame);
      return;
    }
    this.#control ??= new Map();
    this.#control.set(kind, frame);
  }

  /** Hands over what has been collected. */
  flush(): void {
    if (this.#collected.length === 0) return;
    const frames = this.#collected;
    this.#collected = [];
    this.#collectedBytes = 0;
    this.#write(frames);
  }

  /** Forgets what has not been handed over. */
  clear(): void {
    this.#collected = [];
    this.#collectedBytes = 0;
    this.#control?.clear();
    this.#backlog?.clear();
  }

  #newBacklog(): FairQueue<object> {
    const { budget, limitBytes, onDrop } = this.#components;
    const limits = { laneBytes: limitBytes, totalBytes: limitBytes };
    return new FairQueue({ limits, budget, onDrop: (frame, _lane, cause) => onDrop(frame, cause) });
  }

  #write(frames: readonly Buffer[]): void {
    const { onSent, socket } = this.#components;
    if (!socket.writable) return;
    for (const frame of frames) onSent(frame);
    if (socket.write(messagesOf(frames, null)) || this.#isBackedUp) return;
    this.#isBackedUp = true;
    socket.once('drain', this.#onDrain);
  }

  readonly #onDrain = (): void => {
    this.#isBackedUp = false;
    this.#hasProgressed = true;
    if (this.#control !== undefined) {
      this.#write([...this.#control.values()]);
      this.#control = undefined;
    }
    const backlog = this.#backlog;
    while (backlog !== undefined && !backlog.isEmpty && !this.#isBackedUp) this.#write(backlog.take(CHUNK_BYTES));
  };
}
