import { errorMessage } from '@bowline/contracts';
import {
  encodePushRequest,
  MAX_UNSETTLED_FILES,
  type PushAnswer,
  type PushFailure,
  PushProtocolError,
  pushAnswerReader,
} from '@bowline/push-protocol';
import type { DeviceStream } from '../services/device-stream.ts';
import { dataFrames } from './data-frames.ts';
import { PushCutError, PushStoppedError } from './errors.ts';
import { hashFile, openToRead } from './hash-file.ts';
import type { PushEntry } from './push-plan.ts';

/** How often a file that changes while it is read is tried. */
const MAX_ATTEMPTS = 3;

const FAILURES: Readonly<Record<PushFailure, string>> = {
  changed: 'it changes while it is read',
  name: 'the names it could have there are taken',
  storage: 'the folder there cannot be written',
};

/** What is known of one entry, over all streams that a push takes. */
export interface PushItem {
  readonly entry: PushEntry;
  state: 'waiting' | 'saved' | 'failed';
  attempts: number;
  sizeBytes: number;
  hash: Uint8Array | null;
  reason: string | null;
  savedAs: readonly string[] | null;
}

export const pushItem = (entry: PushEntry): PushItem => {
  const { sizeBytes } = entry;
  return { entry, state: 'waiting', attempts: 0, sizeBytes, hash: null, reason: null, savedAs: null };
};

/** What is told while it goes on. */
export interface PushWatcher {
  /** So many bytes of files that were not saved before are there now, as far as is known; less after a file changed. */
  moved(bytes: number): void;
  settled(item: PushItem): void;
}

export interface SendPushComponents {
  /** Names this run of the sender. */
  readonly run: Uint8Array;
  /** Counts the pushes of this run. */
  readonly push: number;
  readonly watcher: PushWatcher;
  readonly signal: AbortSignal;
}

interface Taken {
  readonly item: PushItem;
  readonly offset: number;
}

/**
 * Pushes what waits over one stream, and resolves when the receiver has said its last word.
 *
 * Long because it writes ahead of the receiver's answers, and both sides of that look at one list of what waits.
 */
export const sendPush = async (
  stream: DeviceStream,
  items: readonly PushItem[],
  { run, push, watcher, signal }: SendPushComponents,
): Promise<void> => {
  const files = items.filter(({ entry, state }) => !entry.isFolder && state === 'waiting');
  const offered = new Map<number, PushItem>();
  const taken: Taken[] = [];
  const sent = new Map<PushItem, number>();
  let nextIndex = 0;
  let isDone = false;
  let failure: unknown = null;
  let wake: () => void = () => undefined;

  const hear = (answer: PushAnswer): void => {
    if (answer.kind === 'stop') throw new PushStoppedError(answer.reason);
    if (answer.kind === 'done') {
      if (offered.size > 0) throw new PushProtocolError('it is done before all files are');
      isDone = true;
      return;
    }
    const item = offered.get(answer.index);
    if (item === undefined) throw new PushProtocolError('it answers for a file that was not offered');
    if (answer.kind === 'take') {
      if (answer.offset > item.sizeBytes || sent.has(item))
        throw new PushProtocolError('it takes what was not offered');
      note(item, answer.offset);
      taken.push({ item, offset: answer.offset });
      return;
    }
    offered.delete(answer.index);
    if (answer.kind === 'saved') {
      note(item, item.sizeBytes);
      item.savedAs = answer.path;
      item.state = 'saved';
      watcher.settled(item);
      return;
    }
    giveUp(item, FAILURES[answer.reason], answer.reason === 'changed');
  };

  /** So much of the file is there. */
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
      files.push(item);
      return;
    }
    item.state = 'failed';
    item.reason ??= reason;
    watcher.settled(item);
  };

  const listen = async (): Promise<void> => {
    const reader = pushAnswerReader();
    for await (const bytes of stream) {
      for (const answer of reader.read(bytes)) hear(answer);
      wake();
    }
    if (!isDone) throw new PushCutError();
  };

  /** Hashes the next file; `null` when none is left. One that cannot be read is given up. */
  const prepare = async (): Promise<PushItem | null> => {
    for (let item = files.shift(); item !== undefined; item = files.shift()) {
      try {
        if (item.hash !== null) return item;
        const found = await hashFile(item.entry.source, signal);
        if (found === null) giveUp(item, FAILURES.changed, true);
        else {
          item.sizeBytes = found.sizeBytes;
          item.hash = found.hash;
          return item;
        }
      } catch (error) {
        signal.throwIfAborted();
        giveUp(item, errorMessage(error), false);
      }
    }
    return null;
  };

  const offer = async (item: PushItem): Promise<void> => {
    const { entry, sizeBytes, hash } = item;
    const index = nextIndex;
    nextIndex += 1;
    offered.set(index, item);
    await stream.write(
      encodePushRequest({ kind: 'file', index, path: entry.path, sizeBytes, hash: hash ?? new Uint8Array() }),
    );
  };

  const sendFile = async ({ item, offset }: Taken): Promise<void> => {
    try {
      await using file = await openToRead(item.entry.source);
      let at = offset;
      for await (const { frames, fileBytes } of dataFrames(file, offset, item.sizeBytes)) {
        signal.throwIfAborted();
        if (failure !== null) return;
        if (fileBytes === 0) {
          await stream.write(encodePushRequest({ kind: 'abandon' }));
          return;
        }
        await stream.write(frames);
        at += fileBytes;
        note(item, at);
      }
    } catch (error) {
      signal.throwIfAborted();
      // What the file system says has a system call; what the stream says has none.
      if (!(error instanceof Error) || !('syscall' in error)) throw error;
      item.reason = errorMessage(error);
      item.attempts = MAX_ATTEMPTS;
      await stream.write(encodePushRequest({ kind: 'abandon' }));
    }
  };

  const speak = async (): Promise<void> => {
    const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    await stream.write(encodePushRequest({ kind: 'begin', run, push, files: files.length, bytes }));
    for (const { entry } of items.filter((item) => item.entry.isFolder)) {
      await stream.write(encodePushRequest({ kind: 'folder', path: entry.path }));
    }
    const line: { ready: PushItem | null; isPreparing: boolean } = { ready: null, isPreparing: false };
    const prepareNext = async (): Promise<void> => {
      line.isPreparing = true;
      try {
        line.ready = await prepare();
      } catch (error) {
        failure ??= error;
      }
      line.isPreparing = false;
      wake();
    };
    for (;;) {
      signal.throwIfAborted();
      if (failure !== null) return;
      const { ready } = line;
      if (ready !== null) {
        line.ready = null;
        await offer(ready);
        continue;
      }
      // The next file is hashed while another one is on its way.
      if (!line.isPreparing && files.length > 0 && offered.size < MAX_UNSETTLED_FILES) void prepareNext();
      const file = taken.shift();
      if (file !== undefined) {
        await sendFile(file);
        continue;
      }
      if (!line.isPreparing && offered.size === 0 && files.length === 0) break;
      // Nothing can happen between these looks and the wait: both are in one turn.
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    await stream.end();
  };

  const onAbort = (): void => {
    stream.reset();
    wake();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const listening = listen().catch((error: unknown) => {
    // What the receiver gave as its reason says more than that its stream is over.
    failure = error instanceof PushStoppedError ? error : (failure ?? error);
    stream.reset();
    wake();
  });
  try {
    await speak().catch((error: unknown) => {
      failure ??= error;
      stream.reset();
    });
    await listening;
    signal.throwIfAborted();
    if (failure !== null) throw failure;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await stream[Symbol.asyncDispose]();
    // What is here of a file that was not saved is told anew by the next stream.
    for (const [item, bytes] of sent) if (item.state === 'waiting') watcher.moved(-bytes);
  }
};
