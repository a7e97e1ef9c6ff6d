import type { Clock } from '@bowline/contracts';
import { type ClosePortInput, type ClosePortResult, closePort } from '@bowline/port-mappings';
import { probeRelay, type RelayProbeInput, type RelayProbeResult } from '@bowline/relay-probe';
import type { TaskPool } from '@bowline/supervisor';

/** What a host has done once and for good, each for one answer. */
export interface FiniteJobs {
  probeRelay(input: RelayProbeInput): Promise<RelayProbeResult>;
  closePort(input: ClosePortInput): Promise<ClosePortResult>;
  /** Ends what still runs; its promise rejects. Idempotent. */
  close(): Promise<void>;
}

/** In a pool's threads: a name server or a proxy that hangs does not hold up the host. */
export const pooledJobs = (pool: TaskPool): FiniteJobs => {
  const closing = new AbortController();
  return {
    probeRelay: (input) => pool.run(new URL(import.meta.resolve('@bowline/relay-probe/task')), input),
    // It resolves no name, so that nothing of it can hold up a thread.
    closePort: (input) => closePort(input, { signal: closing.signal }),
    close: () => {
      closing.abort();
      return pool.close();
    },
  };
};

/** In the host's own thread: where a pool would not find the files of its tasks. */
export const inlineJobs = ({ clock }: { readonly clock: Clock }): FiniteJobs => {
  const closing = new AbortController();
  return {
    probeRelay: (input) => probeRelay(input, { clock, signal: closing.signal }),
    closePort: (input) => closePort(input, { signal: closing.signal }),
    close: async () => closing.abort(),
  };
};
