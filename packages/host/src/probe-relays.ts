import {
  type AskedRelay,
  errorMessage,
  type RelayAnswer,
  type RelayDownReason,
  type RelayUrl,
} from '@bowline/contracts';
import type { System } from './system.ts';

/** What a relay answered, and what it tells of this machine's clock. */
export interface ProbedRelay {
  readonly answer: RelayAnswer;
  /** Why it did not answer; `null`: it did, or nobody could ask it. */
  readonly reason: RelayDownReason | null;
  /** What the system, a proxy or a server said of it; `null`: it answered. */
  readonly detail: string | null;
  /** As in `AskedRelay`. */
  readonly clockAheadMs: number | null;
  /** Whether it was asked through the proxy; `null`: nobody could ask it. */
  readonly isProxied: boolean | null;
}

/** Longest wait for what the switchboard hears, milliseconds: twice a connection and an answer, and some for a busy machine. */
const ASKING = Object.freeze({ deadlineMs: 9_500 });

/** Asks each relay at once, by the switchboard: it knows authorities and proxy. */
export const probeRelaysAndClock = (
  { parts }: Pick<System, 'parts'>,
  urls: readonly RelayUrl[],
): Promise<readonly ProbedRelay[]> =>
  Promise.all(
    urls.map((url) =>
      parts.switchboard.client.request('askRelay', { relayUrl: url }, ASKING).then(
        (asked) => probedRelayOf(url, asked),
        (error: unknown) => {
          const detail = errorMessage(error);
          return {
            answer: { url, rttMs: null, problem: detail },
            reason: null,
            detail,
            clockAheadMs: null,
            isProxied: null,
          };
        },
      ),
    ),
  );

const probedRelayOf = (url: RelayUrl, { rttMs, clockAheadMs, isProxied, problem }: AskedRelay): ProbedRelay => ({
  answer: {
    url,
    rttMs: rttMs === null ? null : Math.round(rttMs * 100) / 100,
    problem: problem === null ? null : `${problem.reason}: ${problem.detail}`,
  },
  reason: problem?.reason ?? null,
  detail: problem?.detail ?? null,
  clockAheadMs,
  isProxied,
});

/** The same without the clock. */
export const probeRelays = async (
  system: Pick<System, 'parts'>,
  urls: readonly RelayUrl[],
): Promise<readonly RelayAnswer[]> => (await probeRelaysAndClock(system, urls)).map(({ answer }) => answer);
