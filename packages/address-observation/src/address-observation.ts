import type { Actor, ActorComponents, AddressObservationChannel, Cancel, ObservedStanding } from '@bowline/contracts';
import { type AddressVerdict, askAgainAfterMs } from './address-verdict.ts';
import { askedAfter, NOBODY_ASKED } from './asked-observers.ts';
import { type ObservingRound, observingRound, type RoundOutcome } from './observing-round.ts';
import { type AddressObservationOptions, resolveAddressObservationOptions } from './options.ts';
import { retryAfterMs } from './retry-after.ts';
import { isSameList, seenAddresses } from './seen-addresses.ts';

/**
 * Keeps what others see of this device, and tells when observers are to be looked for and asked and what follows.
 *
 * The host starts it with the device, tells it where the device stands whenever it is ready and on every change, and does
 * what it says is due. It owns one timer for the next look, and one for the answers that are awaited.
 *
 * @throws {@link InvalidOptionError} at once.
 */
export const addressObservation = (input: Partial<AddressObservationOptions> = {}) => {
  const options = resolveAddressObservationOptions(input);
  return (components: ActorComponents<AddressObservationChannel>): Actor<AddressObservationChannel> => {
    const { clock, emit, random } = components;
    const logger = components.logger.child({ component: 'address-observation' });
    const seen = seenAddresses();
    let standing: ObservedStanding | undefined;
    /** `undefined` until the first has been told. */
    let told: AddressVerdict | undefined;
    let asked = NOBODY_ASKED;
    let failures = 0;
    let isStarted = false;
    let cancelTimer: Cancel = () => undefined;

    const verdict = (): AddressVerdict => seen.verdict(new Set(standing?.localIps));

    const judge = (): void => {
      // One that has just been started waits for its first answers: addresses that hold are not taken back for a moment.
      if (!isStarted || (told === undefined && round.isUnderWay)) return;
      const next = verdict();
      if (told !== undefined && told.nat === next.nat && isSameList(told.hold, next.hold)) return;
      told = next;
      logger.info({ addresses: next.hold, nat: next.nat }, 'outside addresses changed');
      emit('verdict.changed', { addresses: next.hold, nat: next.nat });
    };

    /** Where nobody was asked there is nobody to ask again, until the relay or the network is another one. */
    const onRoundEnded = (outcome: RoundOutcome, observerCount: number): void => {
      asked = askedAfter(asked, outcome, observerCount);
      failures = outcome === 'silent' || outcome === 'lost' ? failures + 1 : 0;
      judge();
      if (outcome === 'nobody') return;
      const againMs =
        outcome === 'answered'
          ? askAgainAfterMs(verdict(), standing?.port ?? null, options)
          : retryAfterMs(failures, options);
      cancelTimer = clock.setTimer(againMs, look, { unref: true });
    };

    const round: ObservingRound = observingRound({
      clock,
      random,
      answerTimeoutMs: options.answerTimeoutMs,
      search: (relayUrl) => emit('search.due', { relayUrl }),
      ask: (due) => emit('ask.due', due),
      onSeen: ({ observer, relayUrl, address }) =>
        seen.noteObserver(observer, { address, by: relayUrl, atMs: clock.nowMs() }),
      onEnded: onRoundEnded,
    });

    const look = (): void => {
      cancelTimer();
      if (!isStarted || standing === undefined) return;
      const { homeRelayUrl, port } = standing;
      round.begin(port === null ? null : homeRelayUrl, failures === 0);
    };

    /** What is under way asks a network, or a relay, that is not used any more. */
    const lookAnew = (): void => {
      failures = 0;
      round.forget();
      look();
    };

    return {
      start: async () => {
        isStarted = true;
        lookAnew();
      },
      stop: async () => {
        isStarted = false;
        cancelTimer();
        round.forget();
      },
      handlers: {
        setStanding: (next) => {
          const before = standing;
          standing = next;
          const isElsewhere = before === undefined || before.network !== next.network;
          if (isElsewhere) {
            seen.forget();
            asked = NOBODY_ASKED;
          }
          seen.setPeers(next.seenByPeers);
          const isLookDue = isElsewhere || before.homeRelayUrl !== next.homeRelayUrl || before.port !== next.port;
          if (isLookDue) lookAnew();
          judge();
        },
        lookAgain: () => lookAnew(),
        setObservers: ({ relayUrl, observers }) => round.setObservers(relayUrl, observers),
        noteAnswer: ({ askId, address }) => round.noteAnswer(askId, address),
        status: () => {
          const { hold, nat } = verdict();
          const observed = seen.list().map(({ address, by, atMs }) => ({ address, by, atMs }));
          return { observed, asked, addresses: hold, nat };
        },
      },
    };
  };
};
