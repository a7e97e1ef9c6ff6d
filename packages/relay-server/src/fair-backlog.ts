/** Bytes taken from one sender before the next one's turn: a quarter of what is handed to the connection at once. */
const QUANTUM_BYTES = 16_384;

/** What one frame costs beyond its bytes: the objects that hold it (470 bytes with Node 24, measured). */
const FRAME_OVERHEAD_BYTES = 512;

/** What all backlogs of a relay may hold together. */
export interface BacklogBudget {
  readonly limitBytes: number;
  usedBytes: number;
}

/**
 * A copy with memory of its own. The frame is a view into what was read, and would keep all of that alive; so would a
 * copy in one of the 64 KiB slabs `Buffer.from` shares among whatever is copied next.
 */
const copyOf = (frame: Buffer): Buffer => {
  const copy = Buffer.allocUnsafeSlow(frame.length);
  copy.set(frame);
  return copy;
};

interface SenderBacklog {
  readonly frames: Buffer[];
  bytes: number;
  /** Bytes this sender may still have taken in this round. */
  credit: number;
}

/** Which limit a dropped frame met: that of this client, or that of all together. */
export type BacklogRefusal = 'queue-full' | 'total-queue-full';

/**
 * Frames waiting for a client whose connection is backed up, in one line per sender. Lines are served in turn by
 * bytes, and when there is no room the longest line gives way, so that one loud sender cannot silence the others.
 */
export class FairBacklog {
  readonly #limitBytes: number;
  readonly #budget: BacklogBudget;
  readonly #onDrop: (frame: Buffer, reason: BacklogRefusal) => void;
  readonly #lines = new Map<object, SenderBacklog>();
  #bytes = 0;

  constructor(limitBytes: number, budget: BacklogBudget, onDrop: (frame: Buffer, reason: BacklogRefusal) => void) {
    this.#limitBytes = limitBytes;
    this.#budget = budget;
    this.#onDrop = onDrop;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a copy of `frame` in, or drops it or older ones of the longest line. @param sender whose line it joins */
  add(sender: object, frame: Buffer): void {
    const cost = frame.length + FRAME_OVERHEAD_BYTES;
    if (this.#budget.usedBytes + cost > this.#budget.limitBytes) {
      this.#onDrop(frame, 'total-queue-full');
      return;
    }
    let line = this.#lines.get(sender);
    while (this.#bytes + cost > this.#limitBytes) {
      const longest = this.#longestLine();
      if (longest === undefined || longest === line || longest.bytes <= (line?.bytes ?? 0) + cost) {
        this.#onDrop(frame, 'queue-full');
        return;
      }
      this.#dropOldest(longest);
    }
    if (line === undefined) {
      line = { frames: [], bytes: 0, credit: 0 };
      this.#lines.set(sender, line);
    }
    line.frames.push(copyOf(frame));
    line.bytes += cost;
    this.#grow(cost);
  }

  /** Takes frames in turn until about `sizeBytes` are taken or nothing is left. */
  take(sizeBytes: number): Buffer[] {
    const taken: Buffer[] = [];
    let takenBytes = 0;
    while (takenBytes < sizeBytes && this.#lines.size > 0) {
      const [sender, line] = this.#firstLine();
      line.credit += QUANTUM_BYTES;
      let count = 0;
      for (const frame of line.frames) {
        if (frame.length > line.credit || takenBytes >= sizeBytes) break;
        line.credit -= frame.length;
        takenBytes += frame.length;
        taken.push(frame);
        count += 1;
      }
      this.#forget(line, line.frames.splice(0, count));
      // To the end of the round, or away.
      this.#lines.delete(sender);
      if (line.frames.length > 0) this.#lines.set(sender, line);
    }
    return taken;
  }

  /** Forgets everything. */
  clear(): void {
    this.#lines.clear();
    this.#grow(-this.#bytes);
  }

  #firstLine(): [object, SenderBacklog] {
    for (const entry of this.#lines) return entry;
    throw new RangeError('the backlog is empty');
  }

  #longestLine(): SenderBacklog | undefined {
    let longest: SenderBacklog | undefined;
    for (const line of this.#lines.values()) if (longest === undefined || line.bytes > longest.bytes) longest = line;
    return longest;
  }

  #dropOldest(line: SenderBacklog): void {
    const dropped = line.frames.splice(0, 1);
    this.#forget(line, dropped);
    for (const frame of dropped) this.#onDrop(frame, 'queue-full');
  }

  #forget(line: SenderBacklog, frames: readonly Buffer[]): void {
    let bytes = 0;
    for (const frame of frames) bytes += frame.length + FRAME_OVERHEAD_BYTES;
    line.bytes -= bytes;
    this.#grow(-bytes);
  }

  #grow(bytes: number): void {
    this.#bytes += bytes;
    this.#budget.usedBytes += bytes;
  }
}
