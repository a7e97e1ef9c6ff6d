import { backoffDelayMs } from '@bowline/limits';
import type { AddressObservationOptions } from './options.ts';

/** Soon at first: UDP may only just have come back; seldom where it is blocked for good, as every try lives 30 s in iroh. */
export const retryAfterMs = (
  failures: number,
  { keepMappingMs, lookAgainMs }: Pick<AddressObservationOptions, 'keepMappingMs' | 'lookAgainMs'>,
): number => backoffDelayMs({ firstMs: keepMappingMs, mostMs: lookAgainMs, jitterRatio: 0 }, failures, 0);
