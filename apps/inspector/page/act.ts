import { signal } from '@preact/signals';
import { session } from './model.ts';
import { ask, RefusedError } from './session.ts';

/** What the person is told last; read aloud. */
export const notice = signal('');

/** Does what a button says, and tells when it could not be done. @returns `undefined` then */
export const act = async <T = unknown>(action: string, input: unknown = {}): Promise<T | undefined> => {
  if (session.value === null) return undefined;
  notice.value = '';
  try {
    return await ask<T>(session.value, action, input);
  } catch (error) {
    notice.value = error instanceof RefusedError ? error.message : 'The device does not answer.';
    return undefined;
  }
};
