import { InvalidOptionError } from '@bowline/contracts';

/** What may be tuned about the choice of relays. */
export interface RelayPolicyOptions {
  /**
   * A relay of the same tier takes over only if its median latency is at most this share of the home's.
   * @defaultValue 2/3, the rule of Tailscale and of iroh
   */
  readonly fasterRatio: number;
  /** ... and only if it is better by at least this many milliseconds. @defaultValue 10, the rule of Tailscale */
  readonly fasterByMs: number;
  /** Samples both relays need before their latencies are compared. @defaultValue 5: the first ones after a login are not typical */
  readonly minimumSamples: number;
  /** How long a faster relay has to stay faster before it becomes home, milliseconds. @defaultValue 10_000 */
  readonly fasterForMs: number;
  /**
   * How long a relay of a better tier has to be connected before it becomes home again, milliseconds. Doubles with every
   * recent loss of its connection, up to 32 times. @defaultValue 10_000
   */
  readonly stableForMs: number;
  /** Relays kept logged in beside home. @defaultValue 1 */
  readonly standbyCount: number;
  /** Age at which the measurement of a relay that is not logged in is repeated, milliseconds. @defaultValue 600_000 */
  readonly measureEveryMs: number;
  /** Relays logged in only to measure them, at the same time. @defaultValue 2 */
  readonly measuringCount: number;
}

export const RELAY_POLICY_DEFAULTS: RelayPolicyOptions = Object.freeze({
  fasterRatio: 2 / 3,
  fasterByMs: 10,
  minimumSamples: 5,
  fasterForMs: 10_000,
  stableForMs: 10_000,
  standbyCount: 1,
  measureEveryMs: 600_000,
  measuringCount: 2,
});

/** Fills in defaults and checks every field. @throws {@link InvalidOptionError} */
export const resolveRelayPolicyOptions = (input: Partial<RelayPolicyOptions> = {}): Readonly<RelayPolicyOptions> => {
  const options = { ...RELAY_POLICY_DEFAULTS, ...input };
  if (!(options.fasterRatio > 0 && options.fasterRatio <= 1)) {
    throw new InvalidOptionError('fasterRatio', 'must be above 0 and at most 1', options.fasterRatio);
  }
  for (const field of ['fasterByMs', 'fasterForMs', 'stableForMs', 'measureEveryMs'] as const) {
    if (!Number.isFinite(options[field]) || options[field] < 0) {
      throw new InvalidOptionError(field, 'must be milliseconds, 0 or more', options[field]);
    }
  }
  for (const field of ['minimumSamples', 'standbyCount', 'measuringCount'] as const) {
    const least = field === 'minimumSamples' ? 1 : 0;
    if (!Number.isInteger(options[field]) || options[field] < least || options[field] > 21) {
      throw new InvalidOptionError(field, `must be a whole number from ${least} to 21`, options[field]);
    }
  }
  return Object.freeze(options);
};
