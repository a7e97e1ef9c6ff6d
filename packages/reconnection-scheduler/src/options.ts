import { InvalidOptionError } from '@bowline/contracts';

/** How eagerly devices are dialled. Durations are milliseconds. */
export interface ReconnectionSchedulerOptions {
  /** Most dials in flight at once, 1 to 256. A quarter of them is kept for devices that gave a sign of life. @defaultValue 8 */
  readonly maxConcurrentDials: number;
  /**
   * Most dials started in a minute once the first burst is over, 6 to 60,000; counted apart for devices that gave a sign
   * of life and for all others. @defaultValue 240: four a second, so that dials which fail at once stay cheap, however
   * many devices there are.
   */
  readonly maxDialsPerMinute: number;
  /** Wait after the first failure, 10 to 60,000. @defaultValue 500: an endpoint that restarts is back after 0.4 s (measured). */
  readonly backoffInitialMs: number;
  /** What each further failure multiplies the wait by, 1 to 10. @defaultValue 2 */
  readonly backoffFactor: number;
  /** Longest wait after a failure, 1,000 to 86,400,000. @defaultValue 60,000: what a person standing before two devices bears without help. */
  readonly backoffCapMs: number;
  /**
   * The same for a device to which no relay leads, soon after its link was lost, 500 to 86,400,000. A relay tells who is back; where
   * there is none, only the next dial finds it. @defaultValue 1,000: with dials of 1.9 s that repeat their first packet after 1 s, one
   * goes out every two seconds at least.
   */
  readonly recentCapMs: number;
  /** How long that is so, 0 to 86,400,000. @defaultValue 900,000: a router that restarts, a provider that is down, a walk to another building. */
  readonly recentForMs: number;
  /** Wait between dials of a device that said goodbye, 1,000 to 86,400,000. @defaultValue 300,000: it dials us itself when it is back. */
  readonly goodbyeDelayMs: number;
  /** Time after which a dial without outcome counts as failed, 1,000 to 3,600,000. @defaultValue 90,000: above the longest deadline of a dial, 60 s. */
  readonly dialExpiryMs: number;
}

export const RECONNECTION_SCHEDULER_DEFAULTS: Readonly<ReconnectionSchedulerOptions> = Object.freeze({
  maxConcurrentDials: 8,
  maxDialsPerMinute: 240,
  backoffInitialMs: 500,
  backoffFactor: 2,
  backoffCapMs: 60_000,
  recentCapMs: 1_000,
  recentForMs: 900_000,
  goodbyeDelayMs: 300_000,
  dialExpiryMs: 90_000,
});

interface Rule {
  readonly option: keyof ReconnectionSchedulerOptions;
  readonly least: number;
  readonly most: number;
  readonly isWhole: boolean;
}

const RULES: readonly Rule[] = [
  { option: 'maxConcurrentDials', least: 1, most: 256, isWhole: true },
  { option: 'maxDialsPerMinute', least: 6, most: 60_000, isWhole: true },
  { option: 'backoffInitialMs', least: 10, most: 60_000, isWhole: true },
  { option: 'backoffFactor', least: 1, most: 10, isWhole: false },
  { option: 'backoffCapMs', least: 1_000, most: 86_400_000, isWhole: true },
  { option: 'recentCapMs', least: 500, most: 86_400_000, isWhole: true },
  { option: 'recentForMs', least: 0, most: 86_400_000, isWhole: true },
  { option: 'goodbyeDelayMs', least: 1_000, most: 86_400_000, isWhole: true },
  { option: 'dialExpiryMs', least: 1_000, most: 3_600_000, isWhole: true },
];

/**
 * Completes and checks the options.
 * @throws {@link InvalidOptionError} when a field breaks its rule.
 */
export const resolveReconnectionSchedulerOptions = (
  input: Partial<ReconnectionSchedulerOptions> = {},
): Readonly<ReconnectionSchedulerOptions> => {
  const options = { ...RECONNECTION_SCHEDULER_DEFAULTS, ...input };
  for (const { option, least, most, isWhole } of RULES) {
    const value = options[option];
    if (Number.isFinite(value) && value >= least && value <= most && (!isWhole || Number.isInteger(value))) continue;
    throw new InvalidOptionError(option, `must be a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}`, value);
  }
  if (options.backoffInitialMs > options.backoffCapMs) {
    throw new InvalidOptionError('backoffInitialMs', 'must not be above backoffCapMs', options.backoffInitialMs);
  }
  return Object.freeze(options);
};
