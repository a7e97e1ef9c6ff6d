import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { SmallFileJobs } from '../finite-jobs.ts';
import { answerForEqual } from './answer-for-equal.ts';
import type { ReceivedOffers, SmallOffer } from './received-offers.ts';
import type { Destination, ReceivingFolder } from './receiving-folder.ts';
import type { ReceivingShare } from './receiving-share.ts';
import type { SpareRoom } from './spare-room.ts';
import { StopPush } from './stop-push.ts';
import { writeSmallFile } from './write-small-file.ts';

/** A small file whose bytes have all come. */
export interface WholeSmallFile {
  readonly offer: SmallOffer;
  readonly content: Uint8Array;
}

/** A small file, and where it goes. */
interface PlacedFile {
  readonly file: WholeSmallFile;
  readonly destination: Destination;
  readonly partialPath: string;
}

interface SmallFileSaverComponents {
  readonly folder: ReceivingFolder;
  readonly share: ReceivingShare;
  readonly room: SpareRoom;
  readonly offers: ReceivedOffers;
  readonly jobs: Pick<SmallFileJobs, 'saveSmallFiles'>;
}

/** Puts small files of one push on the disk, and answers for them. */
export interface SmallFileSaver {
  /** Saves them in one go. @throws {@link StopPush} when there is no room */
  saveTogether(files: readonly WholeSmallFile[]): Promise<void>;
}

export const smallFileSaver = (components: SmallFileSaverComponents): SmallFileSaver => {
  const { folder, share, room, offers, jobs } = components;
  const inTurn = new Map<string, Promise<void>>();

  const saveHere = async ({ offer, content }: WholeSmallFile): Promise<void> => {
    const { index, path, sizeBytes, hash } = offer;
    let reserved: string | null = null;
    try {
      const destination = await folder.destinationOf(path);
      if (!createHash('sha256').update(content).digest().equals(hash)) {
        await offers.changed(index);
        return;
      }
      if (await answerForEqual(offer, destination, components)) return;
      if (!(await room.has(sizeBytes))) throw new StopPush('no-room');
      reserved = share.reserve(folder.partialPath(destination, hash));
      await writeSmallFile(reserved, content);
      const saved = await folder.save(reserved, destination);
      await offers.saved(index, saved, false);
    } catch (error) {
      if (error instanceof StopPush) throw error;
      if (reserved !== null) await rm(reserved, { force: true }).catch(() => undefined);
      await offers.fail(index, error);
    } finally {
      if (reserved !== null) share.inUse.delete(reserved);
    }
  };

  /** Of files with one path each is saved when the one before is there, since it may be the same. */
  const saveInTurn = async (file: WholeSmallFile): Promise<void> => {
    const place = file.offer.path.join('/');
    const own = (inTurn.get(place) ?? Promise.resolve()).then(() => saveHere(file));
    inTurn.set(place, own);
    try {
      await own;
    } finally {
      if (inTurn.get(place) === own) inTurn.delete(place);
    }
  };

  /** Where a file can lie until it is whole. `null` where it was answered for. */
  const place = async (file: WholeSmallFile): Promise<PlacedFile | null> => {
    const { index, path, sizeBytes, hash } = file.offer;
    try {
      const destination = await folder.destinationOf(path);
      if (!(await room.has(sizeBytes))) throw new StopPush('no-room');
      return { file, destination, partialPath: share.reserve(folder.partialPath(destination, hash)) };
    } catch (error) {
      if (error instanceof StopPush) throw error;
      await offers.fail(index, error);
      return null;
    }
  };

  return {
    saveTogether: async (files) => {
      const placed: PlacedFile[] = [];
      let released = 0;
      try {
        for (const file of files) {
          const found = await place(file);
          if (found !== null) placed.push(found);
        }
        const outcomes = await jobs
          .saveSmallFiles(
            placed.map(({ file, destination, partialPath }) => ({
              partialPath,
              path: folder.placeOf(destination),
              content: file.content,
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
          else if (outcome === 'changed') await offers.changed(index);
          else {
            folder.noteSaved(destination);
            await offers.saved(index, [...destination.folder, destination.name], false);
          }
        }
      } finally {
        for (const { partialPath } of placed.slice(released)) share.inUse.delete(partialPath);
      }
    },
  };
};
