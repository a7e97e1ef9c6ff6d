/** Bounds of a {@link FairQueue}, in bytes; each frame counts {@link FRAME_OVERHEAD_BYTES} beyond its own. */
export interface FairQueueLimits {
  /** Most waiting in one lane. */
  readonly laneBytes: number;
  /** Most waiting in all lanes. */
  readonly totalBytes: number;
}

/** What several queues may hold together. */
export interface SharedBudget {
  readonly limitBytes: number;
  usedBytes: number;
}

/** Which bound a dropped frame met: its queue's, or that of all together. `cleared`: the queue ended. */
export type DropCause = 'queue-full' | 'total-queue-full' | 'cleared';

/** What a queue is made of. */
export interface FairQueueOptions<Lane> {
  readonly limits: FairQueueLimits;
  /** @param frame only to be looked at, and only now */
  readonly onDrop: (frame: Buffer, lane: Lane, cause: DropCause) => void;
  readonly budget?: SharedBudget;
}

/** What one frame costs beyond its bytes: the objects that hold it (470 bytes with Node 24, measured). */
export const FRAME_OVERHEAD_BYTES = 512;

/** Bytes a lane may send in one turn: more than the largest frame needs only after several turns, a packet train at once. */
const TURN_BYTES = 16_384;

interface Waiting<Lane> {
  readonly lane: Lane;
  readonly frames: Buffer[];
  bytes: number;
  /** Bytes this lane may still send before it is the next one's turn. */
  credit: number;
}

/**
 * A copy with memory of its own. The frame is a view into what was read, and would keep all of that alive; so would a
 * copy in one of the 64 KiB slabs `Buffer.from` shares among whatever is copied next.
 *
 * @param spare memory that is free again: where it fits, a flood into a full queue allocates nothing
 */
const copyOf = (frame: Uint8Array, spare: Buffer | undefined): Buffer => {
  const copy = spare?.length === frame.length ? spare : Buffer.allocUnsafeSlow(frame.length);
  copy.set(frame);
  return copy;
};

/**
 * Copies of frames waiting for one socket, one lane for each peer, taken out in turns by bytes (deficit round robin), so
 * that a peer with much to send delays itself and nobody else. What does not fit is dropped, oldest first, from the lane
 * that is over its bound or, when all together are, from the longest one. QUIC sees a drop as congestion and slows down.
 */
export class FairQueue<Lane> {
  readonly #limits: FairQueueLimits;
  readonly #onDrop: FairQueueOptions<Lane>['onDrop'];
  readonly #budget: SharedBudget | undefined;
  readonly #lanes = new Map<Lane, Waiting<Lane>>();
  #bytes = 0;

  constructor({ budget, limits, onDrop }: FairQueueOptions<Lane>) {
    this.#limits = limits;
    this.#onDrop = onDrop;
    this.#budget = budget;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** What waits, with the overhead of each frame. */
  get sizeBytes(): number {
    return this.#bytes;
  }

  /** Takes a copy of a frame in; others, or this one, may be dropped for it. */
  push(lane: Lane, frame: Uint8Array): void {
    const costBytes = costOf(frame);
    if (this.#budget !== undefined && this.#budget.usedBytes + costBytes > this.#budget.limitBytes) {
      this.#onDrop(Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength), lane, 'total-queue-full');
      return;
    }
    const waiting = this.#lanes.get(lane) ?? this.#open(lane);
    this.#grow(waiting, costBytes);
    let spare: Buffer | undefined;
    while (waiting.bytes > this.#limits.laneBytes && waiting.frames.length > 0) spare = this.#dropFrom(waiting);
    while (this.#bytes > this.#limits.totalBytes) {
      const longest = this.#longest();
      if (longest === undefined || longest.frames.length === 0) break;
      spare = this.#dropFrom(longest);
    }
    const hasRoom = waiting.bytes <= this.#limits.laneBytes && this.#bytes <= this.#limits.totalBytes;
    if (hasRoom) {
      waiting.frames.push(copyOf(frame, spare));
      this.#lanes.set(lane, waiting);
    } else {
      this.#grow(waiting, -costBytes);
      if (waiting.frames.length === 0) this.#lanes.delete(lane);
      this.#onDrop(Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength), lane, 'queue-full');
    }
  }

  /** The next frame in turn and whose it is; `undefined` when nothing waits. */
  shift(): { readonly lane: Lane; readonly frame: Buffer } | undefined {
    for (const waiting of this.#lanes.values()) {
      const frame = waiting.frames[0];
      if (frame !== undefined && frame.length <= waiting.credit) {
        waiting.credit -= frame.length;
        this.#takeFirst(waiting, frame);
        return { lane: waiting.lane, frame };
      }
      waiting.credit += TURN_BYTES;
      this.#lanes.delete(waiting.lane);
      this.#lanes.set(waiting.lane, waiting);
    }
    return undefined;
  }

  /** The next frames in turn, until about `sizeBytes` are taken or nothing is left. */
  take(sizeBytes: number): readonly Buffer[] {
    const taken: Buffer[] = [];
    let takenBytes = 0;
    while (takenBytes < sizeBytes) {
      const next = this.shift();
      if (next === undefined) break;
      taken.push(next.frame);
      takenBytes += next.frame.length;
    }
    return taken;
  }

  /** Drops everything. */
  clear(): void {
    for (const { frames, lane } of this.#lanes.values()) {
      for (const frame of frames) this.#onDrop(frame, lane, 'cleared');
    }
    this.#lanes.clear();
    if (this.#budget !== undefined) this.#budget.usedBytes -= this.#bytes;
    this.#bytes = 0;
  }

  #open(lane: Lane): Waiting<Lane> {
    const waiting: Waiting<Lane> = { lane, frames: [], bytes: 0, credit: TURN_BYTES };
    this.#lanes.set(lane, waiting);
    return waiting;
  }

  #longest(): Waiting<Lane> | undefined {
    let longest: Waiting<Lane> | undefined;
    for (const waiting of this.#lanes.values()) {
      if (longest === undefined || waiting.bytes > longest.bytes) longest = waiting;
    }
    return longest;
  }

  /** @returns the memory of the frame that was dropped */
  #dropFrom(waiting: Waiting<Lane>): Buffer | undefined {
    const frame = waiting.frames[0];
    if (frame === undefined) return undefined;
    this.#takeFirst(waiting, frame);
    this.#onDrop(frame, waiting.lane, 'queue-full');
    return frame;
  }

  #takeFirst(waiting: Waiting<Lane>, frame: Buffer): void {
    waiting.frames.shift();
    this.#grow(waiting, -costOf(frame));
    if (waiting.frames.length === 0) this.#lanes.delete(waiting.lane);
  }

  #grow(waiting: Waiting<Lane>, bytes: number): void {
    waiting.bytes += bytes;
    this.#bytes += bytes;
    if (this.#budget !== undefined) this.#budget.usedBytes += bytes;
  }
}

const costOf = (frame: Uint8Array): number => frame.length + FRAME_OVERHEAD_BYTES;
