import type { Cancel, Clock, Random } from '@bowline/contracts';

/** What an {@link AskSchedule} is made from. */
export interface AskScheduleComponents {
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

/** The first pause between questions for whoever is there, milliseconds. The next ones double (RFC 6762 section 5.2). */
const FIRST_BROWSE_INTERVAL_MS = 1_000;

/** The longest pause between questions for whoever is there, milliseconds. */
const BROWSE_INTERVAL_MS = 30_000;

/**
 * The pause between questions for a device that was here and is awaited: this at least, milliseconds, and a four-hundredth of
 * the time it has been awaited: no return is noticed later than that, and who stays away costs ever less.
 */
const AWAIT_INTERVAL_MS = 1_500;
const AWAIT_RATIO = 1 / 400;

/** How far a pause strays, so that devices switched on together do not ask together for ever. */
const BROWSE_JITTER_RATIO = 0.1;

/** Answers go to everybody, so a question somebody else asked within the last half of a pause serves us too. */
const SHARED_RATIO = 0.5;

/**
 * When to ask the network: once a second while a search is open, and hardly less often for a device that was just lost;
 * otherwise ever less often, down to now and then.
 */
export class AskSchedule {
  readonly #components: AskScheduleComponents;
  #isRunning: boolean = false;
  #isHurried: boolean = false;
  #browseIntervalMs = FIRST_BROWSE_INTERVAL_MS;
  /** Since when the device that was lost last is awaited (monotonic); `null` while none is. */
  #awaitedSinceMs: number | null = null;
  #cancelNext: Cancel = () => undefined;

  constructor(components: AskScheduleComponents) {
    this.#components = components;
  }

  /** Interfaces ask by themselves when they open, so the first question comes a pause later. */
  start(): void {
    this.#isRunning = true;
    this.startOver();
  }

  /** There is a new network to ask: soon, then ever less often. */
  startOver(): void {
    this.#browseIntervalMs = FIRST_BROWSE_INTERVAL_MS;
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

  /** @param sinceMs when the device that was lost last was lost (monotonic); `null` when none is awaited any more */
  await(sinceMs: number | null): void {
    if (sinceMs === this.#awaitedSinceMs) return;
    this.#awaitedSinceMs = sinceMs;
    this.#planNext();
  }

  /** The pause to the next question, milliseconds. */
  get #intervalMs(): number {
    if (this.#isHurried) return SEARCH_INTERVAL_MS;
    if (this.#awaitedSinceMs === null) return this.#browseIntervalMs;
    const awaitedMs = (this.#components.clock.monotonicMs() - this.#awaitedSinceMs) * AWAIT_RATIO;
    return Math.min(this.#browseIntervalMs, Math.max(AWAIT_INTERVAL_MS, awaitedMs));
  }

  #askAndPlan(): void {
    const sharedMs = this.#isHurried ? 0 : this.#intervalMs * SHARED_RATIO;
    this.#browseIntervalMs = Math.min(this.#browseIntervalMs * 2, BROWSE_INTERVAL_MS);
    this.#planNext();
    this.#components.ask(sharedMs);
  }

  #planNext(): void {
    this.#cancelNext();
    if (!this.#isRunning) return;
    const strayRatio = (this.#components.random.ratio() * 2 - 1) * BROWSE_JITTER_RATIO;
    const delayMs = this.#isHurried ? SEARCH_INTERVAL_MS : this.#intervalMs * (1 + strayRatio);
    this.#cancelNext = this.#components.clock.setTimer(delayMs, () => this.#askAndPlan(), { unref: true });
  }
}
