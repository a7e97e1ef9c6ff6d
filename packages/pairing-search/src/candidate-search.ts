import type {
  Candidate,
  Clock,
  DiscoverySource,
  DiscoverySourceName,
  EndpointAddress,
  EndpointId,
  PairingFailureCode,
  Random,
} from '@bowline/contracts';
import { candidatePlanner, type PlannedAttempt, type SearchStep } from './candidate-planner.ts';
import type { AttemptId, RetryPauses } from './tracked-endpoint.ts';

/** Why an attempt came to nothing. */
export interface AttemptFailure {
  /** A phrase for the list of sources and reasons. */
  readonly text: string;
  /** What it says about the code, when the endpoint is known to be the initiator's own; `null` when it says nothing. */
  readonly code: PairingFailureCode | null;
  /** Whether the other side only has no room at the moment. */
  readonly isBusy?: boolean;
}

/** What became of one attempt. */
export type AttemptOutcome<Decision> =
  /** The search is over. */
  | { readonly kind: 'decided'; readonly decision: Decision }
  /** This endpoint knows of another one, which is the initiator's. */
  | { readonly kind: 'told'; readonly address: EndpointAddress }
  /** It has no more to say. */
  | { readonly kind: 'finished' }
  /** It was given up because another one talks to this endpoint, or because it was ended. */
  | { readonly kind: 'redundant' }
  | { readonly kind: 'failed'; readonly failure: AttemptFailure };

/** What an attempt may ask of its search. */
export interface AttemptControl {
  /** The attempt, or the search, has ended: connections are to be closed. */
  readonly signal: AbortSignal;
  /** To be asked once there is a connection; `false`: another one is in conversation with this endpoint already. */
  mayTalk(): boolean;
  /** The other side has proven the code, and only the end of the handshake is missing. */
  noteProof(): void;
  /** All that is known of where this endpoint is, and since when (monotonic milliseconds). */
  target(): { readonly address: EndpointAddress; readonly discoveredAtMs: number };
}

/** What a {@link CandidateSearch} needs. */
export interface CandidateSearchComponents<Decision> {
  readonly clock: Clock;
  readonly random: Pick<Random, 'ratio'>;
  /** Connects and says what is to be said. Never rejects. */
  readonly attempt: (planned: PlannedAttempt, control: AttemptControl) => Promise<AttemptOutcome<Decision>>;
  /** Attempts under way can use these relays. */
  readonly hint: (address: EndpointAddress) => void;
  /** A decision that came when the search was over. */
  readonly discard: (decision: Decision) => void;
  /** Called once at the end with all endpoints that were attempted. @param decision `null` when there was none */
  readonly release: (endpointIds: readonly EndpointId[], decision: Decision | null) => void;
}

export interface CandidateSearchOptions {
  readonly pauses: RetryPauses;
  /** This device: it is no candidate. */
  readonly selfId: EndpointId;
  readonly onFailed?: (via: DiscoverySourceName, failure: AttemptFailure) => void;
  /** Something ended; look whether anything is active. */
  readonly onChanged?: () => void;
}

/** A race of attempts: the first to decide wins, the others are let go. */
export interface CandidateSearch<Decision> {
  follow(candidate: Candidate, source: Pick<DiscoverySource, 'name' | 'trust'>): void;
  /** Whether something may still come of what was followed. */
  isActive(): boolean;
  /** Whether somebody has proven the code and only the end of the handshake is missing. */
  hasProof(): boolean;
  /** Resolves with the first decision; `null` when the search was ended without one. Never rejects. */
  readonly decided: Promise<Decision | null>;
  /** Lets everything go. */
  end(): void;
}

/**
 * Does what the planner says. It ends with the first decision or by {@link CandidateSearch.end}, and owns the timer and
 * the attempts under way until then.
 */
export const candidateSearch = <Decision>(
  components: CandidateSearchComponents<Decision>,
  { pauses, selfId, onFailed, onChanged }: CandidateSearchOptions,
): CandidateSearch<Decision> => {
  const { clock, random, attempt, hint, discard, release } = components;
  const planner = candidatePlanner(pauses, random);
  const running = new Map<AttemptId, AbortController>();
  const decided = Promise.withResolvers<Decision | null>();
  let isOver = false;
  let cancelTimer: (() => void) | null = null;

  const finish = (decision: Decision | null): void => {
    if (isOver) return;
    isOver = true;
    cancelTimer?.();
    for (const controller of running.values()) controller.abort();
    running.clear();
    release(planner.endpointIds(), decision);
    decided.resolve(decision);
  };

  const settle = (planned: PlannedAttempt, outcome: AttemptOutcome<Decision>): void => {
    const { attemptId, via } = planned;
    const wasRunning = running.delete(attemptId);
    if (outcome.kind === 'decided') {
      if (isOver || !wasRunning) discard(outcome.decision);
      else finish(outcome.decision);
    }
    // Whatever made room for a newer one has not failed.
    if (isOver || !wasRunning) return;
    const nowMs = clock.monotonicMs();
    if (outcome.kind === 'failed') {
      const { failure } = outcome;
      onFailed?.(via, failure);
      // Who answered without the code will not hold it a second later.
      const isFinal = failure.code !== null && failure.code !== 'BUSY';
      planner.failed(attemptId, { isFinal, isBusy: failure.isBusy ?? false }, nowMs);
    } else if (outcome.kind === 'redundant') planner.redundant(attemptId);
    else planner.finished(attemptId, nowMs);
    // An endpoint derived from the code has proven it: what it says is no hearsay.
    if (outcome.kind === 'told') {
      follow({ source: via, kind: 'device', address: outcome.address }, { name: via, trust: 'vouched' });
    }
    proceed();
    onChanged?.();
  };

  const begin = (planned: PlannedAttempt): void => {
    const { attemptId, address } = planned;
    const controller = new AbortController();
    running.set(attemptId, controller);
    const target = () => planner.targetOf(attemptId) ?? { address, discoveredAtMs: clock.monotonicMs() };
    const control: AttemptControl = {
      signal: controller.signal,
      mayTalk: () => planner.connected(attemptId),
      noteProof: () => planner.proven(attemptId),
      target,
    };
    void attempt(planned, control).then((outcome) => settle(planned, outcome));
  };

  const take = (step: SearchStep): void => {
    if (step.kind === 'start') begin(step.attempt);
    else if (step.kind === 'hint') hint(step.address);
    else {
      running.get(step.attemptId)?.abort();
      running.delete(step.attemptId);
    }
  };

  /** Does all there is to do, and sleeps until there is more. */
  const proceed = (): void => {
    if (isOver) return;
    for (let step = planner.takeStep(); step !== undefined; step = planner.takeStep()) take(step);
    cancelTimer?.();
    const nowMs = clock.monotonicMs();
    const nextAtMs = planner.nextAtMs(nowMs);
    cancelTimer = nextAtMs === null ? null : clock.setTimer(nextAtMs - nowMs, wake);
  };

  const wake = (): void => {
    planner.wake(clock.monotonicMs());
    proceed();
  };

  const follow: CandidateSearch<Decision>['follow'] = (candidate, source) => {
    if (isOver || candidate.address.endpointId === selfId) return;
    planner.found(candidate, source, clock.monotonicMs());
    proceed();
  };

  return {
    follow,
    isActive: () => !isOver && planner.isActive(),
    hasProof: () => !isOver && planner.hasProof(),
    decided: decided.promise,
    end: () => finish(null),
  };
};
