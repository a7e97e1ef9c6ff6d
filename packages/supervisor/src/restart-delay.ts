import { backoffDelayMs } from '@bowline/limits';
import type { SupervisorOptions } from './options.ts';

/**
 * How long to wait before a restart, in milliseconds: doubling from the first to the cap, minus a random part, so that
 * workers that died together do not come back together.
 *
 * @param attempt how many restarts in a row came to nothing before this one; 0 for the first
 * @param ratio a random number from 0 to 1
 */
export const restartDelayMs = (
  attempt: number,
  ratio: number,
  options: Pick<SupervisorOptions, 'firstRestartDelayMs' | 'maxRestartDelayMs' | 'restartJitterRatio'>,
): number => {
  const { firstRestartDelayMs: firstMs, maxRestartDelayMs: mostMs, restartJitterRatio: jitterRatio } = options;
  return backoffDelayMs({ firstMs, mostMs, jitterRatio }, attempt + 1, ratio);
};
