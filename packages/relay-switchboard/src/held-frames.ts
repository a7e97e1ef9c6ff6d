import type { Clock } from '@bowline/contracts';
import type { RouteKey } from '@bowline/relay-protocol';
import { FairQueue, type FairQueueLimits } from '@bowline/relay-socket';

/** Bounds of what is held: the first packets of a few dials, and not a burst that is stale by then. */
const HELD_LIMITS: FairQueueLimits = Object.freeze({ laneBytes: 16_384, totalBytes: 65_536 });

/** Packets that waited for longer are not passed on any more, milliseconds; QUIC has sent newer ones by then. */
const HELD_FOR_MS = 3_000;

/**
 * Frames for somebody who is just coming: a relay being connected, or an endpoint about to log in on loopback. Without
 * them the first packet of a dial is lost, and QUIC repeats it only after a second.
 */
export class HeldFrames {
  readonly #clock: Clock;
  readonly #queue: FairQueue<RouteKey>;
  #sinceMs = 0;

  constructor(clock: Clock, onDrop: (frame: Uint8Array, peer: RouteKey) => void) {
    this.#clock = clock;
    this.#queue = new FairQueue({ limits: HELD_LIMITS, onDrop });
  }

  hold(frame: Uint8Array, peer: RouteKey): void {
    this.#dropStale();
    if (this.#queue.isEmpty) this.#sinceMs = this.#clock.monotonicMs();
    this.#queue.push(peer, frame);
  }

  /** Gives out everything that is not stale. */
  release(pass: (frame: Uint8Array, peer: RouteKey) => void): void {
    this.#dropStale();
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) pass(next.frame, next.lane);
  }

  clear(): void {
    this.#queue.clear();
  }

  #dropStale(): void {
    if (this.#clock.monotonicMs() - this.#sinceMs > HELD_FOR_MS) this.#queue.clear();
  }
}
