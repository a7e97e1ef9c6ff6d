import type { PushFailure } from '@bowline/push-protocol';
import type { PushItem } from './push-item.ts';

/** How often a file that changes while it is read is tried. */
const MAX_ATTEMPTS = 3;

const FAILURES: Readonly<Record<PushFailure, string>> = {
  changed: 'it changes while it is read',
  name: 'the names it could have there are taken',
  storage: 'the folder there cannot be written',
};

/** What is told while it goes on. */
export interface PushWatcher {
  /** So many bytes of files that were not saved before are there now, as far as is known; less after a file changed. */
  moved(bytes: number): void;
  settled(item: PushItem): void;
}

interface SendingProgressComponents {
  readonly watcher: PushWatcher;
  /** Sends a file once more, after those that wait. */
  readonly again: (item: PushItem) => void;
}

/** How far the files of one push are over one stream, and how they end. */
export interface SendingProgress {
  /** So much of the file is there. */
  note(item: PushItem, bytes: number): void;
  /** Whether it was noted how much of the file is there. */
  isNoted(item: PushItem): boolean;
  saved(item: PushItem, path: readonly string[]): void;
  /** The receiver does not save it, or it is not what was offered any more: one that changes is tried again. */
  failed(item: PushItem, reason: PushFailure): void;
  /** It cannot be read. */
  unreadable(item: PushItem, reason: string): void;
  /** It cannot be read while the receiver waits for it: it fails when the receiver has answered. */
  noMoreAttempts(item: PushItem, reason: string): void;
  /** What is here of a file that was not saved is told anew by the next stream. */
  takeBack(): void;
}

export const sendingProgress = ({ watcher, again }: SendingProgressComponents): SendingProgress => {
  const sent = new Map<PushItem, number>();

  const note = (item: PushItem, bytes: number): void => {
    watcher.moved(bytes - (sent.get(item) ?? 0));
    sent.set(item, bytes);
  };

  const giveUp = (item: PushItem, reason: string, isWorthTrying: boolean): void => {
    note(item, 0);
    sent.delete(item);
    item.attempts += 1;
    item.hash = null;
    if (isWorthTrying && item.state === 'waiting' && item.attempts < MAX_ATTEMPTS) {
      again(item);
      return;
    }
    item.state = 'failed';
    item.reason ??= reason;
    watcher.settled(item);
  };

  return {
    note,
    isNoted: (item) => sent.has(item),
    saved: (item, path) => {
      note(item, item.sizeBytes);
      item.savedAs = path;
      item.state = 'saved';
      watcher.settled(item);
    },
    failed: (item, reason) => giveUp(item, FAILURES[reason], reason === 'changed'),
    unreadable: (item, reason) => giveUp(item, reason, false),
    noMoreAttempts: (item, reason) => {
      item.reason = reason;
      item.attempts = MAX_ATTEMPTS;
    },
    takeBack: () => {
      for (const [item, bytes] of sent) if (item.state === 'waiting') watcher.moved(-bytes);
    },
  };
};
