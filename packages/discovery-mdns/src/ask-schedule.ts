import type { Cancel, Clock, Random } from '@bowline/contracts';

/** What an {@link AskSchedule} is made from. */
export interface AskScheduleInit {
  readonly clock: Clock;
  readonly random: Random;
  /** Asks on every interface where nobody else asked within so many milliseconds. */
  readonly ask: (unlessHeardWithinMs: number) => void;
}

/**
 * How often is asked while somebody waits for the answer, milliseconds. The shortest interval RFC 6762 (section 5.2)
 * allows; at half of all packets lost, three questions find seven of eight.
 */
const SEARCH_INTERVAL_MS = 1_000;

/** How often is asked for whoever is there, milliseconds. */
const BROWSE_INTERVAL_MS = 30_000;

/** How far the slow interval strays, so that devices switched on together do not ask together for ever. */
const BROWSE_JITTER_RATIO = 0.1;

/** Answers go to everybody, so a question that somebody else asked within this time serves us too, milliseconds. */
const BROWSE_SHARED_MS = 15_000;

/** When to ask the network: once a second while a search is open, now and then otherwise. */
export class AskSchedule {
  readonly #init: AskScheduleInit;
  #isRunning: boolean = false;
  #isHurried: boolean = false;
  #cancelNext: Cancel = () => undefined;

  constructor(init: AskScheduleInit) {
    this.#init = init;
  }

  /** Interfaces ask by themselves when they open, so the first question comes an interval later. */
  start(): void {
    this.#isRunning = true;
    this.#planNext();
  }

  stop(): void {
    this.#isRunning = false;
    this.#cancelNext();
  }

  /** Somebody waits: asks now, and every second from now on. */
  hurry(): void {
    this.#isHurried = true;
    this.#askAndPlan();
  }

  /** Nobody waits any more. */
  rest(): void {
    this.#isHurried = false;
    this.#planNext();
  }

  #askAndPlan(): void {
    this.#planNext();
    this.#init.ask(this.#isHurried ? 0 : BROWSE_SHARED_MS);
  }

  #planNext(): void {
    this.#cancelNext();
    if (!this.#isRunning) return;
    const strayMs = (this.#init.random.ratio() * 2 - 1) * BROWSE_JITTER_RATIO * BROWSE_INTERVAL_MS;
    const delayMs = this.#isHurried ? SEARCH_INTERVAL_MS : BROWSE_INTERVAL_MS + strayMs;
    this.#cancelNext = this.#init.clock.setTimer(delayMs, () => this.#askAndPlan(), { unref: true });
  }
}
