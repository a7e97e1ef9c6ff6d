import { backoffDelayMs } from '@bowline/limits';
import type { AddressObservationOptions } from './options.ts';

/** UDP comes back some seconds after a network does, and until somebody answers, peers have nothing to aim at. */
const FIRST_RETRY_MS = 1_000;

/** Soon at first: UDP may only just have come back; seldom where it is blocked for good, as every try lives 30 s in iroh. */
export const retryAfterMs = (
  failures: number,
  { lookAgainMs }: Pick<AddressObservationOptions, 'lookAgainMs'>,
): number =>
  backoffDelayMs(
    { firstMs: FIRST_RETRY_MS, mostMs: Math.max(FIRST_RETRY_MS, lookAgainMs), jitterRatio: 0 },
    failures,
    0,
  );
