import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { type Clock, type DeviceId, errorMessage, type Logger } from '@bowline/contracts';
import {
  encodePushAnswer,
  MAX_PUSH_FILES,
  MAX_UNSETTLED_FILES,
  type PushAnswer,
  type PushFailure,
  PushProtocolError,
  type PushRequest,
  type PushStop,
  pushRequestReader,
} from '@bowline/push-protocol';
import type { SmallFileJobs } from '../finite-jobs.ts';
import type { DeviceStream } from '../services/device-stream.ts';
import { type PartialFile, partialFile } from './partial-file.ts';
import { type Destination, NoNameError, type ReceivingFolder } from './receiving-folder.ts';
import { spareRoom } from './spare-room.ts';
import { writeSmallFile } from './write-small-file.ts';

/** Small files that are put on the disk in one go, how often that is done at once, and how many wait for it. */
const MAX_TOGETHER = 32;
const MAX_SAVING = 2;
const MAX_WAITING = 64;

/** Whole files that are put on the disk at once: a small file does not wait for the one before. */
const MAX_FINISHING = 16;

/** Pushes that are received at once, from all devices. */
const MAX_PUSHES = 16;

/** What all pushes that are received share. */
export interface ReceivingShare {
  /** Partial files that are written. */
  readonly inUse: Set<string>;
  /** Bytes that were promised room and have not come. */
  promisedBytes: number;
  readonly pushes: Set<RunningPush>;
}

export const receivingShare = (): ReceivingShare => ({ inUse: new Set(), promisedBytes: 0, pushes: new Set() });

/** A push that is received. */
interface RunningPush {
  readonly sender: DeviceId;
  /** Its first word, once it was said. */
  begin: BeginWord | null;
  /** Ends it, and resolves when its files are closed. */
  end(): Promise<void>;
}

interface ReceivePushComponents {
  readonly folder: ReceivingFolder;
  readonly share: ReceivingShare;
  /** Most bytes of one push. */
  readonly maxBytes: number;
  readonly jobs: Pick<SmallFileJobs, 'saveSmallFiles'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

interface DueFile {
  readonly index: number;
  readonly destination: Destination;
  readonly partial: PartialFile;
  /** Where it is said after the last byte, it is `null` until then. */
  readonly hash: Uint8Array | null;
}

/** A small file, whose bytes follow its offer. */
interface SmallFile {
  readonly offer: SmallOffer;
  readonly pieces: Uint8Array[];
  missingBytes: number;
}

/** A small file, and where it goes. */
interface PlacedFile {
  readonly file: SmallFile;
  readonly destination: Destination;
  readonly partialPath: string;
}

/** The push ends for a reason that the sender is told. */
class StopPush extends Error {
  readonly reason: PushStop;

  constructor(reason: PushStop) {
    super(reason);
    this.reason = reason;
  }
}

type FileOffer = Extract<PushRequest, { kind: 'file' | 'large' }>;

type HashedOffer = Extract<PushRequest, { kind: 'file' }>;

type SmallOffer = Extract<PushRequest, { kind: 'small' }>;

type BeginWord = Extract<PushRequest, { kind: 'begin' }>;

/**
 * Receives one push, until the sender has said everything. Rejects when the sender breaks a rule.
 *
 * Long because each thing a sender may say next depends on what is open: one file, its bytes so far and its hash.
 */
export const receivePush = async (stream: DeviceStream, parts: ReceivePushComponents): Promise<void> => {
  const { folder, share, maxBytes, jobs, clock, logger, signal } = parts;
  const reader = pushRequestReader();
  const due: DueFile[] = [];
  const room = spareRoom(folder, share);
  const inTurn = new Map<string, Promise<void>>();
  const waiting: SmallFile[] = [];
  let saving = 0;
  let small: SmallFile | null = null;
  const finishing = new Set<Promise<void>>();
  let hasBegun = false;
  let offered = 0;
  let folders = 0;
  let offeredBytes = 0;
  let unsettled = 0;
  let failure: unknown = null;

  const say = (answer: PushAnswer): Promise<void> => stream.write(encodePushAnswer(answer));

  const settle = async (answer: Extract<PushAnswer, { kind: 'saved' | 'failed' }>): Promise<void> => {
    unsettled -= 1;
    await say(answer);
  };
  const fail = async (index: number, error: unknown, otherwise: PushFailure = 'storage'): Promise<void> => {
    logger.warn({ reason: errorMessage(error) }, 'pushed file not saved');
    await settle({ kind: 'failed', index, reason: error instanceof NoNameError ? 'name' : otherwise });
  };
  const release = ({ partial }: DueFile, stillPromised: number): void => {
    share.inUse.delete(partial.path);
    share.promisedBytes -= stillPromised;
  };

  const finish = async (file: DueFile, hash: Uint8Array): Promise<void> => {
    const { index, destination, partial } = file;
    try {
      if (!(await partial.finish(hash))) {
        await settle({ kind: 'failed', index, reason: 'changed' });
        return;
      }
      const path = await folder.save(partial.path, destination);
      await settle({ kind: 'saved', index, path, wasHere: false });
    } catch (error) {
      await partial.discard().catch(() => undefined);
      await fail(index, error);
    } finally {
      release(file, 0);
    }
  };
  const finishAside = async (finished: () => Promise<void>): Promise<void> => {
    if (finishing.size >= MAX_FINISHING) await Promise.race(finishing);
    begin(finished);
  };
  const allFinished = async (): Promise<void> => {
    // What is finished may begin what waits.
    while (finishing.size > 0) await Promise.all(finishing);
  };
  const begin = (finished: () => Promise<void>): void => {
    const work: Promise<void> = finished()
      .catch((error: unknown) => {
        failure ??= error;
      })
      .finally(() => finishing.delete(work));
    finishing.add(work);
  };

  /** Where an earlier push is still written by another stream, this one begins anew beside it. */
  const reserve = (path: string): string => {
    let free = path;
    for (let count = 2; share.inUse.has(free); count += 1) free = `${path}-${count}`;
    share.inUse.add(free);
    return free;
  };

  /** Answers for a file that is there already. */
  const isThere = async ({ index, sizeBytes, hash }: SmallOffer | HashedOffer, destination: Destination) => {
    const equal = await folder.findEqual(destination, sizeBytes, hash);
    if (equal === null) return false;
    // A cut between the two may have left what has its name already.
    const left = folder.partialPath(destination, hash);
    if (!share.inUse.has(left)) await rm(left, { force: true });
    await settle({ kind: 'saved', index, path: equal, wasHere: true });
    return true;
  };

  const takeFile = async (offer: FileOffer): Promise<void> => {
    const { index, path, sizeBytes } = offer;
    const destination = await folder.destinationOf(path);
    if (offer.kind === 'file' && (await isThere(offer, destination))) return;
    if (offer.kind === 'large' && (await folder.findOfSize(destination, sizeBytes))) {
      unsettled -= 1;
      offeredBytes -= sizeBytes;
      await say({ kind: 'ask', index });
      return;
    }
    const hash = offer.kind === 'file' ? offer.hash : null;
    const partialPath = reserve(folder.partialPath(destination, offer.kind === 'file' ? offer.hash : offer.mark));
    try {
      const partial = await partialFile(partialPath, sizeBytes);
      const { missingBytes } = partial;
      if (!(await room.has(missingBytes))) throw new StopPush('no-room');
      share.promisedBytes += missingBytes;
      const file = { index, destination, partial, hash };
      if (missingBytes === 0 && hash !== null) {
        await finishAside(() => finish(file, hash));
        return;
      }
      due.push(file);
      await say({ kind: 'take', index, offset: partial.offset });
    } catch (error) {
      if (!due.some(({ partial }) => partial.path === partialPath)) share.inUse.delete(partialPath);
      throw error;
    }
  };

  const saveSmall = async ({ offer, pieces }: SmallFile): Promise<void> => {
    const { index, path, sizeBytes, hash } = offer;
    let reserved: string | null = null;
    try {
      const content = pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
      const destination = await folder.destinationOf(path);
      if (!createHash('sha256').update(content).digest().equals(hash)) {
        await settle({ kind: 'failed', index, reason: 'changed' });
        return;
      }
      if (await isThere(offer, destination)) return;
      if (!(await room.has(sizeBytes))) throw new StopPush('no-room');
      reserved = reserve(folder.partialPath(destination, hash));
      await writeSmallFile(reserved, content);
      const saved = await folder.save(reserved, destination);
      await settle({ kind: 'saved', index, path: saved, wasHere: false });
    } catch (error) {
      if (error instanceof StopPush) throw error;
      if (reserved !== null) await rm(reserved, { force: true }).catch(() => undefined);
      await fail(index, error);
    } finally {
      if (reserved !== null) share.inUse.delete(reserved);
    }
  };

  /** Of files with one path each is saved when the one before is there, since it may be the same. */
  const saveInTurn = async (file: SmallFile): Promise<void> => {
    const place = file.offer.path.join('/');
    const own = (inTurn.get(place) ?? Promise.resolve()).then(() => saveSmall(file));
    inTurn.set(place, own);
    try {
      await own;
    } finally {
      if (inTurn.get(place) === own) inTurn.delete(place);
    }
  };

  /** What waits is saved, as much at once as has come while the last was saved. */
  const saveWaiting = (): void => {
    while (saving < MAX_SAVING && waiting.length > 0) {
      const files = waiting.splice(0, MAX_TOGETHER);
      saving += 1;
      begin(async () => {
        try {
          await saveTogether(files);
        } finally {
          saving -= 1;
          saveWaiting();
        }
      });
    }
  };

  /** Where a file can lie until it is whole. `null` where it was answered for. */
  const placeSmall = async (file: SmallFile): Promise<PlacedFile | null> => {
    const { index, path, sizeBytes, hash } = file.offer;
    try {
      const destination = await folder.destinationOf(path);
      if (!(await room.has(sizeBytes))) throw new StopPush('no-room');
      return { file, destination, partialPath: reserve(folder.partialPath(destination, hash)) };
    } catch (error) {
      if (error instanceof StopPush) throw error;
      await fail(index, error);
      return null;
    }
  };

  const saveTogether = async (files: readonly SmallFile[]): Promise<void> => {
    const placed: PlacedFile[] = [];
    let released = 0;
    try {
      for (const file of files) {
        const place = await placeSmall(file);
        if (place !== null) placed.push(place);
      }
      const outcomes = await jobs
        .saveSmallFiles(
          placed.map(({ file, destination, partialPath }) => ({
            partialPath,
            path: folder.placeOf(destination),
            content: file.pieces[0] ?? new Uint8Array(),
            hash: file.offer.hash,
          })),
        )
        // What the threads do not do, for whatever reason, is done here.
        .catch(() => []);
      for (const [at, { file, destination, partialPath }] of placed.entries()) {
        share.inUse.delete(partialPath);
        released += 1;
        const { index } = file.offer;
        const outcome = outcomes[at] ?? 'other';
        if (outcome === 'other') await saveInTurn(file);
        else if (outcome === 'changed') await settle({ kind: 'failed', index, reason: 'changed' });
        else {
          folder.noteSaved(destination);
          await settle({ kind: 'saved', index, path: [...destination.folder, destination.name], wasHere: false });
        }
      }
    } finally {
      for (const { partialPath } of placed.slice(released)) share.inUse.delete(partialPath);
    }
  };

  const noteOffer = (offer: FileOffer | SmallOffer): void => {
    if (offer.index !== offered || offered > 4 * MAX_PUSH_FILES)
      throw new PushProtocolError('an offer has a wrong index');
    offered += 1;
    unsettled += 1;
    if (unsettled > MAX_UNSETTLED_FILES) throw new PushProtocolError('too many files are offered at once');
    offeredBytes += offer.sizeBytes;
    if (offeredBytes > maxBytes) throw new StopPush('too-large');
  };

  const onFile = async (offer: FileOffer): Promise<void> => {
    noteOffer(offer);
    try {
      await takeFile(offer);
    } catch (error) {
      if (error instanceof StopPush || failure !== null) throw error;
      await fail(offer.index, error);
    }
  };

  const onSmall = async (offer: SmallOffer): Promise<void> => {
    noteOffer(offer);
    small = { offer, pieces: [], missingBytes: offer.sizeBytes };
    if (offer.sizeBytes === 0) await onSmallData(small, new Uint8Array());
  };

  const onSmallData = async (file: SmallFile, bytes: Uint8Array): Promise<void> => {
    if (bytes.byteLength > file.missingBytes) throw new PushProtocolError('more bytes come than were offered');
    file.missingBytes -= bytes.byteLength;
    // It waits, and is a part of something larger that came with it.
    file.pieces.push(new Uint8Array(bytes));
    if (file.missingBytes > 0) return;
    small = null;
    waiting.push({
      ...file,
      pieces: [file.pieces.length === 1 ? (file.pieces[0] as Uint8Array) : Buffer.concat(file.pieces)],
    });
    saveWaiting();
    while (waiting.length >= MAX_WAITING) await Promise.race(finishing);
  };

  const onData = async (bytes: Uint8Array): Promise<void> => {
    if (small !== null) {
      await onSmallData(small, bytes);
      return;
    }
    const [file] = due;
    if (file === undefined || bytes.byteLength > file.partial.missingBytes) {
      throw new PushProtocolError('more bytes come than were offered');
    }
    try {
      await file.partial.write(bytes);
      if (file.partial.missingBytes === 0) await file.partial.flush();
    } catch (error) {
      // A disk that is full or broken is so for the files behind it, too.
      logger.error({ reason: errorMessage(error) }, 'pushed file not written');
      throw new StopPush('no-room');
    }
    share.promisedBytes -= bytes.byteLength;
    const { hash } = file;
    if (file.partial.missingBytes > 0 || hash === null) return;
    due.shift();
    await finishAside(() => finish(file, hash));
  };

  const onHash = async (hash: Uint8Array): Promise<void> => {
    const [file] = due;
    if (file === undefined || file.hash !== null || file.partial.missingBytes > 0) {
      throw new PushProtocolError('a hash is said that is not due');
    }
    due.shift();
    await finishAside(() => finish(file, hash));
  };

  const onAbandon = async (): Promise<void> => {
    const file = due.shift();
    if (file === undefined) throw new PushProtocolError('a file is abandoned that is not due');
    release(file, file.partial.missingBytes);
    await file.partial.discard();
    await settle({ kind: 'failed', index: file.index, reason: 'changed' });
  };

  /** What is there already needs no room; until its files are offered, any file in the folder may be of this push. */
  const mayFit = async (sizeBytes: number): Promise<boolean> => {
    const room = (await folder.freeBytes()) - share.promisedBytes;
    if (sizeBytes <= room) return true;
    const held = await folder.heldBytes();
    return held === null || sizeBytes <= room + held;
  };

  const hear = async (request: PushRequest): Promise<void> => {
    signal.throwIfAborted();
    if (failure !== null) throw failure;
    if (hasBegun === (request.kind === 'begin')) throw new PushProtocolError('a push begins once, and first');
    if (small !== null && request.kind !== 'data') throw new PushProtocolError('a small file is not said at once');
    switch (request.kind) {
      case 'begin':
        hasBegun = true;
        if (request.bytes > maxBytes) throw new StopPush('too-large');
        await endEarlier(request);
        if (!(await mayFit(request.bytes))) throw new StopPush('no-room');
        await folder.begin(clock.nowMs());
        return;
      case 'folder':
        folders += 1;
        if (folders > MAX_PUSH_FILES) throw new PushProtocolError('too many folders come');
        await folder.makeFolder(request.path);
        return;
      case 'file':
      case 'large':
        await onFile(request);
        return;
      case 'small':
        await onSmall(request);
        return;
      case 'hash':
        await onHash(request.hash);
        return;
      case 'abandon':
        await onAbandon();
        return;
      case 'data':
        await onData(request.bytes);
    }
  };

  const receive = async (): Promise<void> => {
    // Not by `for await`, which resets the stream when it is left, so that the reason could not be said any more.
    const pieces = stream[Symbol.asyncIterator]();
    for (;;) {
      const { value, done } = await pieces.next();
      if (done === true) break;
      for (const request of reader.read(value)) await hear(request);
    }
    await allFinished();
    if (failure !== null) throw failure;
    if (!reader.isAtBoundary || due.length > 0 || small !== null)
      throw new PushProtocolError('it ends before it is whole');
    await folder.syncFolders();
    await say({ kind: 'done' });
  };

  const ended = Promise.withResolvers<void>();
  const own: RunningPush = {
    sender: stream.device.id,
    begin: null,
    end: () => {
      stream.reset();
      return ended.promise;
    },
  };
  /**
   * A sender that was started anew does not go on with its streams, and a push that takes another stream not with the one
   * before; they wait here with their files. The new stream is to find those as they were left.
   */
  const endEarlier = async (begin: BeginWord): Promise<void> => {
    own.begin = begin;
    const earlier = [...share.pushes].filter(
      (push) => push !== own && push.sender === own.sender && push.begin !== null && isReplaced(push.begin, begin),
    );
    await Promise.all(earlier.map((push) => push.end()));
  };

  share.pushes.add(own);
  try {
    if (share.pushes.size > MAX_PUSHES) throw new StopPush('busy');
    await receive();
  } catch (error) {
    if (!(error instanceof StopPush)) throw error;
    waiting.length = 0;
    await allFinished();
    await say({ kind: 'stop', reason: error.reason });
  } finally {
    waiting.length = 0;
    await allFinished();
    for (const file of due) {
      release(file, file.partial.missingBytes);
      await file.partial.close().catch(() => undefined);
    }
    share.pushes.delete(own);
    ended.resolve();
  }
};

const isReplaced = (earlier: BeginWord, later: BeginWord): boolean =>
  Buffer.compare(earlier.run, later.run) !== 0 || earlier.push === later.push;
