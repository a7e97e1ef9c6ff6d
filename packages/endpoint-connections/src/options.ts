import { InvalidOptionError } from '@bowline/contracts';

/** How much one connection may hold for a reader that has not come yet. */
export interface ConnectionLimits {
  /** Frames waiting for a listener or a `nextFrame`. One more closes the connection with `busy`. */
  readonly maxWaitingFrames: number;
  /** Their bytes together. A single frame is kept whatever its size: the endpoint has already checked it. */
  readonly maxWaitingBytes: number;
}

/** A handshake has at most a handful of frames under way, so 256 frames and 1 MiB are only reached by a flood. */
export const CONNECTION_LIMITS_DEFAULTS: ConnectionLimits = Object.freeze({
  maxWaitingFrames: 256,
  maxWaitingBytes: 1_048_576,
});

/** @throws {@link InvalidOptionError} when a field is not a whole number above zero. */
export const resolveConnectionLimits = (input: Partial<ConnectionLimits> = {}): ConnectionLimits => {
  const limits = { ...CONNECTION_LIMITS_DEFAULTS, ...input };
  for (const field of ['maxWaitingFrames', 'maxWaitingBytes'] as const) {
    if (!Number.isSafeInteger(limits[field]) || limits[field] < 1) {
      throw new InvalidOptionError(field, 'must be a whole number above zero', limits[field]);
    }
  }
  return Object.freeze(limits);
};
