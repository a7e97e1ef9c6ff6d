import { type PushAnswer, PushProtocolError } from '@bowline/push-protocol';
import { PushStoppedError } from './errors.ts';
import type { PushItem } from './push-item.ts';
import type { PushOffer } from './push-offer.ts';
import type { SendingProgress } from './sending-progress.ts';

/** A file whose bytes the receiver waits for, from an offset on. */
export interface TakenOffer {
  readonly offer: PushOffer;
  readonly offset: number;
}

interface AnsweredOffersComponents {
  readonly progress: SendingProgress;
  /** Offers a file once more, after those that wait. */
  readonly again: (item: PushItem) => void;
}

/** What was offered over one stream, and what the receiver has answered. */
export interface AnsweredOffers {
  /** Offers that no last answer has come for. */
  readonly openCount: number;
  /** Until the first answer a few files are offered, since all may be there. */
  readonly isAnswered: boolean;
  /** What was offered last was there already: its like is asked for before it is sent. */
  readonly isKnownThere: boolean;
  /** The receiver has said its last word. */
  readonly isDone: boolean;
  /** Answers the index that the offer is said with. */
  add(offer: PushOffer): number;
  /** @throws {@link PushStoppedError} when the receiver stops, {@link PushProtocolError} when it breaks a rule */
  hear(answer: PushAnswer): void;
  /** The next file to be sent. */
  nextTaken(): TakenOffer | undefined;
}

export const answeredOffers = ({ progress, again }: AnsweredOffersComponents): AnsweredOffers => {
  const open = new Map<number, PushOffer>();
  const taken: TakenOffer[] = [];
  let nextIndex = 0;
  let isAnswered = false;
  let isKnownThere = false;
  let isDone = false;

  const hear = (answer: PushAnswer): void => {
    if (answer.kind === 'stop') throw new PushStoppedError(answer.reason);
    if (answer.kind === 'done') {
      if (open.size > 0) throw new PushProtocolError('it is done before all files are');
      isDone = true;
      return;
    }
    const offer = open.get(answer.index);
    if (offer === undefined) throw new PushProtocolError('it answers for a file that was not offered');
    const { item } = offer;
    isAnswered = true;
    if (answer.kind === 'take') {
      if (answer.offset > item.sizeBytes || progress.isNoted(item) || offer.kind === 'small')
        throw new PushProtocolError('it takes what was not offered');
      isKnownThere = false;
      progress.note(item, answer.offset);
      taken.push({ offer, offset: answer.offset });
      return;
    }
    if (answer.kind === 'ask' && (offer.kind !== 'large' || progress.isNoted(item))) {
      throw new PushProtocolError('it asks for what it knows');
    }
    open.delete(answer.index);
    if (answer.kind === 'ask') {
      item.isAsked = true;
      again(item);
      return;
    }
    if (answer.kind === 'saved') {
      isKnownThere = answer.wasHere;
      progress.saved(item, answer.path);
      return;
    }
    progress.failed(item, answer.reason);
  };

  return {
    get openCount() {
      return open.size;
    },
    get isAnswered() {
      return isAnswered;
    },
    get isKnownThere() {
      return isKnownThere;
    },
    get isDone() {
      return isDone;
    },
    add: (offer) => {
      const index = nextIndex;
      nextIndex += 1;
      open.set(index, offer);
      return index;
    },
    hear,
    nextTaken: () => taken.shift(),
  };
};
