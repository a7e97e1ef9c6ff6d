import { InvalidOptionError } from '@bowline/contracts';
import { PAIRING_DELAYS_DEFAULTS, type PairingDelays, resolvePairingDelays } from '@bowline/pairing-state-machine';

/** What a host may tune about pairing. */
export interface PairingSessionsOptions {
  /** How long each wait after the proof may take. */
  readonly delays: PairingDelays;
  /** How long a joiner looks for the initiator before it says that nobody is there, milliseconds. */
  readonly searchMs: number;
  /** How long one frame before the proof may take to come, milliseconds. */
  readonly frameMs: number;
  /** Pause before a failed dial is repeated within a search, milliseconds. */
  readonly retryMs: number;
  /** The same when the other side was busy, milliseconds; half as much again or half of it, by lot. */
  readonly busyRetryMs: number;
  /** How long a code that ended is still announced, so that late joiners are told why it does not work, milliseconds. */
  readonly lingerMs: number;
  /** Codes open at once. */
  readonly maxOffers: number;
  /** Joins under way at once. */
  readonly maxJoins: number;
  /** Connections at once that have not proven a code. */
  readonly maxUnproven: number;
  /** Of those, by one endpoint id. */
  readonly maxUnprovenPerRemote: number;
  /** Codes that ended and are still announced. */
  readonly maxLingering: number;
  /** Rendezvous endpoints kept for codes that ended. */
  readonly maxLingeringRendezvous: number;
  /** Codes that ended and are remembered, to tell late joiners why they do not work. */
  readonly maxEndedCodes: number;
  /** How long they are remembered after their end, milliseconds; at least as long as they may be announced. */
  readonly rememberMs: number;
}

/**
 * 12 s of search answer within 15 s whatever happens. A busy device is tried again four times a second, more often than
 * it can be flooded to keep one joiner out for 12 s. Eight codes are more than one person shows. Sixty-four unproven
 * connections, at about 80 KiB each in iroh (measured) and one frame of 16 KiB, cost 6 MiB; at 1,000 strangers a second
 * a newcomer has about 60 ms for its first frame, which is sent together with the end of its handshake. Codes that are
 * open and those that linger stay below the 32 records the mDNS source announces at once. Ten minutes of memory are twice
 * the usual life of a code: who took it along still learns why it does not work.
 */
export const PAIRING_SESSIONS_DEFAULTS: PairingSessionsOptions = Object.freeze({
  delays: PAIRING_DELAYS_DEFAULTS,
  searchMs: 12_000,
  frameMs: 10_000,
  retryMs: 1_000,
  busyRetryMs: 250,
  lingerMs: 30_000,
  maxOffers: 8,
  maxJoins: 8,
  maxUnproven: 64,
  maxUnprovenPerRemote: 3,
  maxLingering: 16,
  maxLingeringRendezvous: 2,
  maxEndedCodes: 64,
  rememberMs: 600_000,
});

/** Options as a host gives them. */
export type PairingSessionsInput = Partial<Omit<PairingSessionsOptions, 'delays'>> & {
  readonly delays?: Partial<PairingDelays>;
};

/** Smallest and largest value of every number. */
const RANGES: Readonly<Record<Exclude<keyof PairingSessionsOptions, 'delays'>, readonly [number, number]>> = {
  searchMs: [1_000, 120_000],
  frameMs: [1_000, 60_000],
  retryMs: [100, 60_000],
  busyRetryMs: [50, 60_000],
  lingerMs: [0, 300_000],
  maxOffers: [1, 64],
  maxJoins: [1, 64],
  maxUnproven: [1, 256],
  maxUnprovenPerRemote: [1, 256],
  maxLingering: [0, 64],
  maxLingeringRendezvous: [0, 16],
  maxEndedCodes: [1, 1_024],
  rememberMs: [300_000, 3_600_000],
};

/** @throws {@link InvalidOptionError} that names the first field which breaks its rule. */
export const resolvePairingSessionsOptions = (input: PairingSessionsInput = {}): PairingSessionsOptions => {
  const options = { ...PAIRING_SESSIONS_DEFAULTS, ...input, delays: resolvePairingDelays(input.delays) };
  for (const [field, [min, max]] of Object.entries(RANGES)) {
    const value = options[field as keyof typeof RANGES];
    if (!Number.isSafeInteger(value) || value < min || value > max) {
      throw new InvalidOptionError(field, `must be a whole number from ${min} to ${max}`, value);
    }
  }
  return Object.freeze(options);
};
