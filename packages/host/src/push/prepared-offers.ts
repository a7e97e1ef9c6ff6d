import { errorMessage } from '@bowline/contracts';
import { MAX_SMALL_FILE_BYTES, MAX_UNSETTLED_FILES } from '@bowline/push-protocol';
import type { SmallFileJobs } from '../finite-jobs.ts';
import type { AnsweredOffers } from './answered-offers.ts';
import type { PushItem } from './push-item.ts';
import { isSmall, type PushOffer, preparePushOffer } from './push-offer.ts';
import type { SendingProgress } from './sending-progress.ts';

/** Small files that are read in one go: a trip to a thread costs as much as to read some of them. */
const MAX_TOGETHER = 32;

/** From so many files that are read, or wait to be offered, on no more are read. */
const MAX_READING = 33;
const MAX_READY = 64;

interface PreparedOffersComponents {
  /** To be offered one after the other. What is to be offered once more is added at its end. */
  readonly files: readonly PushItem[];
  /** Whether the receiver takes files whose hash it is not told before. */
  readonly takesUnhashed: boolean;
  readonly answered: AnsweredOffers;
  readonly progress: SendingProgress;
  readonly jobs: Pick<SmallFileJobs, 'readSmallFiles'>;
  /** Hears that files were prepared, or given up. */
  readonly onPrepared: () => void;
  readonly onBroken: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Reads of the files of one push, ahead of the receiver's answers, what has to be known to offer them. */
export interface PreparedOffers {
  /** Whether all files were prepared, or given up. */
  readonly isOver: boolean;
  readonly hasReady: boolean;
  /** Small files are read many at a time; a large one is hashed, where it has to be, while another one is on its way. */
  prepareMore(): void;
  takeReady(): PushOffer | undefined;
}

export const preparedOffers = (components: PreparedOffersComponents): PreparedOffers => {
  const { files, takesUnhashed, answered, progress, jobs, onPrepared, onBroken, signal } = components;
  const ready: PushOffer[] = [];
  /** The next of `files` to be prepared. */
  let nextFile = 0;
  let preparing = 0;

  /** Prepares a file to be offered. One that cannot be read is given up. */
  const prepare = async (item: PushItem): Promise<void> => {
    const { isKnownThere } = answered;
    try {
      const offer = await preparePushOffer(item, { takesUnhashed, isKnownThere, signal });
      if (offer === null) progress.failed(item, 'changed');
      else ready.push(offer);
    } catch (error) {
      if (!signal.aborted) progress.unreadable(item, errorMessage(error));
    }
  };

  const unsettledCount = (): number => answered.openCount + ready.length + preparing;

  /** The files that are read at once: small ones that follow each other, or one. */
  const takeTogether = (): readonly PushItem[] => {
    const from = nextFile;
    const isToBeSaid = (item: PushItem | undefined): boolean =>
      item !== undefined && item.hash === null && takesUnhashed && !answered.isKnownThere && isSmall(item);
    const most = Math.min(MAX_TOGETHER, MAX_UNSETTLED_FILES - unsettledCount());
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

  return {
    get isOver() {
      return preparing === 0 && ready.length === 0 && nextFile === files.length;
    },
    get hasReady() {
      return ready.length > 0;
    },
    prepareMore: () => {
      for (let next = files[nextFile]; next !== undefined; next = files[nextFile]) {
        if (unsettledCount() >= (answered.isAnswered ? MAX_UNSETTLED_FILES : MAX_TOGETHER)) return;
        if (preparing >= (isSmall(next) ? MAX_READING : 1) || ready.length >= (isSmall(next) ? MAX_READY : 1)) return;
        const together = takeTogether();
        preparing += together.length;
        const settled = (): void => {
          preparing -= together.length;
          onPrepared();
        };
        void prepareAll(together).catch(onBroken).then(settled);
      }
    },
    takeReady: () => ready.shift(),
  };
};
