import type { RelayUrl } from '@bowline/contracts';
import { medianLatencyMs } from './latency-window.ts';
import type { RelayPolicyOptions } from './options.ts';
import { effectiveTier, type PolicyRelay, type RelayHealth, UNKNOWN_RELAY_HEALTH } from './policy-relay.ts';
import { spreadOrder } from './spread-order.ts';

/** Everything a comparison of relays looks at. */
export interface RelayView {
  readonly relays: readonly PolicyRelay[];
  readonly health: ReadonlyMap<RelayUrl, RelayHealth>;
  readonly spreadKey: string;
  readonly options: RelayPolicyOptions;
}

export const healthOf = (view: RelayView, url: RelayUrl): RelayHealth => view.health.get(url) ?? UNKNOWN_RELAY_HEALTH;

export const isUsable = (view: RelayView, relay: PolicyRelay): boolean =>
  healthOf(view, relay.url).state === 'connected';

/** Median latency, or `null` while too few samples exist to compare it with another relay's. */
export const comparableLatencyMs = (view: RelayView, relay: PolicyRelay): number | null => {
  const { latencies } = healthOf(view, relay.url);
  return latencies.samplesMs.length < view.options.minimumSamples ? null : medianLatencyMs(latencies);
};

/** Whether `left` is better than `right` by both the share and the milliseconds the options ask for. */
export const isClearlyFaster = (view: RelayView, left: PolicyRelay, right: PolicyRelay): boolean => {
  const leftMs = comparableLatencyMs(view, left);
  const rightMs = comparableLatencyMs(view, right);
  if (leftMs === null || rightMs === null) return false;
  return leftMs <= rightMs * view.options.fasterRatio && rightMs - leftMs >= view.options.fasterByMs;
};

/**
 * The best of `candidates`: the lowest tier; in it, of the relays no other is clearly faster than, the first in the
 * order of preference. `undefined` for no candidates.
 */
export const bestOf = (view: RelayView, candidates: readonly PolicyRelay[]): PolicyRelay | undefined => {
  const tier = Math.min(...candidates.map(effectiveTier));
  const group = candidates.filter((relay) => effectiveTier(relay) === tier);
  const unbeaten = group.filter((relay) => !group.some((other) => isClearlyFaster(view, other, relay)));
  return spreadOrder(unbeaten, view.spreadKey)[0];
};

/** All of `candidates`, best tier first, in the order of preference within a tier; latencies play no part. */
export const preferenceOrder = (view: RelayView, candidates: readonly PolicyRelay[]): readonly PolicyRelay[] => {
  const tiers = [...new Set(candidates.map(effectiveTier))].sort((left, right) => (left < right ? -1 : 1));
  return tiers.flatMap((tier) =>
    spreadOrder(
      candidates.filter((relay) => effectiveTier(relay) === tier),
      view.spreadKey,
    ),
  );
};
