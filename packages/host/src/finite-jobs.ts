import { type ClosePortInput, type ClosePortResult, closePort } from '@bowline/port-mappings';
import type { TaskPool } from '@bowline/supervisor';
import type { SmallFileRead, SmallFileSaved, SmallFileToSave } from './push/small-files.task.ts';

/** Small files of a push, many at once. What cannot be done so is left to the caller, one by one. */
export interface SmallFileJobs {
  /** @param maxBytes of one file */
  readSmallFiles(paths: readonly string[], maxBytes: number): Promise<readonly SmallFileRead[]>;
  saveSmallFiles(files: readonly SmallFileToSave[]): Promise<readonly SmallFileSaved[]>;
}

/** What a host has done once and for good, each for one answer. */
export interface FiniteJobs extends SmallFileJobs {
  closePort(input: ClosePortInput): Promise<ClosePortResult>;
  /** Ends what still runs; its promise rejects. Idempotent. */
  close(): Promise<void>;
}

const smallFiles = (): URL => new URL(import.meta.resolve('@bowline/host/small-files-task'));

/** In a pool's threads: a disk that is slow does not hold up the host. */
export const pooledJobs = (pool: TaskPool): FiniteJobs => {
  const closing = new AbortController();
  return {
    // It resolves no name, so that nothing of it can hold up a thread.
    closePort: (input) => closePort(input, { signal: closing.signal }),
    readSmallFiles: async (paths, maxBytes) => pool.run(smallFiles(), { paths, maxBytes }, { name: 'readSmallFiles' }),
    saveSmallFiles: async (files) => pool.run(smallFiles(), { files }, { name: 'saveSmallFiles' }),
    close: () => {
      closing.abort();
      return pool.close();
    },
  };
};

/** In the host's own thread: where a pool would not find the files of its tasks. */
export const inlineJobs = (): FiniteJobs => {
  const closing = new AbortController();
  return {
    closePort: (input) => closePort(input, { signal: closing.signal }),
    // It waits for the disk, which this thread must not.
    readSmallFiles: async (paths) => paths.map(() => null),
    saveSmallFiles: async (files) => files.map(() => 'other'),
    close: async () => closing.abort(),
  };
};
