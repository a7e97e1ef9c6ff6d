import type { Candidate, DiscoverySource, DiscoverySourceName, EndpointId, PeerLocation } from '@bowline/contracts';
import { mergeLocations, NO_LOCATION } from './merge-locations.ts';

/** Names one attempt within its search. */
export type AttemptId = number;

/** How long a failed attempt is waited after. */
export interface RetryPauses {
  /** Before it is made again, milliseconds. */
  readonly retryMs: number;
  /** The same when the other side was busy, milliseconds; half as much again or half of it, by lot. */
  readonly busyRetryMs: number;
}

/** One endpoint that candidates have named, and the attempts at it. Plain state; the planner alone changes it. */
export interface TrackedEndpoint {
  /** Kind and endpoint id: one key may be the device's in one candidate and the rendezvous in another. */
  readonly key: string;
  readonly kind: Candidate['kind'];
  readonly endpointId: EndpointId;
  /** When its first candidate came, monotonic milliseconds. */
  readonly discoveredAtMs: number;
  location: PeerLocation;
  /** The source that told of it last. */
  via: DiscoverySourceName;
  /** Whether a source has told of it that not anybody can have tell what they like. */
  isVouched: boolean;
  /** Those under way, the longest first. */
  readonly attempts: Map<AttemptId, { readonly beganAtMs: number; readonly via: DiscoverySourceName }>;
  /** The one whose connection talks; the others have nothing to add then. */
  talking: AttemptId | null;
  /** It has proven the code on the connection that talks. */
  hasProof: boolean;
  /** Nothing more is to be got from it. */
  isDone: boolean;
  retry: { readonly atMs: number; readonly via: DiscoverySourceName } | null;
  /** The attempt that makes room for a newer one. */
  replacing: { readonly atMs: number; readonly attemptId: AttemptId; readonly via: DiscoverySourceName } | null;
}

export const keyOf = ({ kind, address }: Candidate): string => `${kind} ${address.endpointId}`;

export const trackedEndpoint = (
  candidate: Candidate,
  { name, trust }: Pick<DiscoverySource, 'name' | 'trust'>,
  discoveredAtMs: number,
): TrackedEndpoint => ({
  key: keyOf(candidate),
  kind: candidate.kind,
  endpointId: candidate.address.endpointId,
  discoveredAtMs,
  location: NO_LOCATION,
  via: name,
  isVouched: trust === 'vouched',
  attempts: new Map(),
  talking: null,
  hasProof: false,
  isDone: false,
  retry: null,
  replacing: null,
});

/** Whether anything may still come of it. */
export const isActive = ({ isDone, attempts, retry }: TrackedEndpoint): boolean =>
  !isDone && (attempts.size > 0 || retry !== null);

/**
 * Adds what a candidate says. What was said last is kept: whoever was first on the local network may have made up all
 * there is room for.
 *
 * @returns `way` when it is worth an attempt of its own, `relays` when attempts under way can use it, `nothing` new
 */
export const learn = (endpoint: TrackedEndpoint, said: PeerLocation): 'way' | 'relays' | 'nothing' => {
  const { location: before, attempts } = endpoint;
  const isNewDirect = said.directAddresses.some((each) => !before.directAddresses.includes(each));
  const isNewRelay = said.relayUrls.some((each) => !before.relayUrls.includes(each));
  if (!isNewDirect && !isNewRelay) return 'nothing';
  const { directAddresses, relayUrls } = said;
  endpoint.location = mergeLocations({ directAddresses, relayUrls }, before);
  return isNewDirect || before.relayUrls.length === 0 || attempts.size === 0 ? 'way' : 'relays';
};
