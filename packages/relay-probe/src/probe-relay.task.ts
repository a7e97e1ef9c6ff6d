import { systemClock } from '@bowline/system-ports';
import { probeRelay, type RelayProbeInput, type RelayProbeResult } from './probe-relay.ts';

/** What a task pool runs. */
export default (input: RelayProbeInput, { signal }: { readonly signal: AbortSignal }): Promise<RelayProbeResult> =>
  probeRelay(input, { signal, clock: systemClock });
