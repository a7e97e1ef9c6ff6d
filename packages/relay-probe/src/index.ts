/**
 * One finite task: asks a relay whether it is there and how fast it answers. Its schedule is whoever runs it.
 *
 * @packageDocumentation
 */
export { probeRelay, type RelayProbeInput, type RelayProbeResult } from './probe-relay.ts';
