import { InvalidOptionError } from '@bowline/contracts';

/** How often is looked. */
export interface AddressObservationOptions {
  /**
   * Between two looks while an outside port has to be kept that is not the own one, 1,000 to 120,000 ms. @defaultValue 25,000:
   * many NATs forget a mapping that is not used for 30 s, and iroh looks at its own network every 20 to 26 s for that reason
   * (iroh 1.0.2).
   */
  readonly keepMappingMs: number;
  /**
   * Between two looks otherwise, and the longest pause where nobody answers, 1,000 to 86,400,000 ms. @defaultValue 300,000: only
   * the provider may have given out another address.
   */
  readonly lookAgainMs: number;
  /**
   * How long an answer of the host may take, 1,000 to 120,000 ms; what is not answered counts as failed. @defaultValue 15,000: longer
   * than a relay (10 s) or an observer (4 s) is waited for.
   */
  readonly answerTimeoutMs: number;
}

export const ADDRESS_OBSERVATION_DEFAULTS: Readonly<AddressObservationOptions> = Object.freeze({
  keepMappingMs: 25_000,
  lookAgainMs: 300_000,
  answerTimeoutMs: 15_000,
});

/**
 * Completes and checks the options.
 * @throws {@link InvalidOptionError} when a field breaks its rule.
 */
export const resolveAddressObservationOptions = (
  input: Partial<AddressObservationOptions>,
): Readonly<AddressObservationOptions> => {
  const options = { ...ADDRESS_OBSERVATION_DEFAULTS, ...input };
  requireRange('keepMappingMs', options.keepMappingMs, 120_000);
  requireRange('lookAgainMs', options.lookAgainMs, 86_400_000);
  requireRange('answerTimeoutMs', options.answerTimeoutMs, 120_000);
  return Object.freeze(options);
};

const LEAST_MS = 1_000;

const requireRange = (option: string, value: number, mostMs: number): void => {
  if (Number.isFinite(value) && value >= LEAST_MS && value <= mostMs) return;
  throw new InvalidOptionError(option, `must be a number from ${LEAST_MS} to ${mostMs}`, value);
};
