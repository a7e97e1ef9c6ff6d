import { errorMessage, type Logger } from '@bowline/contracts';
import {
  MAX_PUSH_FILES,
  MAX_UNSETTLED_FILES,
  type PushAnswer,
  type PushFailure,
  PushProtocolError,
  type PushRequest,
} from '@bowline/push-protocol';
import { NoNameError } from './receiving-folder.ts';
import { StopPush } from './stop-push.ts';

/** A file whose bytes come when it is taken. */
export type FileOffer = Extract<PushRequest, { kind: 'file' | 'large' }>;

/** One of them whose hash is said before its bytes. */
export type HashedOffer = Extract<PushRequest, { kind: 'file' }>;

/** A file whose bytes follow its offer. */
export type SmallOffer = Extract<PushRequest, { kind: 'small' }>;

interface ReceivedOffersComponents {
  /** Most bytes of one push. */
  readonly maxBytes: number;
  readonly say: (answer: PushAnswer) => Promise<void>;
  readonly logger: Logger;
}

/** The files that one push has offered, within its bounds, and what is answered for them. */
export interface ReceivedOffers {
  /** @throws {@link PushProtocolError} when it is not the next or too many are open, {@link StopPush} for too many bytes */
  note(offer: FileOffer | SmallOffer): void;
  /** The sender is to say the bytes from there on. */
  take(index: number, offset: number): Promise<void>;
  /** The sender is to offer the file by its hash. */
  ask(offer: FileOffer): Promise<void>;
  saved(index: number, path: readonly string[], wasHere: boolean): Promise<void>;
  /** The bytes are not what was offered. */
  changed(index: number): Promise<void>;
  /** The file is not saved because of an error here. */
  fail(index: number, error: unknown): Promise<void>;
}

export const receivedOffers = ({ maxBytes, say, logger }: ReceivedOffersComponents): ReceivedOffers => {
  let offered = 0;
  let offeredBytes = 0;
  let unsettled = 0;

  const settle = async (answer: Extract<PushAnswer, { kind: 'saved' | 'failed' }>): Promise<void> => {
    unsettled -= 1;
    await say(answer);
  };
  const failed = (index: number, reason: PushFailure): Promise<void> => settle({ kind: 'failed', index, reason });

  return {
    note: (offer) => {
      if (offer.index !== offered || offered > 4 * MAX_PUSH_FILES)
        throw new PushProtocolError('an offer has a wrong index');
      offered += 1;
      unsettled += 1;
      if (unsettled > MAX_UNSETTLED_FILES) throw new PushProtocolError('too many files are offered at once');
      offeredBytes += offer.sizeBytes;
      if (offeredBytes > maxBytes) throw new StopPush('too-large');
    },
    take: (index, offset) => say({ kind: 'take', index, offset }),
    ask: async ({ index, sizeBytes }) => {
      unsettled -= 1;
      offeredBytes -= sizeBytes;
      await say({ kind: 'ask', index });
    },
    saved: (index, path, wasHere) => settle({ kind: 'saved', index, path, wasHere }),
    changed: (index) => failed(index, 'changed'),
    fail: async (index, error) => {
      logger.warn({ reason: errorMessage(error) }, 'pushed file not saved');
      await failed(index, error instanceof NoNameError ? 'name' : 'storage');
    },
  };
};
