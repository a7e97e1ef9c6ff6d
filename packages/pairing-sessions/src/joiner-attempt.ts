import {
  type DeviceCard,
  type DiscoverySourceName,
  type EndpointAddress,
  type EndpointId,
  errorCode,
  errorMessage,
  PAIR_ALPN,
  type PairingIdentity,
  RENDEZVOUS_ALPN,
  type SocketAddress,
} from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import type { PairingKeys } from '@bowline/pairing-code';
import { joinerHandshake, PROOF_BYTES, rendezvousJoiner } from '@bowline/pairing-protocol';
import type { AttemptControl, AttemptOutcome, PlannedAttempt } from '@bowline/pairing-search';
import {
  blockedHere,
  blockedThere,
  type PairingFailure,
  pairingFailure,
  tooManyHandshakes,
} from '@bowline/pairing-state-machine';
import { attemptFailureOf } from './attempt-failure.ts';
import { closeNameAfter, refusalMeaning } from './close-reasons.ts';
import type { SessionComponents } from './components.ts';
import { diallableLocation } from './diallable-location.ts';
import { introduce } from './joiner-introduction.ts';
import type { RelayHints } from './relay-hints.ts';
import { atSameHost } from './same-host.ts';

/** A device that holds the code, and how it answered. */
export type Found = {
  readonly via: DiscoverySourceName;
  readonly address: EndpointAddress;
  /** When its first candidate came, monotonic milliseconds. */
  readonly discoveredAtMs: number;
  /** Where it answered; `null` through a relay. The rest of its address may be made up. */
  readonly reachedAt: SocketAddress | null;
} & (
  | {
      readonly kind: 'proven';
      /** It is open; whoever takes the find closes it. */
      readonly connection: PeerConnection;
      readonly initiator: DeviceCard;
      readonly authenticationString: string;
      /** Whether this side's `accept` is on its way. */
      readonly hasAccepted: boolean;
    }
  | { readonly kind: 'completed' }
);

/** What ends a search. */
export type SearchDecision =
  | { readonly kind: 'found'; readonly found: Found }
  /** @param isRefusal whether the initiator itself said no, and proved the code with it */
  | { readonly kind: 'failed'; readonly failure: PairingFailure; readonly isRefusal: boolean };

export interface JoinerAttemptInput {
  readonly keys: PairingKeys;
  readonly self: PairingIdentity;
  readonly hints: RelayHints;
  /** The one endpoint that is the initiator's for certain; `null` when only the words are known. Its word is final. */
  readonly certainId: EndpointId | null;
  /** Nobody has to be asked on this side: it says so behind its part of the handshake. */
  readonly hasAgreed: boolean;
  /** Asked before a challenge that proves the code is answered; `false` ends the search. */
  readonly mayAnswer: () => boolean;
  readonly timeoutMs: number;
}

/** What is to be said on one connection, made before there is one: the first frame leaves with it. */
interface Exchange {
  readonly alpn: string;
  readonly firstFrame: Uint8Array;
  /** Goes on from there. Rejects with whatever the other side, or the connection, did wrong. */
  converse(connection: PeerConnection, control: AttemptControl): Promise<AttemptOutcome<SearchDecision>>;
}

type Outcome = AttemptOutcome<SearchDecision>;

const REDUNDANT: Outcome = { kind: 'redundant' };
const failedWith = (failure: PairingFailure, isRefusal: boolean): Outcome => ({
  kind: 'decided',
  decision: { kind: 'failed', failure, isRefusal },
});

/** Attempts one candidate: dials it and says what its kind is to be told. Never rejects. */
export const joinerAttempt = (components: SessionComponents, input: JoinerAttemptInput) => {
  const { connections, logger, options, random } = components;
  const { keys, self, hints, certainId, hasAgreed, mayAnswer, timeoutMs } = input;

  /** What an initiator is told: that this device has the code. */
  const pairExchange = ({ address, via }: PlannedAttempt): Exchange => {
    const ends = { initiator: address.endpointId, joiner: self.endpointId };
    const handshake = joinerHandshake({ keys, ends, card: self.card, nonce: random.bytes(PROOF_BYTES) });
    const converse: Exchange['converse'] = async (connection, control) => {
      const mayGoOn = (): boolean => {
        const may = mayAnswer();
        if (may) control.noteProof();
        return may;
      };
      const step = await introduce(components, connection, handshake, hasAgreed, mayGoOn);
      if (step === null) {
        void connection.close('protocol-error', '');
        return failedWith(tooManyHandshakes, false);
      }
      if (control.signal.aborted) return REDUNDANT;
      const reached = { via, reachedAt: connection.path()?.remoteAddress ?? null, ...control.target() };
      if (step.kind === 'finished') {
        const { initiator, authenticationString } = step;
        const held = { connection, initiator, authenticationString, hasAccepted: hasAgreed };
        return { kind: 'decided', decision: { kind: 'found', found: { kind: 'proven', ...held, ...reached } } };
      }
      void connection.close('done', '');
      return step.reason === 'completed'
        ? { kind: 'decided', decision: { kind: 'found', found: { kind: 'completed', ...reached } } }
        : failedWith(refusalMeaning(step.reason), true);
    };
    return { alpn: PAIR_ALPN, firstFrame: handshake.hello, converse };
  };

  /** What the endpoint behind the words is asked: where the initiator is. */
  const rendezvousExchange = ({ address }: PlannedAttempt): Exchange => {
    const ends = { rendezvous: address.endpointId, joiner: self.endpointId };
    const question = rendezvousJoiner(keys.rendezvousProofKey, ends, random.bytes(PROOF_BYTES));
    const converse: Exchange['converse'] = async (connection, { signal }) => {
      const step = question.receive(await connection.nextFrame({ timeoutMs: options.frameMs, signal }));
      // Only a candidate that was an address and nothing else says where the host is, as this device reaches it.
      const reachedAt = address.relayUrls.length === 0 ? (connection.path()?.remoteAddress ?? null) : null;
      void connection.close('done', '');
      if (step.kind === 'address') {
        return { kind: 'told', address: atSameHost(diallableLocation(step.address, self), reachedAt) };
      }
      return step.reason === 'completed' ? { kind: 'finished' } : failedWith(refusalMeaning(step.reason), true);
    };
    return { alpn: RENDEZVOUS_ALPN, firstFrame: question.ask, converse };
  };

  const dial = async (
    { kind, isHearsayOnly }: PlannedAttempt,
    { alpn, firstFrame }: Exchange,
    { signal, target }: AttemptControl,
  ): Promise<PeerConnection> => {
    const { endpointId, relayUrls } = target().address;
    await hints.give(endpointId, relayUrls);
    const { address } = target();
    const throughRelay = address.relayUrls.length > 0;
    const way = { from: self.endpointId, to: endpointId, alpn, directAddresses: address.directAddresses, throughRelay };
    const trust = { isHearsay: true, isFromStranger: isHearsayOnly };
    logger.trace({ kind, endpointId }, 'candidate dialled');
    return connections.dial({ ...way, ...trust, timeoutMs, firstFrame }, { signal });
  };

  const attempt = async (planned: PlannedAttempt, control: AttemptControl): Promise<Outcome> => {
    const { signal } = control;
    const exchange = planned.kind === 'device' ? pairExchange(planned) : rendezvousExchange(planned);
    const connection = await dial(planned, exchange, control);
    if (signal.aborted || !control.mayTalk()) {
      void connection.close(signal.aborted ? 'cancelled' : 'duplicate', '');
      return REDUNDANT;
    }
    const letGo = (): void => void connection.close('cancelled', '');
    signal.addEventListener('abort', letGo, { once: true });
    try {
      return await exchange.converse(connection, control);
    } catch (error) {
      void connection.close(closeNameAfter(error), '');
      throw error;
    } finally {
      signal.removeEventListener('abort', letGo);
    }
  };

  return async (planned: PlannedAttempt, control: AttemptControl): Promise<Outcome> => {
    try {
      return await attempt(planned, control);
    } catch (error) {
      if (control.signal.aborted) return REDUNDANT;
      logger.debug({ via: planned.via, code: errorCode(error), error: errorMessage(error) }, 'candidate led nowhere');
      const failure = attemptFailureOf(error);
      // Whoever made an address up may also keep others out; who is vouched for is the one that holds the code.
      if (failure.code === 'BLOCKED' && !planned.isHearsayOnly) {
        return failedWith(errorCode(error) === 'ENDPOINT_BLOCKED' ? blockedHere : blockedThere, false);
      }
      const isFinal = planned.address.endpointId === certainId && failure.code !== null && failure.code !== 'BUSY';
      return isFinal && failure.code !== null
        ? failedWith(pairingFailure(failure.code), false)
        : { kind: 'failed', failure };
    }
  };
};
