import type { PushEntry } from './push-plan.ts';

/** What is known of one entry, over all streams that a push takes. */
export interface PushItem {
  readonly entry: PushEntry;
  state: 'waiting' | 'saved' | 'failed';
  attempts: number;
  sizeBytes: number;
  /** Of the whole file, where it had to be read before it could be offered. */
  hash: Uint8Array | null;
  /** The receiver has a file of its name and size. */
  isAsked: boolean;
  reason: string | null;
  savedAs: readonly string[] | null;
}

export const pushItem = (entry: PushEntry): PushItem => {
  const { sizeBytes } = entry;
  const unknown = { hash: null, isAsked: false, reason: null, savedAs: null };
  return { entry, state: 'waiting', attempts: 0, sizeBytes, ...unknown };
};
