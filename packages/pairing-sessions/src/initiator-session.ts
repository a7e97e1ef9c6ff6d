import {
  type ConfirmationPolicy,
  type DeviceCard,
  errorMessage,
  type PairingSessionId,
  type PeerDevice,
} from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import type { PairingKeys } from '@bowline/pairing-code';
import type { RefusalReason, Whereabouts } from '@bowline/pairing-protocol';
import {
  type InitiatorContext,
  type InitiatorEvent,
  type InitiatorSnapshot,
  initiatorMachine,
  type PairingFailure,
  pairingFailure,
} from '@bowline/pairing-state-machine';
import { createActor, fromPromise } from 'xstate';
import { closeNameFor, earlyLeftReasonOf, refusalAfter } from './close-meaning.ts';
import type { CodeEnd, ShownCode } from './code-book.ts';
import type { PairingContext } from './components.ts';
import { type Conversation, conversation } from './conversation.ts';
import { machineClock } from './machine-clock.ts';
import {
  innermostState,
  isPairedAlready,
  type PairingSession,
  recognizer,
  renewed,
  takeBack,
} from './pairing-session.ts';
import type { PairingDetails } from './peer-records.ts';
import { say } from './say.ts';
import { closeAfterPeer } from './turn-away.ts';

export interface InitiatorSessionInput {
  readonly keys: PairingKeys;
  readonly policy: ConfirmationPolicy;
  readonly ttlMs: number;
  /** Whether a joiner that is paired already may be paired anew. */
  readonly mayRenew: boolean;
  /** Wall clock, milliseconds. */
  readonly expiresAtMs: number;
  /** Called once, before the end is told; the session is over for its canceller when it resolves. */
  readonly onEnded: (session: InitiatorSession, end: CodeEnd) => Promise<void>;
}

/** One code this device shows, from its first word to its end. */
export interface InitiatorSession extends PairingSession, ShownCode {
  readonly expiresAtMs: number;
  /**
   * The one claim point: `null` when the code now belongs to the device on this connection, which is welcomed with the
   * given frame; otherwise what that device is told. Only the newest connection of a claim counts.
   */
  claim(connection: PeerConnection, welcome: Uint8Array): RefusalReason | 'busy' | null;
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

const NOWHERE: Whereabouts = { relayUrls: [], directAddresses: [] };

export const initiatorSession = (context: PairingContext, input: InitiatorSessionInput): InitiatorSession => {
  const { clock, emit, options, self } = context;
  const { keys, expiresAtMs } = input;
  const sessionId: PairingSessionId = keys.sessionId;
  const logger = context.logger.child({ sessionId, role: 'initiator' });
  const records = context.openRecords();
  const ended = Promise.withResolvers<void>();
  let claimed: PeerConnection | null = null;
  const recognize = recognizer(records);
  let talk: Conversation | null = null;
  let welcome: Uint8Array | null = null;
  let joinerWhereabouts = NOWHERE;
  let storing: Promise<PeerDevice> | null = null;
  let claimedAtMs = clock.monotonicMs();
  let state = '';

  const detailsOf = ({ name, platform }: DeviceCard): PairingDetails => ({
    card: { name, platform },
    tokens: [],
    mayRenew: input.mayRenew,
  });

  const machine = initiatorMachine.provide({
    actions: {
      askPerson: ({ context: { authenticationString, joiner, known } }) => {
        if (joiner === null) return;
        emit('pairing.confirmationNeeded', { sessionId, authenticationString, peer: joiner, renews: renewed(known) });
      },
      sendWelcome: () => {
        if (claimed !== null && welcome !== null) say(claimed, welcome, logger);
      },
      sendAccept: () => talk?.sendAccept(),
      sendConfirm: () => {
        const { relayUrls, directAddresses } = self.current() ?? NOWHERE;
        talk?.sendConfirm({ relayUrls, directAddresses });
      },
      dropConnection: () => {
        talk?.leave();
        void claimed?.close('not-responding', '');
      },
    },
    actors: {
      storingPending: fromPromise(({ input: { joinerId, joiner } }) => {
        storing = records.storePending(joinerId, detailsOf(joiner));
        return storing;
      }),
      promoting: fromPromise(({ input: { device } }) =>
        records.promote(device, detailsOf(current().joiner ?? device), joinerWhereabouts),
      ),
    },
  });
  const actor = createActor(machine, {
    input: { policy: input.policy, ttlMs: input.ttlMs, delays: options.delays, mayRenew: input.mayRenew },
    clock: machineClock(clock),
  });
  const send = (event: InitiatorEvent): void => {
    if (actor.getSnapshot().status === 'active') actor.send(event);
  };
  const current = (): InitiatorContext => actor.getSnapshot().context;

  const complete = async ({ device, authenticationString, joinerId, known }: InitiatorContext): Promise<void> => {
    records.keep();
    const connection = claimed;
    const withdrawn = input.onEnded(session, { reason: 'code-used', pairedWith: joinerId });
    if (device === null) throw new TypeError('completed without a device');
    emit('pairing.completed', {
      sessionId,
      role: 'initiator',
      device,
      isRenewed: renewed(known) !== null,
      authenticationString,
      via: null,
      path: connection?.path()?.kind ?? 'relay',
      elapsedMs: Math.round(clock.monotonicMs() - claimedAtMs),
      discoveredMs: null,
    });
    logger.info({ deviceId: device.id, path: connection?.path()?.kind ?? null }, 'paired');
    await withdrawn;
    // The joiner closes once it has read our confirm.
    if (connection !== null) await closeAfterPeer(connection, 'done', clock);
  };

  const fail = async ({ failure, joinerId }: InitiatorContext): Promise<void> => {
    const { code, reason, attempts }: PairingFailure = failure ?? pairingFailure('INTERNAL');
    const withdrawn = input.onEnded(session, { reason: refusalAfter(code), pairedWith: null });
    const closed = claimed?.close(closeNameFor(code), '');
    // We have sent no confirm, so the joiner is not paired either.
    await takeBack(storing, records);
    emit('pairing.failed', { sessionId, role: 'initiator', code, reason, attempts, leftBehind: null });
    logger.info({ code, wasClaimed: joinerId !== null }, 'pairing failed');
    await Promise.all([withdrawn, closed]);
  };

  const end = async (isCompleted: boolean): Promise<void> => {
    talk?.leave();
    try {
      await (isCompleted ? complete(current()) : fail(current()));
    } catch (error) {
      logger.error({ error: errorMessage(error) }, 'end of a pairing not finished');
    }
    ended.resolve();
  };

  const note = (snapshot: InitiatorSnapshot): void => {
    const next = innermostState(snapshot.value);
    if (next !== state) {
      state = next;
      logger.debug({ state }, 'pairing state changed');
      emit('pairing.stateChanged', { sessionId, role: 'initiator', state });
    }
    if (snapshot.status === 'done') void end(snapshot.matches('completed'));
  };

  actor.subscribe({
    next: note,
    error: (error) => {
      logger.error({ error: errorMessage(error) }, 'pairing broke');
      void end(false);
    },
  });

  const converse = (connection: PeerConnection): Conversation =>
    conversation(
      connection,
      'initiator',
      {
        accepted: () => send({ type: 'joiner.accepted' }),
        confirmed: (whereabouts) => {
          joinerWhereabouts = whereabouts;
          send({ type: 'joiner.confirmed' });
        },
        left: (failure) => send({ type: 'joiner.left', failure }),
        lost: () => send({ type: 'connection.lost' }),
      },
      logger,
    );

  const noteExpiry = (): void => {
    // A machine that slept has a timer that is late; its wall clock is not.
    if (clock.nowMs() >= expiresAtMs && !current().isExpired) send({ type: 'code.expired' });
  };

  const isLive = (): boolean => actor.getSnapshot().status === 'active';

  const session: InitiatorSession = {
    sessionId,
    keys,
    expiresAtMs,
    refusalFor: (joiner) => {
      noteExpiry();
      const { joinerId, isExpired } = current();
      if (isLive() && joinerId === joiner) return null;
      if (joinerId !== null) return 'code-used';
      return isExpired || !isLive() ? 'code-expired' : null;
    },
    claim: (connection, welcomeFrame) => {
      const joiner = connection.info.remoteEndpointId;
      const refusal = session.refusalFor(joiner);
      if (refusal !== null) return refusal;
      if (actor.getSnapshot().matches({ live: 'promoting' })) return 'busy';
      if (current().joinerId === null) claimedAtMs = clock.monotonicMs();
      // A joiner that comes back is believed before its old connection is known to be dead.
      talk?.leave();
      void claimed?.close('superseded', '');
      claimed = connection;
      welcome = welcomeFrame;
      // Known by the time the joiner has finished.
      void recognize(joiner);
      talk = converse(connection);
      send({ type: 'joiner.proven', joinerId: joiner });
      return null;
    },
    adopt: (connection, joiner, authenticationString) => {
      void recognize(connection.info.remoteEndpointId).then((known) => {
        if (connection !== claimed || !isLive()) return;
        const mustDecide = !current().hasAccepted && !isPairedAlready(known, input.mayRenew);
        emit('pairing.peerProven', { sessionId, role: 'initiator', authenticationString, peer: joiner, mustDecide });
        send({ type: 'joiner.finished', joiner, authenticationString, known });
        talk?.listen();
      });
    },
    lose: (connection) => {
      void connection.closed.then((close) => {
        if (connection !== claimed) return;
        const failure = earlyLeftReasonOf(close);
        send(failure === null ? { type: 'connection.lost' } : { type: 'joiner.left', failure });
      });
    },
    noteWrongProof: () => {
      logger.warn({}, 'wrong proof of a code');
      send({ type: 'proof.failed' });
    },
    noteExpiry,
    beginHandshake: () => {
      send({ type: 'handshake.begun' });
      return isLive();
    },
    decide: (isAccepted, authenticationString) => {
      // Whoever was shown other digits has not agreed to these; a no is a no to all of them.
      if (isAccepted && authenticationString !== current().authenticationString) return;
      send({ type: 'decision.made', isAccepted });
    },
    cancel: () => {
      send({ type: 'session.cancelled' });
      // Once it is too late to cancel, the session ends by itself.
      return isLive() ? Promise.resolve() : ended.promise;
    },
    abandon: () => {
      send({ type: 'session.cancelled' });
      return ended.promise;
    },
  };
  actor.start();
  return session;
};
