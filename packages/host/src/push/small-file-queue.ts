import { PushProtocolError } from '@bowline/push-protocol';
import type { BackgroundWork } from './background-work.ts';
import type { SmallOffer } from './received-offers.ts';
import type { SmallFileSaver, WholeSmallFile } from './small-file-saver.ts';

/** Small files that are put on the disk in one go, how often that is done at once, and how many wait for it. */
const MAX_TOGETHER = 32;
const MAX_SAVING = 2;
const MAX_WAITING = 64;

/** A small file, whose bytes follow its offer. */
interface OpenSmallFile {
  readonly offer: SmallOffer;
  readonly pieces: Uint8Array[];
  missingBytes: number;
}

interface SmallFileQueueComponents {
  readonly saver: SmallFileSaver;
  readonly work: BackgroundWork;
}

/** The small files of one push: the one whose bytes come, and those that wait to be saved. */
export interface SmallFileQueue {
  /** Whether bytes of a small file are missing: nothing else may be said before they are. */
  readonly isOpen: boolean;
  /** Begins a file that was noted. */
  open(offer: SmallOffer): Promise<void>;
  /** Bytes of the file that is open; resolves when more may wait. */
  write(bytes: Uint8Array): Promise<void>;
  /** What waits is not saved any more. */
  clear(): void;
}

export const smallFileQueue = ({ saver, work }: SmallFileQueueComponents): SmallFileQueue => {
  const waiting: WholeSmallFile[] = [];
  let saving = 0;
  let current: OpenSmallFile | null = null;

  /** What waits is saved, as much at once as has come while the last was saved. */
  const saveWaiting = (): void => {
    while (saving < MAX_SAVING && waiting.length > 0) {
      const files = waiting.splice(0, MAX_TOGETHER);
      saving += 1;
      work.begin(async () => {
        try {
          await saver.saveTogether(files);
        } finally {
          saving -= 1;
          saveWaiting();
        }
      });
    }
  };

  const write = async (bytes: Uint8Array): Promise<void> => {
    if (current === null || bytes.byteLength > current.missingBytes) {
      throw new PushProtocolError('more bytes come than were offered');
    }
    const { offer, pieces } = current;
    current.missingBytes -= bytes.byteLength;
    // It waits, and is a part of something larger that came with it.
    pieces.push(new Uint8Array(bytes));
    if (current.missingBytes > 0) return;
    current = null;
    waiting.push({ offer, content: pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces) });
    saveWaiting();
    while (waiting.length >= MAX_WAITING) await work.oneOver();
  };

  return {
    get isOpen() {
      return current !== null;
    },
    open: async (offer) => {
      current = { offer, pieces: [], missingBytes: offer.sizeBytes };
      if (offer.sizeBytes === 0) await write(new Uint8Array());
    },
    write,
    clear: () => {
      waiting.length = 0;
    },
  };
};
