import type { ConfirmationPolicy, DeviceCard, PeerLocation } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import { machineClock } from '@bowline/machines';
import type { PairingKeys } from '@bowline/pairing-code';
import type { PairRefusalReason } from '@bowline/pairing-protocol';
import {
  type InitiatorContext,
  type InitiatorEvent,
  initiatorMachine,
  type PairingFailure,
} from '@bowline/pairing-state-machine';
import { createActor, fromPromise } from 'xstate';
import { earlyLeftReasonOf } from './close-reasons.ts';
import type { SessionComponents } from './components.ts';
import { type Conversation, conversation } from './conversation.ts';
import { conversations } from './conversations.ts';
import { diallableLocation } from './diallable-location.ts';
import { initiatorEnd } from './initiator-end.ts';
import { isPairedAlready, renewed } from './known-device.ts';
import { NOWHERE, ownLocation } from './own-location.ts';
import type { PairingDetails } from './peer-records.ts';
import { type RunningSession, sessionRunner, tellMachine } from './session-runner.ts';
import type { CodeEnd, ShownCode } from './shown-codes.ts';

export interface InitiatorRoleInput {
  readonly keys: PairingKeys;
  readonly policy: ConfirmationPolicy;
  readonly ttlMs: number;
  /** Whether a joiner that is paired already may be paired anew. */
  readonly mayRenew: boolean;
  /** Wall clock, milliseconds. */
  readonly expiresAtMs: number;
  /** Called once, before the end is told; the session is over for its canceller when it resolves. */
  readonly onEnded: (session: OfferedCode, end: CodeEnd) => Promise<void>;
}

/** One code this device shows, from its first word to its end: its session, and the claim of whoever proves it. */
export interface OfferedCode extends RunningSession, ShownCode {
  readonly expiresAtMs: number;
  /**
   * The one claim point: `null` when the code now belongs to the device on this connection, which is welcomed with the
   * given frame; otherwise what that device is told. Only the newest connection of a claim counts.
   */
  claim(connection: PeerConnection, welcome: Uint8Array): PairRefusalReason | 'busy' | null;
  /** The handshake on a claimed connection has finished. */
  adopt(connection: PeerConnection, joiner: DeviceCard, authenticationString: string): void;
  /** A claimed connection ends before its handshake did. */
  lose(connection: PeerConnection): void;
  noteWrongProof(): void;
  /** Counts a handshake before its challenge is sent; `false` when that was one too many and the code is withdrawn. */
  beginHandshake(): boolean;
  /** Expires the code if its time is over by the wall clock, which goes on while the machine sleeps and timers do not. */
  noteExpiry(): void;
}

/**
 * Offers one code. What the session knows is in its machine, the joiner and the claimed connection's id among it; here is
 * what the machine has done, and what the acceptor tells it.
 *
 * Longer than a screen because it is the list of the machine's effects, and of what is told to it; each of them is short.
 */
export const initiatorRole = (components: SessionComponents, input: InitiatorRoleInput): OfferedCode => {
  const { clock, emit, options, self } = components;
  const { keys, policy, ttlMs, mayRenew, expiresAtMs } = input;
  const { sessionId } = keys;
  const logger = components.logger.child({ sessionId, role: 'initiator' });
  const records = components.openRecords();
  const talks = conversations();

  /** What the machine knows; an action is given what comes after it. */
  const known = (): InitiatorContext => actor.getSnapshot().context;
  const isLive = (): boolean => actor.getSnapshot().status === 'active';
  const send = (event: InitiatorEvent): void => tellMachine(actor, event);
  const isClaimedOn = ({ info }: PeerConnection): boolean => info.connectionId === known().connectionId;
  const detailsOf = ({ name, platform }: DeviceCard): PairingDetails => ({
    card: { name, platform },
    tokens: [],
    mayRenew,
    pairingId: sessionId,
  });

  const machine = initiatorMachine.provide({
    actions: {
      listen: (now) => talks.of(now)?.listen(),
      askPerson: ({ context: { authenticationString, joiner, known: before } }) => {
        if (joiner === null) return;
        emit('pairing.confirmationNeeded', { sessionId, authenticationString, peer: joiner, renews: renewed(before) });
      },
      sendWelcome: (now) => talks.of(now)?.sendWelcome(),
      sendAccept: (now) => talks.of(now)?.sendAccept(),
      sendConfirm: (now) => talks.of(now)?.sendConfirm(ownLocation(self)),
      dropConnection: talks.drop,
    },
    actors: {
      storingPending: fromPromise(({ input: { joinerId, joiner } }) =>
        records.storePending(joinerId, detailsOf(joiner)),
      ),
      promoting: fromPromise(({ input: { device } }) => {
        const { joiner, joinerLocation } = known();
        return records.promote(device, detailsOf(joiner ?? device), joinerLocation ?? NOWHERE);
      }),
    },
  });
  const actor = createActor(machine, {
    input: { policy, ttlMs, delays: options.delays, mayRenew },
    clock: machineClock(clock),
  });

  const converse = (connection: PeerConnection, welcome: Uint8Array): Conversation => {
    const listener = {
      accepted: () => send({ type: 'joiner.accepted' }),
      confirmed: (said: PeerLocation) =>
        send({ type: 'joiner.confirmed', location: diallableLocation(said, self.current()) }),
      left: (failure: PairingFailure) => send({ type: 'joiner.left', failure }),
      lost: () => send({ type: 'connection.lost' }),
    };
    return conversation(connection, { role: 'initiator', welcome }, listener, logger);
  };

  const noteExpiry = (): void => {
    // A machine that slept has a timer that is late; its wall clock is not.
    if (clock.nowMs() >= expiresAtMs && !known().isExpired) send({ type: 'code.expired' });
  };

  const refusalFor: ShownCode['refusalFor'] = (joiner) => {
    noteExpiry();
    const { joinerId, isExpired } = known();
    if (isLive() && joinerId === joiner) return null;
    if (joinerId !== null) return 'code-used';
    return isExpired || !isLive() ? 'code-expired' : null;
  };

  const claim: OfferedCode['claim'] = (connection, welcome) => {
    const { remoteEndpointId: joinerId, connectionId } = connection.info;
    const refusal = refusalFor(joinerId);
    if (refusal !== null) return refusal;
    if (actor.getSnapshot().matches({ live: 'promoting' })) return 'busy';
    talks.replaceBy(converse(connection, welcome));
    // Known by the time the joiner has finished.
    void records.recognize(joinerId);
    send({ type: 'joiner.proven', joinerId, connectionId, atMs: clock.monotonicMs() });
    return null;
  };

  const adopt: OfferedCode['adopt'] = async (connection, joiner, authenticationString) => {
    const before = await records.recognize(connection.info.remoteEndpointId);
    if (!isClaimedOn(connection) || !isLive()) return;
    const mustDecide = !known().hasAccepted && !isPairedAlready(before, mayRenew);
    emit('pairing.peerProven', { sessionId, role: 'initiator', authenticationString, peer: joiner, mustDecide });
    send({ type: 'joiner.finished', joiner, authenticationString, known: before });
  };

  const lose: OfferedCode['lose'] = async (connection) => {
    const close = await connection.closed;
    if (!isClaimedOn(connection)) return;
    const failure = earlyLeftReasonOf(close);
    send(failure === null ? { type: 'connection.lost' } : { type: 'joiner.left', failure });
  };

  const finish = initiatorEnd({ ...components, logger, records }, sessionId);
  const session = sessionRunner<InitiatorEvent>(components, logger, actor, {
    sessionId,
    role: 'initiator',
    abandonedBy: [{ type: 'session.cancelled' }],
    end: (isCompleted) => {
      const last = talks.latest();
      last?.leave();
      return finish(isCompleted, known(), last, (how) => input.onEnded(code, how));
    },
  });
  const code: OfferedCode = {
    ...session,
    keys,
    expiresAtMs,
    refusalFor,
    claim,
    adopt: (...what) => void adopt(...what),
    lose: (connection) => void lose(connection),
    noteWrongProof: () => {
      logger.warn({}, 'wrong proof of a code');
      send({ type: 'proof.failed' });
    },
    noteExpiry,
    beginHandshake: () => {
      send({ type: 'handshake.begun' });
      return isLive();
    },
  };
  return code;
};
