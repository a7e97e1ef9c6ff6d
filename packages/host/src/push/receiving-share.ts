import type { DeviceId } from '@bowline/contracts';
import type { PushRequest } from '@bowline/push-protocol';

/** What all pushes that are received share. */
export interface ReceivingShare {
  /** Partial files that are written. */
  readonly inUse: Set<string>;
  /** Bytes that were promised room and have not come. */
  promisedBytes: number;
  readonly pushes: Set<RunningPush>;
  /**
   * Puts a path in use, and answers it. Where an earlier push is still written by another stream, it is one beside it: this
   * one begins anew there.
   */
  reserve(path: string): string;
}

/** A push that is received. */
export interface RunningPush {
  readonly sender: DeviceId;
  /** Its first word, once it was said. */
  begin: BeginWord | null;
  /** Ends it, and resolves when its files are closed. */
  end(): Promise<void>;
}

export type BeginWord = Extract<PushRequest, { kind: 'begin' }>;

export const receivingShare = (): ReceivingShare => {
  const inUse = new Set<string>();
  return {
    inUse,
    promisedBytes: 0,
    pushes: new Set(),
    reserve: (path) => {
      let free = path;
      for (let count = 2; inUse.has(free); count += 1) free = `${path}-${count}`;
      inUse.add(free);
      return free;
    },
  };
};
