import type { RelayUrl } from '@bowline/contracts';
import { EMPTY_LATENCY_WINDOW, type LatencyWindow } from './latency-window.ts';

/** One relay the policy may choose, in the person's order of preference. */
export interface PolicyRelay {
  readonly url: RelayUrl;
  /** Lower is better: 0 the person's own, 1 public ones. A relay of a lower tier that works beats all of a higher one. */
  readonly tier: number;
  /** A pinned relay is home whenever it works, whatever its tier and latency. @defaultValue false */
  readonly pinned?: boolean;
  /**
   * Share of devices this relay should get among equally good ones of its tier, above 0. As soon as one relay of a tier
   * has a weight, the tier is spread by weight instead of by list order. @defaultValue 1
   */
  readonly weight?: number;
}

/** `idle`: deliberately not logged in. `down`: the last attempt failed or the connection was lost. */
export type PolicyRelayState = 'connected' | 'connecting' | 'down' | 'idle';

/** What is known about one relay now. Times are monotonic milliseconds. */
export interface RelayHealth {
  readonly state: PolicyRelayState;
  /** Since when it is connected without a break; `null` while it is not. */
  readonly connectedSinceMs: number | null;
  /** Connections lost lately (the caller decides how far back it counts; ten minutes is a good choice). */
  readonly recentLosses: number;
  readonly latencies: LatencyWindow;
  /** When it was last measured, or last failed to be; `null` when it never was. */
  readonly triedAtMs: number | null;
}

/** A relay about which nothing is known. */
export const UNKNOWN_RELAY_HEALTH: RelayHealth = Object.freeze({
  state: 'idle',
  connectedSinceMs: null,
  recentLosses: 0,
  latencies: EMPTY_LATENCY_WINDOW,
  triedAtMs: null,
});

/** The tier the policy compares: pins come before every tier. */
export const effectiveTier = (relay: PolicyRelay): number =>
  relay.pinned === true ? Number.NEGATIVE_INFINITY : relay.tier;

/** `relay.example` of `https://relay.example/`, for sentences. */
export const relayHost = (url: RelayUrl): string => (URL.canParse(url) ? new URL(url).host : url);
