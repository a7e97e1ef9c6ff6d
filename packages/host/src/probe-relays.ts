import type { RelayAnswer, RelayUrl } from '@bowline/contracts';
import type { FiniteJobs } from './finite-jobs.ts';

/** Asks each relay at once. */
export const probeRelays = (jobs: FiniteJobs, urls: readonly RelayUrl[]): Promise<readonly RelayAnswer[]> =>
  Promise.all(
    urls.map(async (url): Promise<RelayAnswer> => {
      const result = await jobs.probeRelay({ url });
      return result.outcome === 'answered'
        ? { url, rttMs: Math.round(result.rttMs * 100) / 100, problem: null }
        : { url, rttMs: null, problem: `${result.reason}: ${result.detail}` };
    }),
  );
