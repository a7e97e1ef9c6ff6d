import type { HeartbeatTimes } from '../src/heartbeat-policy.ts';

/** Those of a link as hosts have it. */
export const TIMES: HeartbeatTimes = {
  activeIntervalMs: 500,
  idleIntervalMs: 1_250,
  activeForMs: 10_000,
  silenceMs: 1_200,
  silenceAfterChangeMs: 400,
  maxSilenceMs: 6_000,
};
