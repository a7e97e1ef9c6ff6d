import type {
  Candidate,
  DeviceCard,
  DiscoverySource,
  EndpointAddress,
  EndpointId,
  PairingIdentity,
  SocketAddress,
} from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import type { PairingKeys } from '@bowline/pairing-code';
import {
  joinerHandshake,
  type PairEnds,
  PROOF_BYTES,
  type RendezvousEnds,
  rendezvousJoiner,
} from '@bowline/pairing-protocol';
import { type PairingFailure, PairingFailureError, pairingFailure } from '@bowline/pairing-state-machine';
import type { AttemptOutcome } from './attempt-outcome.ts';
import { refusalMeaning } from './close-meaning.ts';
import type { PairingContext } from './components.ts';
import { introduce } from './introduce.ts';
import { type Pursuit, pursuit, type Talk } from './pursuit.ts';
import type { RelayHints } from './relay-hints.ts';
import { type Sighting, turns } from './turns.ts';

/**
 * Endpoints known by mDNS alone that are pursued at once, and dials of them beyond which none gets a further one: liars on
 * the local network must not use this device up. Each dial given up goes on inside iroh for up to 30 s.
 */
const MAX_SIGHTED = 32;

/** Endpoints remembered in one search; beyond it the oldest of those that came to nothing is forgotten. */
const MAX_KNOWN = 512;

const TOO_MANY_ANSWERS =
  'The pairing was given up because the connection broke too often while it began. Somebody may have seen the code: show a new one and try again.';

/** Where the initiator is. */
interface Whereabouts {
  readonly address: EndpointAddress;
  /** When its first candidate came, monotonic milliseconds. */
  readonly discoveredAtMs: number;
}

/** How it answered. */
interface Reached extends Whereabouts {
  readonly via: DiscoverySource;
  /** Where it answered; `null` through a relay. The rest of its address may be made up. */
  readonly reachedAt: SocketAddress | null;
}

/** A device that holds the code, and the connection it proved it on. */
export type Found = Reached &
  (
    | {
        readonly kind: 'proven';
        readonly connection: PeerConnection;
        readonly initiator: DeviceCard;
        readonly authenticationString: string;
        /** Whether this side's `accept` is on its way. */
        readonly hasAccepted: boolean;
      }
    | { readonly kind: 'completed' }
  );

export interface SearchOptions {
  readonly keys: PairingKeys;
  /** Asked before a challenge that proves the code is answered; `false` ends the search. */
  readonly mayAnswer: () => boolean;
  readonly self: PairingIdentity;
  readonly hints: RelayHints;
  /** The one endpoint that is the initiator's for certain; `null` when only the words are known. Its word is final. */
  readonly certainId: EndpointId | null;
  /** Nobody has to be asked on this side: it says so behind its part of the handshake. */
  readonly hasAgreed: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onFailed: (via: DiscoverySource, outcome: AttemptOutcome) => void;
  /** Something ended; look whether anything is active. */
  readonly onChanged: () => void;
}

/** A race of candidates: the first that proves the code wins, the others are let go. */
export interface Search {
  follow(candidate: Candidate): void;
  /** Whether something may still come of what was followed. */
  isActive(): boolean;
  /** Whether somebody has proven the code and only the end of the handshake is missing. */
  hasProof(): boolean;
  /** Resolves with the first success; rejects with a {@link PairingFailureError} when the initiator itself says no. */
  readonly result: Promise<Found>;
  /** Lets everything go that has not won; the result rejects if there is none yet. */
  end(): void;
}

export const search = (context: PairingContext, options: SearchOptions): Search => {
  const { clock, random } = context;
  const { keys, self, hints, certainId, hasAgreed, signal: outer } = options;
  const pursuits = new Map<string, Pursuit>();
  /** Those known by mDNS alone, with what ends the pursuit of one. */
  const sighted = new Map<string, { readonly sighting: Sighting; readonly turn: AbortController }>();
  const letGo = new AbortController();
  const { signal } = letGo;
  const result = Promise.withResolvers<Found>();
  // Whoever ends the search early does not wait for its result.
  result.promise.catch(() => undefined);
  let winner: EndpointId | null = null;
  /** Whose handshake lacks nothing but its end. */
  const proven = new Set<EndpointId>();

  const fail = (failure: PairingFailure): void => result.reject(new PairingFailureError(failure));
  const refuse = (failure: PairingFailure): void =>
    result.reject(new PairingFailureError(failure, { isRefusal: true }));

  const end = (): void => {
    if (signal.aborted) return;
    outer.removeEventListener('abort', end);
    letGo.abort();
    queue.stop();
    fail(pairingFailure('CANCELLED'));
    const known = [...pursuits.values()].map((chase) => chase.address().endpointId);
    // What is known of the initiator is the session's until it has stored or removed the record.
    void hints.release(known.filter((id) => id !== winner && id !== certainId));
    pursuits.clear();
  };

  const succeed = (found: Found): void => {
    winner = found.address.endpointId;
    result.resolve(found);
    end();
  };

  /** Every answer shows a holder of the code the digits of that handshake, whether it goes on with it or not. */
  const tooManyAnswers = (): PairingFailureError => {
    const failure = pairingFailure('CODE_BURNT', [], TOO_MANY_ANSWERS);
    fail(failure);
    return new PairingFailureError(failure);
  };

  const whereaboutsOf = (endpointId: EndpointId): Whereabouts => {
    const chase = pursuits.get(`device ${endpointId}`);
    return {
      address: chase?.address() ?? { endpointId, directAddresses: [], relayUrls: [] },
      discoveredAtMs: chase?.sinceMs ?? clock.monotonicMs(),
    };
  };

  /** What the initiator is asked, if it is one. */
  const meeting = (initiator: EndpointId): Talk => {
    const ends: PairEnds = { initiator, joiner: self.endpointId };
    const handshake = joinerHandshake({ keys, ends, card: self.card, nonce: random.bytes(PROOF_BYTES) });
    const converse: Talk['converse'] = async (connection, via, keep) => {
      const onProven = (): void => {
        if (!options.mayAnswer()) throw tooManyAnswers();
        proven.add(initiator);
      };
      try {
        const step = await introduce(context, connection, handshake, hasAgreed, onProven);
        if (signal.aborted) return;
        const reachedAt = connection.path()?.remoteAddress ?? null;
        const reached: Reached = { via, reachedAt, ...whereaboutsOf(initiator) };
        if (step.kind === 'finished') {
          const { initiator: card, authenticationString } = step;
          keep();
          const held = { connection, initiator: card, authenticationString, hasAccepted: hasAgreed };
          succeed({ kind: 'proven', ...held, ...reached });
          return;
        }
        void connection.close('done', '');
        if (step.reason === 'completed') succeed({ kind: 'completed', ...reached });
        else refuse(refusalMeaning(step.reason));
      } finally {
        proven.delete(initiator);
      }
    };
    return { firstFrame: handshake.hello, converse };
  };

  /** What the endpoint behind the words is asked: where the initiator is. */
  const visit = (rendezvous: EndpointId): Talk => {
    const ends: RendezvousEnds = { rendezvous, joiner: self.endpointId };
    const question = rendezvousJoiner(keys.rendezvousProofKey, ends, random.bytes(PROOF_BYTES));
    const converse: Talk['converse'] = async (connection, via) => {
      const step = question.receive(await connection.nextFrame({ timeoutMs: context.options.frameMs, signal }));
      void connection.close('done', '');
      if (step.kind === 'address') follow({ source: via, kind: 'device', address: step.address });
      else if (step.reason !== 'completed') refuse(refusalMeaning(step.reason));
    };
    return { firstFrame: question.ask, converse };
  };

  const pursue = ({ candidate, sinceMs }: Sighting, until: AbortSignal): Pursuit => {
    const { kind, address } = candidate;
    const { endpointId } = address;
    const isFromStranger = (): boolean => sighted.has(`${kind} ${endpointId}`);
    return pursuit(context, {
      endpointId,
      kind,
      sinceMs,
      self,
      hints,
      signal: until,
      timeoutMs: options.timeoutMs,
      prepare: () => (kind === 'device' ? meeting(endpointId) : visit(endpointId)),
      isFromStranger,
      isCrowded: () => isFromStranger() && areDialsSpent(),
      onFailed: (via, outcome) => {
        options.onFailed(via, outcome);
        const isFinal = endpointId === certainId && outcome.code !== null && outcome.code !== 'BUSY';
        if (isFinal) fail(pairingFailure(outcome.code));
      },
      onChanged: () => {
        if (!signal.aborted) queue.pass();
        options.onChanged();
      },
    });
  };

  const isPursued = (key: string): boolean => pursuits.get(key)?.isActive() ?? false;

  const areDialsSpent = (): boolean => {
    const counts = [...sighted.keys()].map((key) => pursuits.get(key)?.dialCount() ?? 0);
    return counts.reduce((sum, count) => sum + count, 0) >= MAX_SIGHTED;
  };

  const forgetOne = (): void => {
    const key = [...sighted.keys()].find((each) => !isPursued(each));
    if (key === undefined) return;
    pursuits.delete(key);
    sighted.delete(key);
    queue.forget(key);
  };

  const begin = (key: string, sighting: Sighting, until: AbortSignal): void => {
    if (pursuits.size >= MAX_KNOWN) forgetOne();
    const chase = pursue(sighting, until);
    pursuits.set(key, chase);
    chase.follow(sighting.candidate);
  };

  const queue = turns({
    clock,
    isCrowded: () => [...sighted.keys()].filter(isPursued).length >= MAX_SIGHTED || areDialsSpent(),
    canEnd: (key) => {
      const chase = pursuits.get(key);
      return chase?.isActive() === true && !proven.has(chase.address().endpointId);
    },
    begin: (key, sighting) => {
      const turn = new AbortController();
      begin(key, sighting, AbortSignal.any([signal, turn.signal]));
      sighted.set(key, { sighting, turn });
    },
    end: (key) => {
      const known = sighted.get(key);
      if (known === undefined) throw new TypeError(`not seen by mDNS: ${key}`);
      const { sighting, turn } = known;
      const { candidate, sinceMs } = sighting;
      const { address } = whereaboutsOf(candidate.address.endpointId);
      turn.abort();
      sighted.delete(key);
      pursuits.delete(key);
      return { candidate: { ...candidate, address }, sinceMs };
    },
  });

  const follow = (candidate: Candidate): void => {
    const { kind, address, source } = candidate;
    if (signal.aborted || address.endpointId === self.endpointId) return;
    const key = `${kind} ${address.endpointId}`;
    const known = pursuits.get(key);
    if (source === 'mdns') {
      if (known === undefined) queue.take(key, candidate);
      else known.follow(candidate);
      return;
    }
    sighted.delete(key);
    const waited = queue.exempt(key);
    if (known === undefined) begin(key, { candidate, sinceMs: waited?.sinceMs ?? clock.monotonicMs() }, signal);
    else known.follow(candidate);
    if (waited !== undefined) pursuits.get(key)?.follow(waited.candidate);
  };

  outer.addEventListener('abort', end, { once: true });
  if (outer.aborted) end();

  return {
    follow,
    isActive: () => queue.isAnyWaiting() || [...pursuits.values()].some((chase) => chase.isActive()),
    hasProof: () => proven.size > 0,
    result: result.promise,
    end,
  };
};
