import type { Cancel, Clock, Random, RelayObserver, RelayUrl, SocketAddress } from '@bowline/contracts';

/** One observer to ask. */
export interface DueAsk {
  readonly askId: string;
  readonly relayUrl: RelayUrl;
  readonly observer: RelayObserver;
}

/** What an observer saw. */
export interface SeenByObserver {
  readonly observer: string;
  readonly relayUrl: RelayUrl;
  readonly address: SocketAddress;
}

/** `nobody`: there is no relay, or it has no observers. `lost`: the relay did not say. `silent`: no observer answered. */
export type RoundOutcome = 'answered' | 'silent' | 'lost' | 'nobody';

/** What a round needs. */
export interface RoundComponents {
  readonly clock: Clock;
  readonly random: Random;
  readonly answerTimeoutMs: number;
  readonly search: (relayUrl: RelayUrl) => void;
  readonly ask: (due: DueAsk) => void;
  readonly onSeen: (seen: SeenByObserver) => void;
  /** Told once for each round that was not given up. @param observerCount how many were asked */
  readonly onEnded: (outcome: RoundOutcome, observerCount: number) => void;
}

/** Looks for the observers beside a relay, unless they are known, and asks them all at once. One round at a time. */
export interface ObservingRound {
  readonly isUnderWay: boolean;
  /** @param mayReuse whether the observers that answered last may be asked again without looking for them */
  begin(relayUrl: RelayUrl | null, mayReuse: boolean): void;
  /** Ignored unless they are being looked for. */
  setObservers(relayUrl: RelayUrl, observers: readonly RelayObserver[] | null): void;
  /** Ignored unless it was asked in this round. */
  noteAnswer(askId: string, address: SocketAddress | null): void;
  /** Gives up what is under way, and the observers that are known. */
  forget(): void;
}

/** Observers asked at once: as many as tell a symmetric NAT from others. */
const ASKED_OBSERVERS = 2;

/** Drawn, not counted: an answer to an actor that was started again is not taken for one to this. */
const newAskId = (random: Random): string => Buffer.from(random.bytes(8)).toString('hex');

export const observingRound = (components: RoundComponents): ObservingRound => {
  const { clock, random, answerTimeoutMs, search, ask, onSeen, onEnded } = components;
  let known: { readonly relayUrl: RelayUrl; readonly observers: readonly RelayObserver[] } | null = null;
  let searched: RelayUrl | null = null;
  const asked = new Map<string, DueAsk>();
  let observerCount = 0;
  let isAnswered = false;
  let isUnderWay = false;
  let cancelTimeout: Cancel = () => undefined;

  const giveUp = (): void => {
    cancelTimeout();
    searched = null;
    asked.clear();
    observerCount = 0;
    isAnswered = false;
    isUnderWay = false;
  };

  const end = (outcome: RoundOutcome): void => {
    const count = observerCount;
    giveUp();
    onEnded(outcome, count);
  };

  const outcomeSoFar = (): RoundOutcome => {
    if (searched !== null) return 'lost';
    return isAnswered ? 'answered' : 'silent';
  };

  const awaitAnswers = (): void => {
    cancelTimeout();
    cancelTimeout = clock.setTimer(answerTimeoutMs, () => end(outcomeSoFar()), { unref: true });
  };

  const askAll = ({ relayUrl, observers }: NonNullable<typeof known>): void => {
    if (observers.length === 0) {
      end('nobody');
      return;
    }
    const due = observers.map((observer) => ({ askId: newAskId(random), relayUrl, observer }));
    observerCount = due.length;
    for (const each of due) asked.set(each.askId, each);
    awaitAnswers();
    // Whoever is told may answer at once, and even give the round up.
    for (const each of due) if (asked.has(each.askId)) ask(each);
  };

  return {
    get isUnderWay() {
      return isUnderWay;
    },
    begin: (relayUrl, mayReuse) => {
      giveUp();
      isUnderWay = true;
      if (relayUrl === null) end('nobody');
      else if (mayReuse && known?.relayUrl === relayUrl) askAll(known);
      else {
        searched = relayUrl;
        awaitAnswers();
        search(relayUrl);
      }
    },
    setObservers: (relayUrl, observers) => {
      if (searched !== relayUrl) return;
      searched = null;
      known = observers === null ? null : { relayUrl, observers: observers.slice(0, ASKED_OBSERVERS) };
      if (known === null) end('lost');
      else askAll(known);
    },
    noteAnswer: (askId, address) => {
      const due = asked.get(askId);
      if (due === undefined) return;
      asked.delete(askId);
      const { relayUrl, observer } = due;
      if (address !== null) {
        isAnswered = true;
        onSeen({ observer: observer.endpointId, relayUrl, address });
      }
      if (asked.size === 0) end(outcomeSoFar());
    },
    forget: () => {
      giveUp();
      known = null;
    },
  };
};
