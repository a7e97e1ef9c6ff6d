import { type Clock, errorMessage, type Logger } from '@bowline/contracts';
import {
  encodePushAnswer,
  MAX_PUSH_FILES,
  type PushAnswer,
  PushProtocolError,
  type PushRequest,
  type PushStop,
  pushRequestReader,
} from '@bowline/push-protocol';
import type { SmallFileJobs } from '../finite-jobs.ts';
import type { DeviceStream } from '../services/device-stream.ts';
import { backgroundWork } from './background-work.ts';
import { dueFiles } from './due-files.ts';
import { receivedOffers } from './received-offers.ts';
import { FolderUnusableError, NoNameError, type ReceivingFolder } from './receiving-folder.ts';
import type { BeginWord, ReceivingShare, RunningPush } from './receiving-share.ts';
import { smallFileQueue } from './small-file-queue.ts';
import { smallFileSaver } from './small-file-saver.ts';
import { spareRoom } from './spare-room.ts';
import { StopPush } from './stop-push.ts';

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

/** Receives one push, until the sender has said everything. Rejects when the sender breaks a rule. */
export const receivePush = async (stream: DeviceStream, parts: ReceivePushComponents): Promise<void> => {
  const { folder, share, maxBytes, jobs, clock, logger, signal } = parts;
  const reader = pushRequestReader();
  const say = (answer: PushAnswer): Promise<void> => stream.write(encodePushAnswer(answer));
  const promised = share.promisedTo(stream.device.id);
  const room = spareRoom(folder, share, promised);
  const work = backgroundWork();
  const offers = receivedOffers({ maxBytes, say, logger });
  const due = dueFiles({ folder, share, promised, room, offers, work, logger });
  const small = smallFileQueue({ saver: smallFileSaver({ folder, share, room, offers, jobs }), work });
  let hasBegun = false;
  let folders = 0;

  /** What is there already needs no room; until its files are offered, any file in the folder may be of this push. */
  const mayFit = async (sizeBytes: number): Promise<boolean> => {
    const room = (await folder.freeBytes()) - promised.bytes;
    if (sizeBytes <= room) return true;
    const held = await folder.heldBytes();
    return held === null || sizeBytes <= room + held;
  };

  const hear = async (request: PushRequest): Promise<void> => {
    signal.throwIfAborted();
    if (work.failure !== null) throw work.failure;
    if (hasBegun === (request.kind === 'begin')) throw new PushProtocolError('a push begins once, and first');
    if (small.isOpen && request.kind !== 'data') throw new PushProtocolError('a small file is not said at once');
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
        offers.note(request);
        await due.take(request);
        return;
      case 'small':
        offers.note(request);
        await small.open(request);
        return;
      case 'hash':
        await due.finishWith(request.hash);
        return;
      case 'abandon':
        await due.abandon();
        return;
      case 'data':
        await (small.isOpen ? small : due).write(request.bytes);
    }
  };

  const receive = async (): Promise<void> => {
    // Not by `for await`, which resets the stream when it is left, so that the reason could not be said any more.
    const pieces = stream[Symbol.asyncIterator]();
    for (;;) {
      const { value, done } = await pieces.next();
      if (done === true) break;
      for (const request of reader.read(value)) await hear(request);
      giveBack(value);
    }
    await work.allOver();
    if (work.failure !== null) throw work.failure;
    if (!reader.isAtBoundary || !due.isEmpty || small.isOpen) throw new PushProtocolError('it ends before it is whole');
    await folder.syncFolders();
    await say({ kind: 'done' });
  };

  const ended = Promise.withResolvers<void>();
  const own: RunningPush = {
    sender: stream.device.id,
    promised,
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
    if (!share.hasPlaceFor(own)) throw new StopPush('busy');
    await receive();
  } catch (error) {
    const reason = stopReasonOf(error);
    if (reason === null) throw error;
    if (!(error instanceof StopPush)) logger.error({ reason: errorMessage(error) }, 'folder for pushes cannot be used');
    small.clear();
    await work.allOver();
    await say({ kind: 'stop', reason });
  } finally {
    small.clear();
    await work.allOver();
    await due.close();
    share.pushes.delete(own);
    ended.resolve();
  }
};

/** What the sender is told about an error here; `null`: nothing, its stream is reset and it tries again. */
const stopReasonOf = (error: unknown): PushStop | null => {
  if (error instanceof StopPush) return error.reason;
  const isOfFolder = error instanceof FolderUnusableError || error instanceof NoNameError || isOfFileSystem(error);
  return isOfFolder ? 'storage' : null;
};

/** What the file system says names the call that failed, and streams say no such thing. */
const isOfFileSystem = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && typeof error.syscall === 'string';

/**
 * Nobody has these bytes any more: what is kept of them are copies. They would wait for the garbage to be collected, and of
 * a large file much waits together. A part of something larger is not this stream's alone.
 */
const giveBack = ({ buffer, byteLength }: Uint8Array): void => {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0);
};

const isReplaced = (earlier: BeginWord, later: BeginWord): boolean =>
  Buffer.compare(earlier.run, later.run) !== 0 || earlier.push === later.push;
