import type { RelayUrl } from '@bowline/contracts';

/**
 * Why home is what it is.
 *
 * `disabled`: no relay is configured. `none`: none works. `first`: there was no home. `removed`: the old home left the
 * list. `down`: the old home does not work. `waiting`: home does not work, nothing else does, and it may come back any
 * moment. `pin`, `tier`, `faster`: a better relay took over. `kept`: nothing changed.
 */
export type RelayDecisionCause =
  | 'disabled'
  | 'none'
  | 'first'
  | 'removed'
  | 'down'
  | 'waiting'
  | 'pin'
  | 'tier'
  | 'faster'
  | 'kept';

/** A relay that may take over once it has been better for long enough. */
export interface Challenger {
  readonly url: RelayUrl;
  /** Since when it has been better without a break, monotonic milliseconds. */
  readonly sinceMs: number;
}

/** The answer of the policy. It is also its whole memory: the next decision is given the previous one. */
export interface RelayDecision {
  readonly home: RelayUrl | null;
  /** Relays to be logged in to beside home, best first; some of them may not be connected yet. */
  readonly standby: readonly RelayUrl[];
  /** Further relays to be logged in to for now: those of a better tier than home, and those due to be measured. */
  readonly measure: readonly RelayUrl[];
  readonly cause: RelayDecisionCause;
  /** One sentence for the person. */
  readonly reason: string;
  readonly challenger: Challenger | null;
  /** Since when home has not worked, monotonic milliseconds; `null` while it works or there is none. */
  readonly homeLostAtMs: number | null;
  /** Whether it stays as it is until something changes at a relay, but for measurements that minutes make due: it need not be asked for by the second. */
  readonly isSettled: boolean;
}
