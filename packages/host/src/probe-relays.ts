import type { RelayAnswer, RelayDownReason, RelayUrl } from '@bowline/contracts';
import type { FiniteJobs } from './finite-jobs.ts';

/** What a relay answered, and what it tells of this machine's clock. */
export interface ProbedRelay {
  readonly answer: RelayAnswer;
  /** Why it did not answer; `null`: it did. */
  readonly reason: RelayDownReason | null;
  /** As in `RelayProbeResult`. */
  readonly clockAheadMs: number | null;
}

/** Asks each relay at once. */
export const probeRelaysAndClock = (jobs: FiniteJobs, urls: readonly RelayUrl[]): Promise<readonly ProbedRelay[]> =>
  Promise.all(
    urls.map(async (url): Promise<ProbedRelay> => {
      const result = await jobs.probeRelay({ url });
      if (result.outcome === 'failed') {
        const { reason, detail } = result;
        return { answer: { url, rttMs: null, problem: `${reason}: ${detail}` }, reason, clockAheadMs: null };
      }
      const { rttMs, clockAheadMs } = result;
      return { answer: { url, rttMs: Math.round(rttMs * 100) / 100, problem: null }, reason: null, clockAheadMs };
    }),
  );

/** The same without the clock. */
export const probeRelays = async (jobs: FiniteJobs, urls: readonly RelayUrl[]): Promise<readonly RelayAnswer[]> =>
  (await probeRelaysAndClock(jobs, urls)).map(({ answer }) => answer);
