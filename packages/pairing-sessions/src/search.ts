import {
  type Candidate,
  type DeviceCard,
  type DiscoverySource,
  type EndpointAddress,
  type EndpointId,
  errorMessage,
  type PairingFailureCode,
  type PairingIdentity,
} from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import type { PairingKeys } from '@bowline/pairing-code';
import { PROOF_BYTES, rendezvousJoiner } from '@bowline/pairing-protocol';
import { PairingFailureError, pairingFailure } from '@bowline/pairing-state-machine';
import type { AttemptOutcome } from './attempt-outcome.ts';
import { refusalMeaning } from './close-meaning.ts';
import type { PairingContext } from './components.ts';
import { introduce } from './introduce.ts';
import { type Pursuit, pursuit } from './pursuit.ts';

/** Endpoints pursued at once; liars on the local network must not use up this device. */
const MAX_PURSUITS = 32;

/** A device that holds the code, and the connection it proved it on. */
export type Found =
  | {
      readonly kind: 'proven';
      readonly connection: PeerConnection;
      readonly initiator: DeviceCard;
      readonly authenticationString: string;
      readonly via: DiscoverySource;
      readonly address: EndpointAddress;
    }
  | { readonly kind: 'completed'; readonly via: DiscoverySource; readonly address: EndpointAddress };

export interface SearchOptions {
  readonly keys: PairingKeys;
  readonly self: PairingIdentity;
  /** The one endpoint that is the initiator's for certain; `null` when only the words are known. Its word is final. */
  readonly certainId: EndpointId | null;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onFailed: (via: DiscoverySource, outcome: AttemptOutcome) => void;
  /** Nothing is under way any more. */
  readonly onIdle: () => void;
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
  /** Lets everything go that has not won. */
  end(): void;
}

export const search = (context: PairingContext, options: SearchOptions): Search => {
  const { random, switchboard, logger } = context;
  const { keys, self, certainId, onFailed, onIdle } = options;
  const pursuits = new Map<EndpointId, Pursuit>();
  const letGo = new AbortController();
  const signal = AbortSignal.any([options.signal, letGo.signal]);
  const result = Promise.withResolvers<Found>();
  // Whoever ends the search early does not wait for its result.
  result.promise.catch(() => undefined);
  let winner: EndpointId | null = null;
  let proofs = 0;

  const end = (): void => {
    letGo.abort();
    for (const endpointId of pursuits.keys()) {
      if (endpointId === winner) continue;
      switchboard.request('forgetPeer', { endpointId }).catch((error: unknown) => {
        logger.debug({ error: errorMessage(error) }, 'relays of a candidate not forgotten');
      });
    }
    pursuits.clear();
  };

  const succeed = (found: Found): void => {
    winner = found.address.endpointId;
    result.resolve(found);
    end();
  };

  const fail = (code: PairingFailureCode): void => result.reject(new PairingFailureError(pairingFailure(code)));

  const addressOf = (endpointId: EndpointId): EndpointAddress =>
    pursuits.get(endpointId)?.address() ?? { endpointId, directAddresses: [], relayUrls: [] };

  const meet = async (connection: PeerConnection, via: DiscoverySource): Promise<void> => {
    let hasProven = false;
    const onProven = (): void => {
      hasProven = true;
      proofs += 1;
    };
    try {
      const step = await introduce(context, connection, keys, self, onProven);
      if (signal.aborted) return await connection.close('cancelled', '');
      const address = addressOf(connection.info.remoteEndpointId);
      if (step.kind === 'finished') {
        const { initiator, authenticationString } = step;
        succeed({ kind: 'proven', connection, initiator, authenticationString, via, address });
        return;
      }
      void connection.close('done', '');
      if (step.reason === 'completed') succeed({ kind: 'completed', via, address });
      else result.reject(new PairingFailureError(refusalMeaning(step.reason)));
    } finally {
      if (hasProven) proofs -= 1;
    }
  };

  const visit = async (connection: PeerConnection, via: DiscoverySource): Promise<void> => {
    const { localEndpointId: joiner, remoteEndpointId: rendezvous } = connection.info;
    const talk = rendezvousJoiner(keys.rendezvousProofKey, { rendezvous, joiner }, random.bytes(PROOF_BYTES));
    await connection.send(talk.ask);
    const step = talk.receive(await connection.nextFrame({ timeoutMs: context.options.frameMs, signal }));
    void connection.close('done', '');
    if (step.kind === 'address') follow({ source: via, kind: 'device', address: step.address });
    else if (step.reason !== 'completed') result.reject(new PairingFailureError(refusalMeaning(step.reason)));
  };

  const follow = (candidate: Candidate): void => {
    const { kind, address } = candidate;
    const { endpointId } = address;
    if (signal.aborted || endpointId === self.endpointId) return;
    let chase = pursuits.get(endpointId);
    if (chase === undefined) {
      if (pursuits.size >= MAX_PURSUITS && endpointId !== certainId) return;
      chase = pursuit(
        context,
        self,
        { kind, endpointId },
        { signal, timeoutMs: options.timeoutMs },
        {
          talk: kind === 'device' ? meet : visit,
          failed: (via, outcome) => {
            onFailed(via, outcome);
            const isFinal = endpointId === certainId && outcome.code !== null && outcome.code !== 'BUSY';
            if (isFinal) fail(outcome.code);
          },
          changed: () => {
            if (!isActive()) onIdle();
          },
        },
      );
      pursuits.set(endpointId, chase);
    }
    chase.follow(candidate);
  };

  const isActive = (): boolean => [...pursuits.values()].some((chase) => chase.isActive());

  return { follow, isActive, hasProof: () => proofs > 0, result: result.promise, end };
};
