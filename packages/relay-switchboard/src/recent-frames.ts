import type { RouteKey } from '@bowline/relay-protocol';

/** Frames remembered: more than half a second of a conversation; whoever sends faster has newer packets to recover with. */
const MAX_FRAMES = 32;

/** Larger frames are batches of a transfer, and not worth the memory. */
const MAX_FRAME_BYTES = 1_600;

interface RecentFrame {
  readonly frame: Uint8Array;
  readonly peer: RouteKey;
  readonly atMs: number;
}

interface Slot {
  sizeBytes: number;
  peer: RouteKey;
  atMs: number;
}

/**
 * The last small frames that went out over one relay. When the relay is lost they may be lost with it: sent again over
 * another one they arrive at once, where QUIC would wait for a timeout that has doubled a few times by then. What arrives
 * twice QUIC drops.
 */
export class RecentFrames {
  readonly #slots: Slot[] = [];
  #next = 0;
  /** Frames are copied: one that was cut from a larger buffer would keep the rest of it alive. Made when first needed. */
  #bytes: Uint8Array | null = null;

  /** Remembers a frame. */
  note(frame: Uint8Array, peer: RouteKey, nowMs: number): void {
    if (frame.length > MAX_FRAME_BYTES) return;
    this.#bytes ??= new Uint8Array(MAX_FRAMES * MAX_FRAME_BYTES);
    this.#bytes.set(frame, this.#next * MAX_FRAME_BYTES);
    const slot = this.#slots[this.#next];
    if (slot === undefined) this.#slots.push({ sizeBytes: frame.length, peer, atMs: nowMs });
    else {
      slot.sizeBytes = frame.length;
      slot.peer = peer;
      slot.atMs = nowMs;
    }
    this.#next = (this.#next + 1) % MAX_FRAMES;
  }

  /** Takes out the frames sent at `sinceMs` or later, oldest first. */
  takeSince(sinceMs: number): readonly RecentFrame[] {
    const bytes = this.#bytes ?? new Uint8Array(0);
    const all = this.#slots.map(({ atMs, peer, sizeBytes }, index): RecentFrame => {
      const at = index * MAX_FRAME_BYTES;
      return { frame: bytes.slice(at, at + sizeBytes), peer, atMs };
    });
    const inOrder = [...all.slice(this.#next), ...all.slice(0, this.#next)];
    this.#slots.length = 0;
    this.#next = 0;
    return inOrder.filter(({ atMs }) => atMs >= sinceMs);
  }
}
