import type {
  Candidate,
  DiscoverySource,
  DiscoverySourceName,
  EndpointAddress,
  EndpointId,
  Random,
} from '@bowline/contracts';
import { hearsayPlaces, PLACE_MS } from './hearsay-places.ts';
import { NO_LOCATION } from './merge-locations.ts';
import {
  type AttemptId,
  isActive,
  keyOf,
  learn,
  type RetryPauses,
  type TrackedEndpoint,
  trackedEndpoint,
} from './tracked-endpoint.ts';

/**
 * Endpoints known by hearsay alone that are attempted at once, and attempts at them beyond which none gets a further one:
 * liars on the local network must not use this device up. Each dial given up goes on inside iroh for up to 30 s.
 */
const MAX_PLACES = 32;

/** Endpoints remembered in one search; beyond it the oldest known by hearsay that came to nothing is forgotten. */
const MAX_TRACKED = 512;

/** Attempts at one endpoint at once: a new address is worth a new one, because iroh adds it to those it is trying. */
const MAX_ATTEMPTS = 4;

/** One attempt that shall start now. */
export interface PlannedAttempt {
  readonly attemptId: AttemptId;
  readonly kind: Candidate['kind'];
  readonly address: EndpointAddress;
  /** The source that gave rise to it. */
  readonly via: DiscoverySourceName;
  /** Whether nobody but hearsay tells of this endpoint. */
  readonly isHearsayOnly: boolean;
}

/** What is to be done next. */
export type SearchStep =
  | { readonly kind: 'start'; readonly attempt: PlannedAttempt }
  /** Make room for another; what becomes of it is not to be told to the planner. */
  | { readonly kind: 'end'; readonly attemptId: AttemptId }
  /** Attempts under way can use relays that have become known since they began. */
  | { readonly kind: 'hint'; readonly address: EndpointAddress };

/**
 * Decides which candidate is attempted when: the state of every endpoint that was named, and nothing else. It has no
 * clock and no timer; each call says what time it is (monotonic milliseconds), so that a crowded search is simulated in
 * no time.
 *
 * After any call, ask {@link CandidatePlanner.takeStep} until it answers nothing, then sleep until
 * {@link CandidatePlanner.nextAtMs}.
 */
export interface CandidatePlanner {
  /** A source has told of it. */
  found(candidate: Candidate, source: Pick<DiscoverySource, 'name' | 'trust'>, nowMs: number): void;
  /** An attempt is connected. `false`: another one at this endpoint talks already, so it is to be given up. */
  connected(attemptId: AttemptId): boolean;
  /** The other side has proven the code, and only the end of the handshake is missing: it keeps its place. */
  proven(attemptId: AttemptId): void;
  /** It was given up for another one at the same endpoint. */
  redundant(attemptId: AttemptId): void;
  /** It came to nothing. @param isFinal it would come to nothing again */
  failed(attemptId: AttemptId, how: { readonly isFinal: boolean; readonly isBusy: boolean }, nowMs: number): void;
  /** It gave all that is to be had from this endpoint. */
  finished(attemptId: AttemptId, nowMs: number): void;
  /** Does what is due. */
  wake(nowMs: number): void;
  takeStep(): SearchStep | undefined;
  /** When `wake` is wanted next; `null` while nothing waits for time. */
  nextAtMs(nowMs: number): number | null;
  /** Whether something may still come of what was found. */
  isActive(): boolean;
  hasProof(): boolean;
  /** What is known of where an attempt leads; `undefined` once it is over. */
  targetOf(attemptId: AttemptId): { readonly address: EndpointAddress; readonly discoveredAtMs: number } | undefined;
  /** All that were attempted. */
  endpointIds(): readonly EndpointId[];
}

type TellingSource = Pick<DiscoverySource, 'name' | 'trust'>;

const addressOf = ({ endpointId, location }: TrackedEndpoint): EndpointAddress => ({ endpointId, ...location });

/**
 * Longer than a screen because every fact changes the same state: what one endpoint frees, another one gets.
 *
 * @param random by which those told "busy" do not come again in step
 */
export const candidatePlanner = (pauses: RetryPauses, random: Pick<Random, 'ratio'>): CandidatePlanner => {
  /** Those that have been attempted, vouched for or placed. */
  const tracked = new Map<string, TrackedEndpoint>();
  /** Those known by hearsay that wait for a place. */
  const waiting = new Map<string, TrackedEndpoint>();
  const attempts = new Map<AttemptId, TrackedEndpoint>();
  const places = hearsayPlaces();
  const steps: SearchStep[] = [];
  let lastAttemptId = 0;

  const placed = (): readonly TrackedEndpoint[] => [...tracked.values()].filter(({ isVouched }) => !isVouched);
  const areAttemptsSpent = (): boolean =>
    placed().reduce((sum, endpoint) => sum + endpoint.attempts.size, 0) >= MAX_PLACES;
  const isCrowded = (): boolean => placed().filter(isActive).length >= MAX_PLACES || areAttemptsSpent();
  const mayEnd = (key: string): boolean => {
    const endpoint = tracked.get(key);
    return endpoint !== undefined && isActive(endpoint) && !endpoint.hasProof;
  };

  const drop = (endpoint: TrackedEndpoint, attemptId: AttemptId): void => {
    endpoint.attempts.delete(attemptId);
    attempts.delete(attemptId);
    if (endpoint.talking !== attemptId) return;
    endpoint.talking = null;
    endpoint.hasProof = false;
  };
  const end = (endpoint: TrackedEndpoint, attemptId: AttemptId): void => {
    drop(endpoint, attemptId);
    steps.push({ kind: 'end', attemptId });
  };

  const retryIfDue = (endpoint: TrackedEndpoint, nowMs: number): void => {
    const { retry } = endpoint;
    if (retry === null || retry.atMs > nowMs) return;
    endpoint.retry = null;
    start(endpoint, retry.via, nowMs);
  };
  /** One at a time: an attempt that is given up is gone a moment later than its successor comes. */
  const replaceOneDue = (nowMs: number): void => {
    const endpoint = [...tracked.values()].find(({ replacing }) => replacing !== null && replacing.atMs <= nowMs);
    if (endpoint === undefined || endpoint.replacing === null) return;
    const { replacing, talking } = endpoint;
    endpoint.replacing = null;
    // Somebody with this key is reached, and no address is needed any more.
    if (talking !== null) return;
    if (endpoint.attempts.has(replacing.attemptId)) end(endpoint, replacing.attemptId);
    start(endpoint, replacing.via, nowMs);
  };

  /** Once the longest attempt has had its time: it may wait at addresses that somebody made up. */
  const replaceLater = (endpoint: TrackedEndpoint, via: DiscoverySourceName, nowMs: number): void => {
    const [oldest] = endpoint.attempts;
    if (oldest === undefined || endpoint.replacing !== null) return;
    const [attemptId, { beganAtMs }] = oldest;
    endpoint.replacing = { atMs: Math.max(beganAtMs + PLACE_MS, nowMs), attemptId, via };
  };

  const start = (endpoint: TrackedEndpoint, via: DiscoverySourceName, nowMs: number): void => {
    if (endpoint.isDone) return;
    const { size } = endpoint.attempts;
    if (size >= MAX_ATTEMPTS || (size > 0 && !endpoint.isVouched && areAttemptsSpent())) {
      replaceLater(endpoint, via, nowMs);
      return;
    }
    lastAttemptId += 1;
    endpoint.attempts.set(lastAttemptId, { beganAtMs: nowMs, via });
    attempts.set(lastAttemptId, endpoint);
    const { kind, isVouched } = endpoint;
    const attempt = { attemptId: lastAttemptId, kind, address: addressOf(endpoint), via, isHearsayOnly: !isVouched };
    steps.push({ kind: 'start', attempt });
  };

  const follow = (endpoint: TrackedEndpoint, { address }: Candidate, via: DiscoverySourceName, nowMs: number): void => {
    const news = learn(endpoint, address);
    if (news === 'way') start(endpoint, via, nowMs);
    if (news === 'relays' && !endpoint.isDone) steps.push({ kind: 'hint', address: addressOf(endpoint) });
  };

  const forgetOne = (): void => {
    const over = placed().find((endpoint) => !isActive(endpoint));
    if (over === undefined) return;
    tracked.delete(over.key);
    places.forget(over.key);
  };
  const track = (endpoint: TrackedEndpoint): void => {
    if (tracked.size >= MAX_TRACKED) forgetOne();
    tracked.set(endpoint.key, endpoint);
  };

  /** Gives up everything about it but what is known of it, until its turn comes again. */
  const suspend = (endpoint: TrackedEndpoint): void => {
    for (const attemptId of [...endpoint.attempts.keys()]) end(endpoint, attemptId);
    endpoint.retry = null;
    endpoint.replacing = null;
    tracked.delete(endpoint.key);
    waiting.set(endpoint.key, endpoint);
    places.requeue(endpoint.key);
  };
  const makeRoom = (nowMs: number): void => {
    for (let next = places.oldest(nowMs, mayEnd); isCrowded() && next !== undefined && next.leftMs <= 0; ) {
      const endpoint = tracked.get(next.key);
      if (endpoint !== undefined) suspend(endpoint);
      next = places.oldest(nowMs, mayEnd);
    }
  };
  /** Gives places that are free, or whose time is over, to those that wait. */
  const fillPlaces = (nowMs: number): void => {
    // Those whose time ends now wait for the next round.
    for (const key of places.waiting()) {
      const endpoint = waiting.get(key);
      if (endpoint === undefined) continue;
      makeRoom(nowMs);
      if (isCrowded()) return;
      waiting.delete(key);
      places.place(key, nowMs);
      track(endpoint);
      start(endpoint, endpoint.via, nowMs);
    }
  };

  /** Whoever was known by hearsay alone has a right to be attempted from now on. */
  const vouchFor = (endpoint: TrackedEndpoint, candidate: Candidate, via: DiscoverySourceName, nowMs: number): void => {
    const { key, location, via: heardVia } = endpoint;
    places.forget(key);
    endpoint.isVouched = true;
    if (waiting.delete(key)) {
      track(endpoint);
      // What was vouched for is tried by itself, before what anybody may have made up.
      endpoint.location = NO_LOCATION;
    }
    follow(endpoint, candidate, via, nowMs);
    follow(endpoint, { ...candidate, address: { ...candidate.address, ...location } }, heardVia, nowMs);
  };

  const findByHearsay = (candidate: Candidate, source: TellingSource, nowMs: number): void => {
    const key = keyOf(candidate);
    const endpoint = waiting.get(key) ?? trackedEndpoint(candidate, source, nowMs);
    if (!places.wait(key)) return;
    waiting.set(key, endpoint);
    endpoint.via = source.name;
    learn(endpoint, candidate.address);
    fillPlaces(nowMs);
  };

  const findVouched = (candidate: Candidate, source: TellingSource, nowMs: number): void => {
    const heard = waiting.get(keyOf(candidate)) ?? tracked.get(keyOf(candidate));
    if (heard !== undefined) {
      vouchFor(heard, candidate, source.name, nowMs);
      return;
    }
    const endpoint = trackedEndpoint(candidate, source, nowMs);
    track(endpoint);
    follow(endpoint, candidate, source.name, nowMs);
  };

  return {
    found: (candidate, source, nowMs) => {
      const known = tracked.get(keyOf(candidate));
      if (known !== undefined && (known.isVouched || source.trust === 'hearsay')) {
        follow(known, candidate, source.name, nowMs);
      } else if (source.trust === 'hearsay') findByHearsay(candidate, source, nowMs);
      else findVouched(candidate, source, nowMs);
    },
    connected: (attemptId) => {
      const endpoint = attempts.get(attemptId);
      if (endpoint === undefined || endpoint.isDone || endpoint.talking !== null) return false;
      endpoint.talking = attemptId;
      return true;
    },
    proven: (attemptId) => {
      const endpoint = attempts.get(attemptId);
      if (endpoint?.talking === attemptId) endpoint.hasProof = true;
    },
    redundant: (attemptId) => {
      const endpoint = attempts.get(attemptId);
      if (endpoint !== undefined) drop(endpoint, attemptId);
    },
    failed: (attemptId, { isFinal, isBusy }, nowMs) => {
      const endpoint = attempts.get(attemptId);
      if (endpoint === undefined) return;
      const via = endpoint.attempts.get(attemptId)?.via ?? endpoint.via;
      drop(endpoint, attemptId);
      if (isFinal) endpoint.isDone = true;
      if (endpoint.attempts.size === 0 && !endpoint.isDone) {
        // By lot: in step with whoever keeps it busy, every attempt would come at the wrong moment.
        const pauseMs = isBusy ? pauses.busyRetryMs * (0.5 + random.ratio()) : pauses.retryMs;
        endpoint.retry = { atMs: nowMs + pauseMs, via };
      }
      fillPlaces(nowMs);
    },
    finished: (attemptId, nowMs) => {
      const endpoint = attempts.get(attemptId);
      if (endpoint === undefined) return;
      drop(endpoint, attemptId);
      endpoint.isDone = true;
      fillPlaces(nowMs);
    },
    wake: (nowMs) => {
      for (const endpoint of [...tracked.values()]) retryIfDue(endpoint, nowMs);
      replaceOneDue(nowMs);
      fillPlaces(nowMs);
    },
    takeStep: () => steps.shift(),
    nextAtMs: (nowMs) => {
      const times = [...tracked.values()].flatMap(({ isDone, retry, replacing }) =>
        isDone ? [] : [retry, replacing].flatMap((plan) => (plan === null ? [] : [plan.atMs])),
      );
      const next = waiting.size > 0 ? places.oldest(nowMs, mayEnd) : undefined;
      if (next !== undefined) times.push(nowMs + next.leftMs);
      return times.length === 0 ? null : Math.max(Math.min(...times), nowMs);
    },
    isActive: () => waiting.size > 0 || [...tracked.values()].some(isActive),
    hasProof: () => [...tracked.values()].some(({ hasProof }) => hasProof),
    targetOf: (attemptId) => {
      const endpoint = attempts.get(attemptId);
      return endpoint && { address: addressOf(endpoint), discoveredAtMs: endpoint.discoveredAtMs };
    },
    endpointIds: () => [...tracked.values()].map(({ endpointId }) => endpointId),
  };
};
