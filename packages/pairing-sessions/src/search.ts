import type {
  Candidate,
  DeviceCard,
  DiscoverySource,
  EndpointAddress,
  EndpointId,
  PairingIdentity,
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

/** Endpoints seen by mDNS that are pursued at once: liars on the local network must not use this device up. */
const MAX_SIGHTED = 32;

/** Endpoints remembered in one search, those that came to nothing included. */
const MAX_KNOWN = 512;

/** Where the initiator is. */
interface Whereabouts {
  readonly address: EndpointAddress;
  /** When its first candidate came, monotonic milliseconds. */
  readonly discoveredAtMs: number;
}

/** A device that holds the code, and the connection it proved it on. */
export type Found = Whereabouts & { readonly via: DiscoverySource } & (
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
  const letGo = new AbortController();
  const { signal } = letGo;
  const result = Promise.withResolvers<Found>();
  // Whoever ends the search early does not wait for its result.
  result.promise.catch(() => undefined);
  let winner: EndpointId | null = null;
  let proofs = 0;

  const fail = (failure: PairingFailure): void => result.reject(new PairingFailureError(failure));

  const end = (): void => {
    if (signal.aborted) return;
    outer.removeEventListener('abort', end);
    letGo.abort();
    fail(pairingFailure('CANCELLED'));
    const losers = [...pursuits.values()].map((chase) => chase.address().endpointId).filter((id) => id !== winner);
    void hints.release(losers);
    pursuits.clear();
  };

  const succeed = (found: Found): void => {
    winner = found.address.endpointId;
    result.resolve(found);
    end();
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
      let hasProven = false;
      const onProven = (): void => {
        hasProven = true;
        proofs += 1;
      };
      try {
        const step = await introduce(context, connection, handshake, hasAgreed, onProven);
        if (signal.aborted) return;
        const whereabouts = whereaboutsOf(initiator);
        if (step.kind === 'finished') {
          const { initiator: card, authenticationString } = step;
          const proven = { connection, initiator: card, authenticationString, hasAccepted: hasAgreed };
          keep();
          succeed({ kind: 'proven', ...proven, via, ...whereabouts });
          return;
        }
        void connection.close('done', '');
        if (step.reason === 'completed') succeed({ kind: 'completed', via, ...whereabouts });
        else fail(refusalMeaning(step.reason));
      } finally {
        if (hasProven) proofs -= 1;
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
      else if (step.reason !== 'completed') fail(refusalMeaning(step.reason));
    };
    return { firstFrame: question.ask, converse };
  };

  const pursue = ({ kind, address: { endpointId } }: Candidate): Pursuit =>
    pursuit(context, {
      endpointId,
      kind,
      self,
      hints,
      signal,
      timeoutMs: options.timeoutMs,
      prepare: () => (kind === 'device' ? meeting(endpointId) : visit(endpointId)),
      onFailed: (via, outcome) => {
        options.onFailed(via, outcome);
        const isFinal = endpointId === certainId && outcome.code !== null && outcome.code !== 'BUSY';
        if (isFinal) fail(pairingFailure(outcome.code));
      },
      onChanged: options.onChanged,
    });

  const follow = (candidate: Candidate): void => {
    const { kind, address, source } = candidate;
    if (signal.aborted || address.endpointId === self.endpointId) return;
    const key = `${kind} ${address.endpointId}`;
    const known = pursuits.get(key);
    const activeCount = [...pursuits.values()].filter((chase) => chase.isActive()).length;
    const isCrowded = activeCount >= MAX_SIGHTED || pursuits.size >= MAX_KNOWN;
    if (known === undefined && source === 'mdns' && isCrowded) return;
    const chase = known ?? pursue(candidate);
    pursuits.set(key, chase);
    chase.follow(candidate);
  };

  outer.addEventListener('abort', end, { once: true });
  if (outer.aborted) end();

  return {
    follow,
    isActive: () => [...pursuits.values()].some((chase) => chase.isActive()),
    hasProof: () => proofs > 0,
    result: result.promise,
    end,
  };
};
