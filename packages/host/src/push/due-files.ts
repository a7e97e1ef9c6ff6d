import { errorMessage, type Logger } from '@bowline/contracts';
import { PushProtocolError } from '@bowline/push-protocol';
import { answerForEqual, removeLeftover } from './answer-for-equal.ts';
import type { BackgroundWork } from './background-work.ts';
import { type PartialFile, partialFile } from './partial-file.ts';
import type { FileOffer, ReceivedOffers } from './received-offers.ts';
import type { Destination, ReceivingFolder } from './receiving-folder.ts';
import type { PromisedRoom, ReceivingShare } from './receiving-share.ts';
import type { SpareRoom } from './spare-room.ts';
import { StopPush } from './stop-push.ts';

interface DueFile {
  readonly index: number;
  readonly destination: Destination;
  readonly partial: PartialFile;
  /** Where it is said after the last byte, it is `null` until then. */
  readonly hash: Uint8Array | null;
}

interface DueFilesComponents {
  readonly folder: ReceivingFolder;
  readonly share: ReceivingShare;
  readonly promised: PromisedRoom;
  readonly room: SpareRoom;
  readonly offers: ReceivedOffers;
  readonly work: BackgroundWork;
  readonly logger: Logger;
}

/** The files of one push that were taken, and whose bytes come in the order in which they were: they are due to the first. */
export interface DueFiles {
  readonly isEmpty: boolean;
  /** Takes a file that was noted, or answers for it. @throws {@link StopPush} when there is no room for it */
  take(offer: FileOffer): Promise<void>;
  /** Bytes of the first. @throws {@link StopPush} when they cannot be written */
  write(bytes: Uint8Array): Promise<void>;
  /** The hash of the first, which has all its bytes. */
  finishWith(hash: Uint8Array): Promise<void>;
  /** The sender gives up the first. */
  abandon(): Promise<void>;
  /** Closes all; what is there of them stays for the next time. */
  close(): Promise<void>;
}

export const dueFiles = (components: DueFilesComponents): DueFiles => {
  const { folder, share, promised, room, offers, work, logger } = components;
  const due: DueFile[] = [];

  const release = ({ partial }: DueFile, stillPromised: number): void => {
    share.inUse.delete(partial.path);
    promised.bytes -= stillPromised;
  };

  const finish = async (file: DueFile, hash: Uint8Array): Promise<void> => {
    const { index, destination, partial } = file;
    try {
      if (!(await partial.finish(hash))) {
        await offers.changed(index);
        return;
      }
      const path = await folder.save(partial.path, destination);
      await offers.saved(index, path, false);
    } catch (error) {
      await partial.discard().catch(() => undefined);
      await offers.fail(index, error);
    } finally {
      release(file, 0);
    }
  };

  const take = async (offer: FileOffer): Promise<void> => {
    const { index, path, sizeBytes } = offer;
    const destination = await folder.destinationOf(path);
    if (offer.kind === 'file' && (await answerForEqual(offer, destination, components))) return;
    if (offer.kind === 'large' && (await folder.findOfSize(destination, sizeBytes))) {
      await removeLeftover(folder.partialPath(destination, offer.mark), share);
      await offers.ask(offer);
      return;
    }
    const hash = offer.kind === 'file' ? offer.hash : null;
    const partialPath = share.reserve(folder.partialPath(destination, offer.kind === 'file' ? offer.hash : offer.mark));
    try {
      const partial = await partialFile(partialPath, sizeBytes);
      const { missingBytes } = partial;
      if (!(await room.has(missingBytes))) throw new StopPush('no-room');
      promised.bytes += missingBytes;
      const file = { index, destination, partial, hash };
      if (missingBytes === 0 && hash !== null) {
        await work.beginInBounds(() => finish(file, hash));
        return;
      }
      due.push(file);
      await offers.take(index, partial.offset);
    } catch (error) {
      if (!due.some(({ partial }) => partial.path === partialPath)) share.inUse.delete(partialPath);
      throw error;
    }
  };

  return {
    get isEmpty() {
      return due.length === 0;
    },
    take: async (offer) => {
      try {
        await take(offer);
      } catch (error) {
        if (error instanceof StopPush || work.failure !== null) throw error;
        await offers.fail(offer.index, error);
      }
    },
    write: async (bytes) => {
      const [file] = due;
      if (file === undefined || bytes.byteLength > file.partial.missingBytes) {
        throw new PushProtocolError('more bytes come than were offered');
      }
      if (!(await room.isLeftFor(bytes.byteLength))) throw new StopPush('no-room');
      try {
        await file.partial.write(bytes);
        if (file.partial.missingBytes === 0) await file.partial.flush();
      } catch (error) {
        // A disk that is full or broken is so for the files behind it, too.
        logger.error({ reason: errorMessage(error) }, 'pushed file not written');
        throw new StopPush('no-room');
      }
      promised.bytes -= bytes.byteLength;
      const { hash } = file;
      if (file.partial.missingBytes > 0 || hash === null) return;
      due.shift();
      await work.beginInBounds(() => finish(file, hash));
    },
    finishWith: async (hash) => {
      const [file] = due;
      if (file === undefined || file.hash !== null || file.partial.missingBytes > 0) {
        throw new PushProtocolError('a hash is said that is not due');
      }
      due.shift();
      await work.beginInBounds(() => finish(file, hash));
    },
    abandon: async () => {
      const file = due.shift();
      if (file === undefined) throw new PushProtocolError('a file is abandoned that is not due');
      release(file, file.partial.missingBytes);
      await file.partial.discard();
      await offers.changed(file.index);
    },
    close: async () => {
      for (const file of due) {
        release(file, file.partial.missingBytes);
        await file.partial.close().catch(() => undefined);
      }
    },
  };
};
