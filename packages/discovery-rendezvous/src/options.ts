import { InvalidOptionError } from '@bowline/contracts';

/** What a host may tune about the rendezvous source. */
export interface RendezvousDiscoveryOptions {
  /**
   * Milliseconds from offering one relay to offering the next, 10 to 60,000. One relay usually answers within this
   * time, and 250 ms is the pause of happy eyeballs (RFC 8305 section 5).
   * @defaultValue 250
   */
  readonly staggerMs: number;
  /**
   * Most relays one search offers, 1 to 64. The first ones in order are taken.
   * @defaultValue 16
   */
  readonly maxRelays: number;
}

/** The defaults of {@link RendezvousDiscoveryOptions}. */
export const RENDEZVOUS_DISCOVERY_DEFAULTS: RendezvousDiscoveryOptions = Object.freeze({
  staggerMs: 250,
  maxRelays: 16,
});

/**
 * Fills in defaults and checks every field.
 * @throws {@link InvalidOptionError}
 */
export const resolveRendezvousDiscoveryOptions = (
  input: Partial<RendezvousDiscoveryOptions> = {},
): Readonly<RendezvousDiscoveryOptions> => {
  const options = { ...RENDEZVOUS_DISCOVERY_DEFAULTS, ...input };
  checkWholeNumber('staggerMs', options.staggerMs, 10, 60_000);
  checkWholeNumber('maxRelays', options.maxRelays, 1, 64);
  return Object.freeze(options);
};

const checkWholeNumber = (field: string, value: number, from: number, to: number): void => {
  if (!Number.isInteger(value) || value < from || value > to) {
    throw new InvalidOptionError(field, `must be a whole number from ${from} to ${to}`, value);
  }
};
