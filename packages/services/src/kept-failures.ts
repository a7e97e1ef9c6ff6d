import type { ServiceStreamId } from '@bowline/contracts';

/** Why streams failed is told to whoever asks for them later, for so many. */
const MAX_FAILURES = 1_024;

/** Why streams failed that are over, of the latest ones; nothing else of them is kept. */
export interface KeptFailures {
  keep(streamId: ServiceStreamId, failure: Error): void;
  of(streamId: ServiceStreamId): Error | undefined;
  clear(): void;
}

export const keptFailures = (): KeptFailures => {
  const failures = new Map<ServiceStreamId, Error>();
  return {
    keep: (streamId, failure) => {
      textOf(failure);
      failures.set(streamId, failure);
      const [oldest] = failures.keys();
      if (failures.size > MAX_FAILURES && oldest !== undefined) failures.delete(oldest);
    },
    of: (streamId) => failures.get(streamId),
    clear: () => failures.clear(),
  };
};

/**
 * Until its stack is read for the first time, an error holds every object that was at work when it was made: of a stream
 * that was reset, all that it had yet to send and that nobody has read. From then on the stack is text.
 */
const textOf = (error: Error): string | undefined => error.stack;
