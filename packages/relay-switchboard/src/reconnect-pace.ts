import type { Random } from '@bowline/contracts';
import { backoffDelayMs } from '@bowline/limits';

/** First delay before another attempt, milliseconds: a relay restarted at once is met within a blink. */
export const FIRST_RETRY_MS = 50;

/** Longest delay, milliseconds. iroh's relay client uses the same cap. */
export const LONGEST_RETRY_MS = 16_000;

/**
 * From attempt to attempt while devices wait, milliseconds: with a login and a dial they are connected within two seconds
 * of the relay's return. An attempt that nobody answers is two packets.
 */
export const STEADY_RETRY_MS = { least: 1_000, most: 1_500 } as const;

/** The same after {@link STEADY_FOR_MS}: who has been away for long is not missed by the second. */
export const LATE_RETRY_MS = { least: 4_000, most: 6_000 } as const;

/** How long the steady pace is kept, milliseconds. */
export const STEADY_FOR_MS = 900_000;

/** Connections that may try at the steady pace at once; more share its rate, so that all together stay cheap. */
const STEADY_CONNECTIONS = 4;

/** What the next attempt depends on. */
export interface RetryNeed {
  /** Attempts that failed in a row, 1 or more. */
  readonly failures: number;
  /** Whether somebody waits for this relay. */
  readonly isWanted: boolean;
  /** Whether the relay itself answered, and would not have us: that is not asked again and again. */
  readonly isRebuffed: boolean;
  /** How long it has been down, milliseconds. */
  readonly downForMs: number;
  /** How long the attempt that failed took, milliseconds. */
  readonly attemptMs: number;
  /** Connections that are down just now, this one among them. */
  readonly downCount: number;
}

/**
 * How long to wait before the next attempt, milliseconds. It doubles from 50 ms, of which a random half is taken away so
 * that the clients of a restarted relay do not come back at the same moment: up to a steady pace while somebody waits,
 * up to 16 s while nobody does, or where the relay refuses.
 */
export const retryDelayMs = (need: RetryNeed, random: Random): number => {
  const { attemptMs, downCount, downForMs, failures, isRebuffed, isWanted } = need;
  const ratio = random.ratio();
  const doubledMs = backoffDelayMs({ firstMs: FIRST_RETRY_MS, mostMs: LONGEST_RETRY_MS }, failures, ratio);
  if (isRebuffed || !isWanted) return doubledMs;
  const { least, most } = downForMs < STEADY_FOR_MS ? STEADY_RETRY_MS : LATE_RETRY_MS;
  const share = Math.max(1, downCount / STEADY_CONNECTIONS);
  const fromAttemptMs = (least + ratio * (most - least)) * share;
  return Math.min(doubledMs, Math.max(FIRST_RETRY_MS, fromAttemptMs - attemptMs));
};
