import type { RouteKey } from '@bowline/relay-protocol';

/** Frames remembered: more than half a second of a conversation; whoever sends faster has newer packets to recover with. */
const MAX_FRAMES = 32;

/** A frame cut from a larger buffer is copied, so that the rest of it is not kept alive, bytes. */
const MAX_BACKING_BYTES = 8_192;

/** Larger frames are batches of a transfer, and not worth the memory. */
const MAX_FRAME_BYTES = 1_600;

interface RecentFrame {
  readonly frame: Uint8Array;
  readonly peer: RouteKey;
  readonly atMs: number;
}

/**
 * The last small frames that went out over one relay. When the relay is lost they may be lost with it: sent again over
 * another one they arrive at once, where QUIC would wait for a timeout that has doubled a few times by then. What arrives
 * twice QUIC drops.
 */
export class RecentFrames {
  readonly #frames: RecentFrame[] = [];
  #next = 0;

  /** Remembers a frame, which must not be changed afterwards. */
  note(frame: Uint8Array, peer: RouteKey, nowMs: number): void {
    if (frame.length > MAX_FRAME_BYTES) return;
    const kept = frame.buffer.byteLength > MAX_BACKING_BYTES ? new Uint8Array(frame) : frame;
    this.#frames[this.#next] = { frame: kept, peer, atMs: nowMs };
    this.#next = (this.#next + 1) % MAX_FRAMES;
  }

  /** Takes out the frames sent at `sinceMs` or later, oldest first. */
  takeSince(sinceMs: number): readonly RecentFrame[] {
    const inOrder = [...this.#frames.slice(this.#next), ...this.#frames.slice(0, this.#next)];
    this.#frames.length = 0;
    this.#next = 0;
    return inOrder.filter(({ atMs }) => atMs >= sinceMs);
  }
}
