import { InvalidOptionError, type LogLevel } from '@bowline/contracts';
import { LOG_LEVELS } from '@bowline/logging';
import { DEFAULT_STOP_DEADLINE_MS } from './child/worker-greeting.ts';

/** How a supervisor starts, stops and restarts one worker. */
export interface SupervisorOptions {
  /** What a worker in a thread or a process writes to stderr; an inline one has the host's own logger. */
  readonly logLevel: LogLevel;
  /** Milliseconds from launch to welcome; an actor that takes longer counts as failed. */
  readonly startDeadlineMs: number;
  /** Milliseconds an actor has to stop before its worker ends without it. */
  readonly stopDeadlineMs: number;
  /** Milliseconds between SIGTERM and SIGKILL for a process that still has not ended. */
  readonly terminateDeadlineMs: number;
  /** Milliseconds between two pings of a worker in a thread or a process. */
  readonly pingIntervalMs: number;
  /** A worker that has answered no ping for so many intervals hangs, and is ended by force. */
  readonly maxSilentPings: number;
  /** Milliseconds before the first restart; doubled for each further one. */
  readonly firstRestartDelayMs: number;
  /** Longest wait before a restart, in milliseconds. */
  readonly maxRestartDelayMs: number;
  /** Random part of a wait, 0 to 1: with 0.5 a wait is between half of it and all of it. */
  readonly restartJitterRatio: number;
  /** A worker that lived this long, in milliseconds, starts again from the first delay. */
  readonly healthyAfterMs: number;
}

/**
 * What {@link SupervisorOptions} are when left out.
 *
 * The first restart comes at once, because most crashes do not repeat and a peer's link survives a gap of some
 * hundred milliseconds; ten seconds at most, because a person waits for a device that long. A cold start with a
 * database to migrate stays well below thirty seconds. No call a worker makes holds up its event loop for seconds, so that
 * twenty without an answer leave room for a machine under heavy load.
 */
export const SUPERVISOR_DEFAULTS: SupervisorOptions = Object.freeze({
  logLevel: 'warn',
  startDeadlineMs: 30_000,
  stopDeadlineMs: DEFAULT_STOP_DEADLINE_MS,
  terminateDeadlineMs: 1_000,
  pingIntervalMs: 10_000,
  maxSilentPings: 2,
  firstRestartDelayMs: 50,
  maxRestartDelayMs: 10_000,
  restartJitterRatio: 0.5,
  healthyAfterMs: 30_000,
});

/** Checks each option and fills in what is left out. @throws InvalidOptionError naming the option, its rule and the value. */
export const resolveSupervisorOptions = (input: Partial<SupervisorOptions> = {}): SupervisorOptions => {
  const options = { ...SUPERVISOR_DEFAULTS, ...input };
  if (!LOG_LEVELS.includes(options.logLevel)) {
    throw new InvalidOptionError('logLevel', `must be one of ${LOG_LEVELS.join(', ')}`, options.logLevel);
  }
  for (const name of DURATIONS) {
    if (!Number.isFinite(options[name]) || options[name] < 0) {
      throw new InvalidOptionError(name, 'must be a number of milliseconds, 0 or more', options[name]);
    }
  }
  for (const name of ['pingIntervalMs', 'maxSilentPings'] as const) {
    if (!Number.isSafeInteger(options[name]) || options[name] < 1) {
      throw new InvalidOptionError(name, 'must be a whole number, 1 or more', options[name]);
    }
  }
  if (options.maxRestartDelayMs < options.firstRestartDelayMs) {
    throw new InvalidOptionError(
      'maxRestartDelayMs',
      'must not be below firstRestartDelayMs',
      options.maxRestartDelayMs,
    );
  }
  if (!(options.restartJitterRatio >= 0 && options.restartJitterRatio <= 1)) {
    throw new InvalidOptionError('restartJitterRatio', 'must be from 0 to 1', options.restartJitterRatio);
  }
  return Object.freeze(options);
};

const DURATIONS = [
  'startDeadlineMs',
  'stopDeadlineMs',
  'terminateDeadlineMs',
  'firstRestartDelayMs',
  'maxRestartDelayMs',
  'healthyAfterMs',
] as const;
