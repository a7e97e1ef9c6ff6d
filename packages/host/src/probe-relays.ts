import type { RelayAnswer, RelayUrl } from '@bowline/contracts';
import type { FiniteJobs } from './finite-jobs.ts';

/** What a relay answered, and what it tells of this machine's clock. */
export interface ProbedRelay {
  readonly answer: RelayAnswer;
  /** As in `RelayProbeResult`. */
  readonly clockAheadMs: number | null;
}

/** Asks each relay at once. */
export const probeRelaysAndClock = (jobs: FiniteJobs, urls: readonly RelayUrl[]): Promise<readonly ProbedRelay[]> =>
  Promise.all(
    urls.map(async (url): Promise<ProbedRelay> => {
      const result = await jobs.probeRelay({ url });
      if (result.outcome === 'failed') {
        return { answer: { url, rttMs: null, problem: `${result.reason}: ${result.detail}` }, clockAheadMs: null };
      }
      const { rttMs, clockAheadMs } = result;
      return { answer: { url, rttMs: Math.round(rttMs * 100) / 100, problem: null }, clockAheadMs };
    }),
  );

/** The same without the clock. */
export const probeRelays = async (jobs: FiniteJobs, urls: readonly RelayUrl[]): Promise<readonly RelayAnswer[]> =>
  (await probeRelaysAndClock(jobs, urls)).map(({ answer }) => answer);
