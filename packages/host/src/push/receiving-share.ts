import type { DeviceId } from '@bowline/contracts';
import type { PushRequest } from '@bowline/push-protocol';

/** Pushes that are received at once, from all devices. */
const PLACES = 16;

/** The last of them are for devices that have none: pushes may stand still for long, and a device may have eight. */
const PLACES_FOR_NEWCOMERS = 4;

/** What all pushes that are received share. */
export interface ReceivingShare {
  /** Partial files that are written. */
  readonly inUse: Set<string>;
  /** What one device was promised, for as long as a push of it runs; it limits what that device is promised, and no other one. */
  promisedTo(sender: DeviceId): PromisedRoom;
  /** Bytes that were written since somebody looked how many the disk has room for. */
  unlookedBytes: number;
  readonly pushes: Set<RunningPush>;
  /** Whether one of `pushes` may go on. */
  hasPlaceFor(push: RunningPush): boolean;
  /**
   * Puts a path in use, and answers it. Where an earlier push is still written by another stream, it is one beside it: this
   * one begins anew there.
   */
  reserve(path: string): string;
}

/** Bytes that were promised room and have not come. */
export interface PromisedRoom {
  bytes: number;
}

/** A push that is received. */
export interface RunningPush {
  readonly sender: DeviceId;
  /** All pushes of its sender have the same. */
  readonly promised: PromisedRoom;
  /** Its first word, once it was said. */
  begin: BeginWord | null;
  /** Ends it, and resolves when its files are closed. */
  end(): Promise<void>;
}

export type BeginWord = Extract<PushRequest, { kind: 'begin' }>;

export const receivingShare = (): ReceivingShare => {
  const inUse = new Set<string>();
  const pushes = new Set<RunningPush>();
  return {
    inUse,
    promisedTo: (sender) => [...pushes].find((push) => push.sender === sender)?.promised ?? { bytes: 0 },
    unlookedBytes: 0,
    pushes,
    hasPlaceFor: ({ sender }) => {
      const isNewcomer = [...pushes].filter((push) => push.sender === sender).length <= 1;
      return pushes.size <= (isNewcomer ? PLACES : PLACES - PLACES_FOR_NEWCOMERS);
    },
    reserve: (path) => {
      let free = path;
      for (let count = 2; inUse.has(free); count += 1) free = `${path}-${count}`;
      inUse.add(free);
      return free;
    },
  };
};
