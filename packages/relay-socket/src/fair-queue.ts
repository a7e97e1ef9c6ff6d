/** Bounds of a {@link FairQueue}. */
export interface FairQueueLimits {
  /** Most bytes waiting for one peer. */
  readonly peerBytes: number;
  /** Most bytes waiting in all. */
  readonly totalBytes: number;
}

interface Lane<Frame> {
  readonly peer: string;
  readonly frames: Frame[];
  bytes: number;
  /** Bytes this lane may still send before it is the next one's turn. */
  credit: number;
}

/** Bytes a lane may send in one turn: more than the largest frame needs only after several turns, a packet train at once. */
const TURN_BYTES = 16_384;

/**
 * Frames waiting for one socket, one lane for each peer, taken out in turns (deficit round robin), so that a peer with
 * much to send delays itself and nobody else. What does not fit is dropped, oldest first, from the lane that is over
 * its bound or, when all together are, from the longest one. QUIC sees a drop as congestion and slows down.
 */
export class FairQueue<Frame extends Uint8Array> {
  readonly #limits: FairQueueLimits;
  readonly #onDrop: (frame: Frame, peer: string) => void;
  readonly #lanes = new Map<string, Lane<Frame>>();
  #bytes = 0;

  constructor(limits: FairQueueLimits, onDrop: (frame: Frame, peer: string) => void) {
    this.#limits = limits;
    this.#onDrop = onDrop;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  get sizeBytes(): number {
    return this.#bytes;
  }

  /** Takes a frame in; others, or this one, may be dropped for it. */
  push(peer: string, frame: Frame): void {
    const lane = this.#lanes.get(peer) ?? this.#open(peer);
    lane.frames.push(frame);
    lane.bytes += frame.length;
    this.#bytes += frame.length;
    while (lane.bytes > this.#limits.peerBytes) this.#dropFrom(lane);
    while (this.#bytes > this.#limits.totalBytes) this.#dropFrom(this.#longest());
  }

  /** The next frame in turn and whose it is; `undefined` when nothing waits. */
  shift(): { readonly peer: string; readonly frame: Frame } | undefined {
    for (const lane of this.#lanes.values()) {
      const frame = lane.frames[0];
      if (frame !== undefined && frame.length <= lane.credit) {
        lane.credit -= frame.length;
        this.#takeFirst(lane, frame);
        return { peer: lane.peer, frame };
      }
      lane.credit += TURN_BYTES;
      this.#lanes.delete(lane.peer);
      this.#lanes.set(lane.peer, lane);
    }
    return undefined;
  }

  /** Drops everything. */
  clear(): void {
    for (const lane of this.#lanes.values()) {
      for (const frame of lane.frames) this.#onDrop(frame, lane.peer);
    }
    this.#lanes.clear();
    this.#bytes = 0;
  }

  #open(peer: string): Lane<Frame> {
    const lane: Lane<Frame> = { peer, frames: [], bytes: 0, credit: TURN_BYTES };
    this.#lanes.set(peer, lane);
    return lane;
  }

  #longest(): Lane<Frame> | undefined {
    let longest: Lane<Frame> | undefined;
    for (const lane of this.#lanes.values()) {
      if (longest === undefined || lane.bytes > longest.bytes) longest = lane;
    }
    return longest;
  }

  #dropFrom(lane: Lane<Frame> | undefined): void {
    const frame = lane?.frames[0];
    if (lane === undefined || frame === undefined) return;
    this.#takeFirst(lane, frame);
    this.#onDrop(frame, lane.peer);
  }

  #takeFirst(lane: Lane<Frame>, frame: Frame): void {
    lane.frames.shift();
    lane.bytes -= frame.length;
    this.#bytes -= frame.length;
    if (lane.frames.length === 0) this.#lanes.delete(lane.peer);
  }
}
