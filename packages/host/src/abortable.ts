import { AbortError } from './errors.ts';

/**
 * Settles as what `ask` began does; when `signal` ended it, whatever name the layer below has for that, it rejects with
 * {@link AbortError}.
 */
export const abortable = async <Value>(signal: AbortSignal | undefined, ask: () => Promise<Value>): Promise<Value> => {
  throwIfAborted(signal);
  try {
    return await ask();
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  }
};

const throwIfAborted = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted === true) throw new AbortError(signal);
};
