import { InvalidOptionError } from '@bowline/contracts';

/** Whose records the actor makes, and how often it asks. */
export interface RelayRefreshOptions {
  /** This device's incarnation, from 1: its records carry it, and a later one outweighs every revision of an earlier one. */
  readonly incarnation: number;
  /** A linked device that has told nothing for this long is asked, 60,000 to 604,800,000 ms. @defaultValue 3,600,000: changes are pushed, so this only mends what a push has missed. */
  readonly sweepIntervalMs: number;
  /** How far chance moves each interval either way, 0 to 0.5. @defaultValue 0.1: devices that started together do not keep asking together. */
  readonly sweepJitterRatio: number;
  /** How long changes of our own are gathered before they are pushed, 0 to 10,000 ms. @defaultValue 50: unnoticed, and longer than the events of one relay moving are apart. */
  readonly pushDelayMs: number;
}

/** The options a caller gives: the incarnation, and what differs from {@link RELAY_REFRESH_DEFAULTS}. */
export type RelayRefreshOptionsInput = Pick<RelayRefreshOptions, 'incarnation'> & Partial<RelayRefreshOptions>;

export const RELAY_REFRESH_DEFAULTS: Readonly<Omit<RelayRefreshOptions, 'incarnation'>> = Object.freeze({
  sweepIntervalMs: 3_600_000,
  sweepJitterRatio: 0.1,
  pushDelayMs: 50,
});

/**
 * Completes and checks the options.
 * @throws {@link InvalidOptionError} when a field breaks its rule.
 */
export const resolveRelayRefreshOptions = (input: RelayRefreshOptionsInput): Readonly<RelayRefreshOptions> => {
  const options = { ...RELAY_REFRESH_DEFAULTS, ...input };
  if (!Number.isSafeInteger(options.incarnation) || options.incarnation < 1) {
    throw new InvalidOptionError('incarnation', 'must be a whole number from 1', options.incarnation);
  }
  requireRange('sweepIntervalMs', options.sweepIntervalMs, 60_000, 604_800_000);
  requireRange('sweepJitterRatio', options.sweepJitterRatio, 0, 0.5);
  requireRange('pushDelayMs', options.pushDelayMs, 0, 10_000);
  return Object.freeze(options);
};

const requireRange = (option: string, value: number, least: number, most: number): void => {
  if (Number.isFinite(value) && value >= least && value <= most) return;
  throw new InvalidOptionError(option, `must be a number from ${least} to ${most}`, value);
};
