import { type AskedObservers, assertNever } from '@bowline/contracts';
import type { RoundOutcome } from './observing-round.ts';

export const NOBODY_ASKED: AskedObservers = Object.freeze({ hasObserver: false, silentCount: 0, hasAnswered: false });

/** What is known of the observers after one more round, in which so many were asked. A relay that did not say who they are says nothing of them. */
export const askedAfter = (asked: AskedObservers, outcome: RoundOutcome, observerCount: number): AskedObservers => {
  switch (outcome) {
    case 'nobody':
      return NOBODY_ASKED;
    case 'lost':
      return asked;
    case 'answered':
      return { hasObserver: true, silentCount: 0, hasAnswered: true };
    case 'silent':
      return { ...asked, hasObserver: true, silentCount: asked.silentCount + observerCount };
    default:
      return assertNever(outcome);
  }
};
