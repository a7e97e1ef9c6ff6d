import { effectiveTier, type PolicyRelay, relayHost } from './policy-relay.ts';
import {
  bestOf,
  comparableLatencyMs,
  healthOf,
  isClearlyFaster,
  isUsable,
  type RelayView,
} from './relay-comparison.ts';
import type { Challenger, RelayDecision, RelayDecisionCause } from './relay-decision.ts';

/** The part of a decision that is about home. */
export interface HomeChoice {
  readonly home: PolicyRelay | null;
  readonly cause: RelayDecisionCause;
  readonly reason: string;
  readonly challenger: Challenger | null;
  readonly homeLostAtMs: number | null;
}

/**
 * How long a home that does not work stays home while nothing else works, milliseconds. A relay restarted at once is
 * back well within it, and telling peers twice about a blink would cost more than it gives.
 */
const HOME_GRACE_MS = 5_000;

/** Most doublings of the time a relay of a better tier has to stay connected. */
const MAX_STABILITY_DOUBLINGS = 5;

export const chooseHome = (view: RelayView, previous: RelayDecision | null, nowMs: number): HomeChoice => {
  if (view.relays.length === 0) return homeless('disabled', 'No relay is configured: this device is on the LAN only.');
  const usable = view.relays.filter((relay) => isUsable(view, relay));
  const best = bestOf(view, usable);
  const current = view.relays.find((relay) => relay.url === previous?.home);
  if (current !== undefined && usable.includes(current)) return keepOrMove(view, current, usable, previous, nowMs);
  if (best !== undefined) return adopt(best, adoptionCause(previous, current), previous);
  if (current === undefined) return homeless('none', 'No relay is connected.');
  const homeLostAtMs = previous?.homeLostAtMs ?? nowMs;
  if (nowMs - homeLostAtMs >= HOME_GRACE_MS) {
    return homeless('none', `${relayHost(current.url)} stopped working, and no other relay is connected.`);
  }
  const reason = `${relayHost(current.url)} is not connected, and no other relay is.`;
  return { home: current, cause: 'waiting', reason, challenger: null, homeLostAtMs };
};

const homeless = (cause: RelayDecisionCause, reason: string): HomeChoice => ({
  home: null,
  cause,
  reason,
  challenger: null,
  homeLostAtMs: null,
});

const adoptionCause = (previous: RelayDecision | null, current: PolicyRelay | undefined): RelayDecisionCause => {
  if (previous === null || previous.home === null) return 'first';
  return current === undefined ? 'removed' : 'down';
};

const adopt = (relay: PolicyRelay, cause: RelayDecisionCause, previous: RelayDecision | null): HomeChoice => {
  const host = relayHost(relay.url);
  const old = previous?.home ? relayHost(previous.home) : '';
  const reasons: Partial<Record<RelayDecisionCause, string>> = {
    first: `${host} is the best relay that is connected.`,
    removed: `${old} is no longer configured; ${host} is the best relay that is connected.`,
    down: `${old} stopped working; ${host} took over.`,
  };
  return { home: relay, cause, reason: reasons[cause] ?? '', challenger: null, homeLostAtMs: null };
};

const keepOrMove = (
  view: RelayView,
  current: PolicyRelay,
  usable: readonly PolicyRelay[],
  previous: RelayDecision | null,
  nowMs: number,
): HomeChoice => {
  const better = usable.filter(
    (relay) => effectiveTier(relay) < effectiveTier(current) && isStable(view, relay, nowMs),
  );
  const betterTier = bestOf(view, better);
  if (betterTier !== undefined) return moveUp(current, betterTier);
  const faster = usable.filter(
    (relay) => effectiveTier(relay) === effectiveTier(current) && isClearlyFaster(view, relay, current),
  );
  const rival = faster.find((relay) => relay.url === previous?.challenger?.url) ?? bestOf(view, faster);
  if (rival === undefined) return keep(current, previous, null);
  const isSameRival = previous?.challenger?.url === rival.url;
  const sinceMs = isSameRival && previous?.challenger ? previous.challenger.sinceMs : nowMs;
  if (nowMs - sinceMs < view.options.fasterForMs) return keep(current, previous, { url: rival.url, sinceMs });
  return moveToFaster(view, current, rival);
};

const keep = (relay: PolicyRelay, previous: RelayDecision | null, challenger: Challenger | null): HomeChoice => ({
  home: relay,
  cause: 'kept',
  // The same sentence for hours: to find the host of a URL costs more than all else of the decision.
  reason:
    previous?.cause === 'kept' && previous.home === relay.url
      ? previous.reason
      : `${relayHost(relay.url)} works, and no other relay is clearly better.`,
  challenger,
  homeLostAtMs: null,
});

/** Connected for long enough; every recent loss doubles what is enough, so that an unsteady relay does not pull home to and fro. */
const isStable = (view: RelayView, relay: PolicyRelay, nowMs: number): boolean => {
  const { connectedSinceMs, recentLosses } = healthOf(view, relay.url);
  if (connectedSinceMs === null) return false;
  const neededMs = view.options.stableForMs * 2 ** Math.min(recentLosses, MAX_STABILITY_DOUBLINGS);
  return nowMs - connectedSinceMs >= neededMs;
};

const moveUp = (current: PolicyRelay, relay: PolicyRelay): HomeChoice => {
  const [host, old] = [relayHost(relay.url), relayHost(current.url)];
  const isPin = relay.pinned === true;
  return {
    home: relay,
    cause: isPin ? 'pin' : 'tier',
    reason: isPin
      ? `${host} is pinned and works.`
      : `${host} works steadily and is preferred to ${old} whatever their latencies (tier ${relay.tier} before ${current.tier}).`,
    challenger: null,
    homeLostAtMs: null,
  };
};

const moveToFaster = (view: RelayView, current: PolicyRelay, relay: PolicyRelay): HomeChoice => {
  const milliseconds = (of: PolicyRelay): string => `${Math.round(comparableLatencyMs(view, of) ?? 0)} ms`;
  return {
    home: relay,
    cause: 'faster',
    reason: `${relayHost(relay.url)} answers in ${milliseconds(relay)}, ${relayHost(current.url)} in ${milliseconds(current)}.`,
    challenger: null,
    homeLostAtMs: null,
  };
};
