import type { Clock, Logger } from '@bowline/contracts';
import type { PacketRefusal } from './packet-filter.ts';
import type { SeenRecordFault } from './seen-record.ts';

/** Why something that was heard was passed over. */
export type Refusal = PacketRefusal | SeenRecordFault | 'library-error' | 'too-many-records-seen';

/** How often the counts are written, milliseconds: a flood must not fill the log. */
const LOG_INTERVAL_MS = 60_000;

/** Counts what is passed over in silence, and writes the counts now and then. */
export class RefusalCount {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #counts = new Map<Refusal, number>();
  #loggedAtMs: number | null = null;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Counts one. What is simply not meant for us (`not-ours`) makes no line of its own. */
  add(refusal: Refusal): void {
    this.#counts.set(refusal, (this.#counts.get(refusal) ?? 0) + 1);
    if (refusal === 'not-ours') return;
    const nowMs = this.#clock.monotonicMs();
    if (this.#loggedAtMs !== null && nowMs - this.#loggedAtMs < LOG_INTERVAL_MS) return;
    this.#loggedAtMs = nowMs;
    this.#logger.debug({ refused: this.counts() }, 'mDNS traffic was passed over');
  }

  /** How often each reason came up since the source was made. */
  counts(): Readonly<Partial<Record<Refusal, number>>> {
    return Object.fromEntries(this.#counts);
  }
}
