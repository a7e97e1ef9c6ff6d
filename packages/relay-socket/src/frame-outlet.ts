import { FairQueue, type FairQueueLimits } from './fair-queue.ts';

/** The sending side of a socket, as far as an outlet needs it. */
export interface FrameSink {
  /** Bytes taken but not yet handed to the operating system. */
  readonly bufferedBytes: number;
  /** Sends one frame; `onFlushed` is called once the operating system has it, or the socket is gone. */
  send(frame: Uint8Array, onFlushed?: () => void): void;
}

/**
 * Bytes given to a socket ahead of the network. Beyond it frames wait in the fair queue, where they can still be
 * overtaken; a ping therefore waits behind at most this much.
 */
const SOCKET_AHEAD_BYTES = 65_536;

/** Bounds for one socket. A megabyte is 80 ms of a 100 Mbit/s line: more queue would only add delay. */
const OUTLET_LIMITS: FairQueueLimits = Object.freeze({ laneBytes: 524_288, totalBytes: 1_048_576 });

/** Control frames of which only the newest is worth sending. */
export type ControlKind = 'ping' | 'pong';

/** Passes frames to one socket without ever letting it grow: directly while the socket keeps up, in fair turns otherwise. */
export class FrameOutlet {
  readonly #sink: FrameSink;
  readonly #queue: FairQueue<string>;
  /** At most one of each kind waits: whoever asks without reading must not be able to make it grow. */
  readonly #control = new Map<ControlKind, Uint8Array>();
  #isWaiting: boolean = false;
  #isClosed: boolean = false;

  constructor(sink: FrameSink, onDrop: (frame: Uint8Array, peer: string) => void, limits = OUTLET_LIMITS) {
    this.#sink = sink;
    this.#queue = new FairQueue({ limits, onDrop });
  }

  /** Sends or queues a datagram frame of `peer`. Never blocks; what does not fit is dropped and told to `onDrop`. */
  send(frame: Uint8Array, peer: string): void {
    if (this.#queue.isEmpty && !this.#isWaiting) {
      this.#pass(frame);
      return;
    }
    this.#queue.push(peer, frame);
  }

  /** Sends a control frame ahead of datagrams that wait. While the socket is behind, a newer one takes its place. */
  sendControl(kind: ControlKind, frame: Uint8Array): void {
    if (this.#isClosed) return;
    if (this.#isWaiting) this.#control.set(kind, frame);
    else this.#pass(frame);
  }

  /** Drops what waits; nothing is sent any more. */
  close(): void {
    this.#isClosed = true;
    this.#control.clear();
    this.#queue.clear();
  }

  #pass(frame: Uint8Array): void {
    if (this.#sink.bufferedBytes + frame.length < SOCKET_AHEAD_BYTES) {
      this.#sink.send(frame);
      return;
    }
    this.#isWaiting = true;
    this.#sink.send(frame, () => {
      this.#isWaiting = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (!this.#isWaiting && !this.#isClosed) {
      const next = this.#takeControl() ?? this.#queue.shift()?.frame;
      if (next === undefined) return;
      this.#pass(next);
    }
  }

  #takeControl(): Uint8Array | undefined {
    for (const [kind, frame] of this.#control) {
      this.#control.delete(kind);
      return frame;
    }
    return undefined;
  }
}
