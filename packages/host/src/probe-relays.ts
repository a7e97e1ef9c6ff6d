import type { RelayAnswer, RelayUrl } from '@bowline/contracts';
import type { RelayProbeInput, RelayProbeResult } from '@bowline/relay-probe';
import type { TaskPool } from '@bowline/supervisor';

const PROBE_TASK = new URL(import.meta.resolve('@bowline/relay-probe/task'));

/** Asks each relay at once, in the task pool: a name server or a proxy that hangs must not hold up the host. */
export const probeRelays = (tasks: TaskPool, urls: readonly RelayUrl[]): Promise<readonly RelayAnswer[]> =>
  Promise.all(
    urls.map(async (url): Promise<RelayAnswer> => {
      const result = await tasks.run<RelayProbeResult>(PROBE_TASK, { url } satisfies RelayProbeInput);
      return result.outcome === 'answered'
        ? { url, rttMs: Math.round(result.rttMs * 100) / 100, problem: null }
        : { url, rttMs: null, problem: `${result.reason}: ${result.detail}` };
    }),
  );
