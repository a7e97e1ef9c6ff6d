import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { errorMessage } from '@bowline/contracts';
import {
  encodePushRequest,
  MAX_SMALL_FILE_BYTES,
  MAX_UNSETTLED_FILES,
  type PushAnswer,
  type PushFailure,
  PushProtocolError,
  pushAnswerReader,
} from '@bowline/push-protocol';
import type { SmallFileJobs } from '../finite-jobs.ts';
import type { OwnStream } from '../services/device-stream.ts';
import { BLOCK_BYTES, dataFrames } from './data-frames.ts';
import { PushCutError, PushStoppedError } from './errors.ts';
import { fileMark } from './file-mark.ts';
import { hashBeginning, openToRead } from './hash-file.ts';
import { lentBlocks } from './lent-blocks.ts';
import type { PushItem } from './push-item.ts';
import { encodePushOffer, isSmall, type PushOffer, preparePushOffer } from './push-offer.ts';

/** How often a file that changes while it is read is tried. */
const MAX_ATTEMPTS = 3;

/** Small files that are read in one go: a trip to a thread costs as much as to read some of them. */
const MAX_TOGETHER = 32;

/** From so many files that are read, or wait to be offered, on no more are read. */
const MAX_READING = 33;
const MAX_READY = 64;

/** From so many bytes on no further offer is said with those before. */
const OFFERED_BYTES = 65_536;

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

export interface SendPushComponents {
  /** Names this run of the sender. */
  readonly run: Uint8Array;
  /** Counts the pushes of this run. */
  readonly push: number;
  /** Whether the receiver takes files whose hash it is not told before. */
  readonly takesUnhashed: boolean;
  readonly watcher: PushWatcher;
  readonly jobs: Pick<SmallFileJobs, 'readSmallFiles'>;
  readonly signal: AbortSignal;
}

interface Taken {
  readonly offer: PushOffer;
  readonly offset: number;
}

/**
 * Pushes what waits over one stream, and resolves when the receiver has said its last word.
 *
 * Long because it writes ahead of the receiver's answers, and both sides of that look at one list of what waits.
 */
export const sendPush = async (
  stream: OwnStream,
  items: readonly PushItem[],
  { run, push, takesUnhashed, watcher, jobs, signal }: SendPushComponents,
): Promise<void> => {
  const files = items.filter(({ entry, state }) => !entry.isFolder && state === 'waiting');
  const blocks = lentBlocks(stream, BLOCK_BYTES);
  const ready: PushOffer[] = [];
  const offered = new Map<number, PushOffer>();
  const taken: Taken[] = [];
  const sent = new Map<PushItem, number>();
  /** The next of `files` to be prepared. */
  let nextFile = 0;
  let preparing = 0;
  let nextIndex = 0;
  /** What was offered last was there already: its like is asked for before it is sent. */
  let isKnownThere = false;
  /** Until the first answer a few files are offered, since all may be there. */
  let isAnswered = false;
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
    const offer = offered.get(answer.index);
    if (offer === undefined) throw new PushProtocolError('it answers for a file that was not offered');
    const { item } = offer;
    isAnswered = true;
    if (answer.kind === 'take') {
      if (answer.offset > item.sizeBytes || sent.has(item) || offer.kind === 'small')
        throw new PushProtocolError('it takes what was not offered');
      isKnownThere = false;
      note(item, answer.offset);
      taken.push({ offer, offset: answer.offset });
      return;
    }
    if (answer.kind === 'ask' && (offer.kind !== 'large' || sent.has(item))) {
      throw new PushProtocolError('it asks for what it knows');
    }
    offered.delete(answer.index);
    if (answer.kind === 'ask') {
      item.isAsked = true;
      files.push(item);
      return;
    }
    if (answer.kind === 'saved') {
      isKnownThere = answer.wasHere;
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

  /** Prepares a file to be offered. One that cannot be read is given up. */
  const prepare = async (item: PushItem): Promise<void> => {
    try {
      const offer = await preparePushOffer(item, { takesUnhashed, isKnownThere, signal });
      if (offer === null) giveUp(item, FAILURES.changed, true);
      else ready.push(offer);
    } catch (error) {
      if (!signal.aborted) giveUp(item, errorMessage(error), false);
    }
  };

  /** The files that are read at once: small ones that follow each other, or one. */
  const takeTogether = (): readonly PushItem[] => {
    const from = nextFile;
    const isToBeSaid = (item: PushItem | undefined): boolean =>
      item !== undefined && item.hash === null && takesUnhashed && !isKnownThere && isSmall(item);
    const most = Math.min(MAX_TOGETHER, MAX_UNSETTLED_FILES - offered.size - ready.length - preparing);
    while (nextFile - from < most && isToBeSaid(files[nextFile])) nextFile += 1;
    if (nextFile === from) nextFile += 1;
    return files.slice(from, nextFile);
  };

  const prepareAll = async (together: readonly PushItem[]): Promise<void> => {
    const paths = together.map(({ entry }) => entry.source);
    // What the threads do not do, for whatever reason, is done here.
    const none = (): readonly null[] => together.map(() => null);
    const read = together.length < 2 ? none() : await jobs.readSmallFiles(paths, MAX_SMALL_FILE_BYTES).catch(none);
    for (const [index, item] of together.entries()) {
      const found = read[index] ?? null;
      if (found === null) await prepare(item);
      else {
        item.sizeBytes = found.content.byteLength;
        ready.push({ kind: 'small', item, ...found });
      }
    }
  };

  /** Small files are read many at a time; a large one is hashed, where it has to be, while another one is on its way. */
  const prepareMore = (): void => {
    for (let next = files[nextFile]; next !== undefined; next = files[nextFile]) {
      const unsettled = offered.size + ready.length + preparing;
      if (unsettled >= (isAnswered ? MAX_UNSETTLED_FILES : MAX_TOGETHER)) return;
      if (preparing >= (isSmall(next) ? MAX_READING : 1) || ready.length >= (isSmall(next) ? MAX_READY : 1)) return;
      const together = takeTogether();
      preparing += together.length;
      const settled = (): void => {
        preparing -= together.length;
        wake();
      };
      const broken = (error: unknown): void => {
        failure ??= error;
      };
      void prepareAll(together).catch(broken).then(settled);
    }
  };

  const offerReady = async (): Promise<void> => {
    const frames: Uint8Array[] = [];
    for (let sizeBytes = 0; sizeBytes < OFFERED_BYTES && ready.length > 0; ) {
      const offer = ready.shift() as PushOffer;
      offered.set(nextIndex, offer);
      frames.push(...encodePushOffer(offer, nextIndex));
      nextIndex += 1;
      sizeBytes = frames.reduce((sum, { byteLength }) => sum + byteLength, 0);
    }
    await blocks.say(Buffer.concat(frames));
  };

  /** The file as it was when it was offered, up to the first byte to be sent; `null` when it is another one now. */
  const beginToSend = async (file: FileHandle, { offer, offset }: Taken): Promise<Hash | null> => {
    const hash = createHash('sha256');
    if (offer.kind !== 'large') return hash;
    if (!(await isAsOffered(file, offer))) return null;
    return (await hashBeginning(file, offset, hash, signal)) ? hash : null;
  };

  /** Says all of the rest; answers whether it is what was offered. */
  const sendRest = async (file: FileHandle, { offer, offset }: Taken, hash: Hash): Promise<boolean> => {
    let at = offset;
    for await (const read of dataFrames(file, offset, offer.item.sizeBytes, blocks.take)) {
      signal.throwIfAborted();
      if (failure !== null) return true;
      if (read.fileBytes === 0) return false;
      if (offer.kind === 'large') for (const piece of read.pieces) hash.update(piece);
      await blocks.lend(read.block, read.frames);
      at += read.fileBytes;
      note(offer.item, at);
    }
    if (offer.kind !== 'large') return true;
    if (!(await isAsOffered(file, offer))) return false;
    await blocks.say(encodePushRequest({ kind: 'hash', hash: hash.digest() }));
    return true;
  };

  const sendFile = async (due: Taken): Promise<void> => {
    const { item } = due.offer;
    try {
      await using file = await openToRead(item.entry.source);
      const hash = await beginToSend(file, due);
      if (hash !== null && (await sendRest(file, due, hash))) return;
    } catch (error) {
      signal.throwIfAborted();
      // What the file system says has a system call; what the stream says has none.
      if (!(error instanceof Error) || !('syscall' in error)) throw error;
      item.reason = errorMessage(error);
      item.attempts = MAX_ATTEMPTS;
    }
    await blocks.say(encodePushRequest({ kind: 'abandon' }));
  };

  const speak = async (): Promise<void> => {
    const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    await blocks.say(encodePushRequest({ kind: 'begin', run, push, files: files.length, bytes }));
    for (const { entry } of items.filter((item) => item.entry.isFolder)) {
      await blocks.say(encodePushRequest({ kind: 'folder', path: entry.path }));
    }
    for (;;) {
      signal.throwIfAborted();
      if (failure !== null) return;
      prepareMore();
      if (ready.length > 0) {
        await offerReady();
        continue;
      }
      const file = taken.shift();
      if (file !== undefined) {
        await sendFile(file);
        continue;
      }
      if (preparing === 0 && offered.size === 0 && nextFile === files.length) break;
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

const isAsOffered = async (file: FileHandle, { mark }: Extract<PushOffer, { kind: 'large' }>): Promise<boolean> =>
  fileMark(await file.stat({ bigint: true })).equals(mark);
