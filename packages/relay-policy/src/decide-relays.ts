import type { RelayUrl } from '@bowline/contracts';
import { chooseHome, type HomeChoice } from './choose-home.ts';
import type { RelayPolicyOptions } from './options.ts';
import { effectiveTier, type PolicyRelay, type RelayHealth } from './policy-relay.ts';
import { bestOf, healthOf, isClearlyFaster, isUsable, preferenceOrder, type RelayView } from './relay-comparison.ts';
import type { RelayDecision } from './relay-decision.ts';

/** What one decision is made from. */
export interface RelayPolicyInput {
  /** The relays of this device in the person's order; empty means LAN only. */
  readonly relays: readonly PolicyRelay[];
  readonly health: ReadonlyMap<RelayUrl, RelayHealth>;
  /** The last decision; `null` at the start. */
  readonly previous: RelayDecision | null;
  /** Monotonic milliseconds. */
  readonly nowMs: number;
  /** Tells this device from others when load is spread, e.g. its endpoint id. */
  readonly spreadKey: string;
  readonly options: RelayPolicyOptions;
}

/** Most relays logged in to at once for this device's own presence, while no home is found or for measuring. */
const MAX_HELD_RELAYS = 8;

/**
 * Decides which relay is home, which stand by and which are to be measured. Pure: the same input gives the same answer.
 *
 * It is to be asked again after every change of a relay's state, after every measured round trip, and whenever the
 * list changes; being asked more often changes nothing.
 */
export const decideRelays = (input: RelayPolicyInput): RelayDecision => {
  const view: RelayView = input;
  const choice = chooseHome(view, input.previous, input.nowMs);
  const home = choice.home;
  if (home === null || choice.cause === 'waiting') {
    const anyOther = input.relays.filter((relay) => relay !== home);
    return answer(view, choice, [], preferenceOrder(view, anyOther).slice(0, MAX_HELD_RELAYS));
  }
  const others = input.relays.filter((relay) => relay !== home);
  const standby = chooseStandby(view, others, input.previous?.standby ?? []);
  const spare = others.filter((relay) => !standby.includes(relay));
  return answer(view, choice, standby, chooseMeasured(view, home, spare, input.nowMs));
};

const answer = (
  view: RelayView,
  choice: HomeChoice,
  standby: readonly PolicyRelay[],
  measure: readonly PolicyRelay[],
): RelayDecision => ({
  home: choice.home?.url ?? null,
  standby: standby.map((relay) => relay.url),
  measure: measure.map((relay) => relay.url),
  cause: choice.cause,
  reason: choice.reason,
  challenger: choice.challenger,
  homeLostAtMs: choice.homeLostAtMs,
  isSettled: isSettled(view, choice),
});

/** A home that is gone, a faster relay and one of a better tier are given seconds before anything follows from them. */
const isSettled = (view: RelayView, { home, cause, challenger }: HomeChoice): boolean => {
  if (cause === 'waiting' || challenger !== null) return false;
  if (home === null) return true;
  return !view.relays.some((relay) => isUsable(view, relay) && effectiveTier(relay) < effectiveTier(home));
};

/** Working relays first, keeping those that stand by already unless another is of a better tier or clearly faster. */
const chooseStandby = (
  view: RelayView,
  others: readonly PolicyRelay[],
  previous: readonly RelayUrl[],
): readonly PolicyRelay[] => {
  const chosen: PolicyRelay[] = [];
  const untriedFirst = preferenceOrder(
    view,
    others.filter((relay) => !isUsable(view, relay)),
  ).toSorted((left, right) => failureRank(view, left) - failureRank(view, right));
  while (chosen.length < view.options.standbyCount) {
    const open = others.filter((relay) => !chosen.includes(relay));
    const usable = open.filter((relay) => isUsable(view, relay));
    const best = bestOf(view, usable) ?? untriedFirst.find((relay) => open.includes(relay));
    if (best === undefined) break;
    const incumbent = usable.find(
      (relay) =>
        previous[chosen.length] === relay.url &&
        effectiveTier(relay) === effectiveTier(best) &&
        !isClearlyFaster(view, best, relay),
    );
    chosen.push(incumbent ?? best);
  }
  return chosen;
};

/** A relay that was not tried yet comes before one that just failed. */
const failureRank = (view: RelayView, relay: PolicyRelay): number =>
  healthOf(view, relay.url).state === 'down' ? 1 : 0;

/** Better tiers are always tried, so that they are noticed when they work; equals of home are measured now and then. */
const chooseMeasured = (
  view: RelayView,
  home: PolicyRelay,
  spare: readonly PolicyRelay[],
  nowMs: number,
): readonly PolicyRelay[] => {
  const better = spare.filter((relay) => effectiveTier(relay) < effectiveTier(home));
  const equals = spare.filter(
    (relay) => effectiveTier(relay) === effectiveTier(home) && isDueForMeasuring(view, relay, nowMs),
  );
  return [
    ...preferenceOrder(view, better).slice(0, MAX_HELD_RELAYS),
    ...preferenceOrder(view, equals).slice(0, view.options.measuringCount),
  ];
};

const isDueForMeasuring = (view: RelayView, relay: PolicyRelay, nowMs: number): boolean => {
  const { state, latencies, triedAtMs } = healthOf(view, relay.url);
  const isUnderWay = state === 'connected' && latencies.samplesMs.length < view.options.minimumSamples;
  if (isUnderWay || triedAtMs === null) return true;
  return nowMs - triedAtMs >= view.options.measureEveryMs;
};
