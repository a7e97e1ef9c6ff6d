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
  const fullMs = Math.min(options.maxRestartDelayMs, options.firstRestartDelayMs * 2 ** Math.min(attempt, 30));
  return fullMs * (1 - options.restartJitterRatio * ratio);
};
