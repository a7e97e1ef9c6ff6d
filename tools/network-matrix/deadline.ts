/** Something of a lab was waited for in vain. */
export class WaitedInVainError extends Error {
  override readonly name = 'WaitedInVainError';
}

/** A promise, or {@link WaitedInVainError} when it takes longer. */
export const within = async <T>(limitMs: number, what: string, promise: Promise<T>): Promise<T> => {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new WaitedInVainError(`waited ${limitMs / 1_000} s for ${what}`)), limitMs);
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
};

export const pause = (durationMs: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
