import { InvalidOptionError } from '@bowline/contracts';
import { INITIAL_LIMIT_BYTES, STREAM_LIMITS } from '@bowline/stream-protocol';

/** What a host may tune about streams. Times in milliseconds, sizes in bytes. */
export interface ServicesOptions {
  /** Most bytes of one stream that arrived and were not read, at first; at least 65,536. */
  readonly windowBytes: number;
  /** Bytes of one stream written and not acknowledged from which on its writer waits, at first. */
  readonly bufferBytes: number;
  /** To which each of the two grows, with what a stream has carried. */
  readonly mostBytes: number;
  /** A stream is given up after so long without a link to its device. */
  readonly contactTimeoutMs: number;
  /** How much longer a complete stream is remembered for an opener that may still ask. */
  readonly lingerMs: number;
  /** How long an acknowledgement may wait for company. */
  readonly ackDelayMs: number;
  /** How long the other side may take for a header, and for saying that it knows streams. */
  readonly headerTimeoutMs: number;
  /** Streams open with one device, in each direction. */
  readonly maxStreamsPerDevice: number;
  /** Complete streams remembered for one device. */
  readonly maxLingering: number;
}

/**
 * Five minutes: a laptop carried to another room, a router that restarts, a train in a tunnel. 20 ms for an acknowledgement:
 * shorter than anybody notices, and fifty small writes a second at most. The rest: `docs/protocol/streams.md`.
 */
export const SERVICES_DEFAULTS: ServicesOptions = Object.freeze({
  ...STREAM_LIMITS,
  contactTimeoutMs: 300_000,
  lingerMs: 60_000,
  ackDelayMs: 20,
  headerTimeoutMs: 10_000,
  maxStreamsPerDevice: 256,
  maxLingering: 1_024,
});

/** @throws {@link InvalidOptionError} for an unknown field and for one that breaks its rule */
export const resolveServicesOptions = (input: Partial<ServicesOptions> = {}): ServicesOptions => {
  const options = { ...SERVICES_DEFAULTS, ...input };
  for (const [field, value] of Object.entries(options)) {
    if (!(field in SERVICES_DEFAULTS)) throw new InvalidOptionError(field, 'is not an option of services', value);
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new InvalidOptionError(field, 'must be a whole number above zero', value);
    }
  }
  if (options.windowBytes < INITIAL_LIMIT_BYTES) {
    throw new InvalidOptionError('windowBytes', `must be at least ${INITIAL_LIMIT_BYTES}`, options.windowBytes);
  }
  return Object.freeze(options);
};
