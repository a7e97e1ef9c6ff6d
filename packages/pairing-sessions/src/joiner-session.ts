import {
  type ConfirmationPolicy,
  type EndpointAddress,
  type EndpointId,
  errorMessage,
  type PairingSessionId,
  type PeerDevice,
  type RelayToken,
  type SocketAddress,
} from '@bowline/contracts';
import type { PairingKeys, Ticket } from '@bowline/pairing-code';
import type { Whereabouts } from '@bowline/pairing-protocol';
import {
  type FoundInitiator,
  type JoinerContext,
  type JoinerEvent,
  type JoinerSnapshot,
  joinerMachine,
  PairingFailureError,
  pairingFailure,
} from '@bowline/pairing-state-machine';
import { createActor, fromPromise } from 'xstate';
import { closeNameFor } from './close-meaning.ts';
import type { PairingContext } from './components.ts';
import { type Conversation, conversation } from './conversation.ts';
import { findInitiator, returnToInitiator } from './find-initiator.ts';
import { mergeAddress } from './known-address.ts';
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
import { tokensIn } from './relay-hints.ts';
import type { Found } from './search.ts';

/**
 * Challenges one join answers. Every answer tells a holder of the code the digits of that handshake, so this bounds how
 * many it can choose from; an honest initiator needs one, and one more for each connection that breaks.
 */
const MAX_ANSWERS = 8;

export interface JoinerSessionInput {
  readonly sessionId: PairingSessionId;
  readonly keys: PairingKeys;
  readonly ticket: Ticket | null;
  readonly policy: ConfirmationPolicy;
  /** Whether an initiator that is paired already may be paired anew. */
  readonly mayRenew: boolean;
  /** Whether this device itself shows the code. */
  readonly isOwnCode: () => boolean;
  /** Called once, before the end is told. */
  readonly onEnded: (session: PairingSession) => void;
}

/** One attempt of this device to pair with whoever shows a code. It begins at once. */
export const joinerSession = (context: PairingContext, input: JoinerSessionInput): PairingSession => {
  const { clock, emit, options, self } = context;
  const { sessionId, keys } = input;
  const logger = context.logger.child({ sessionId, role: 'joiner' });
  const hints = context.openHints();
  const startedAtMs = clock.monotonicMs();
  const records = context.openRecords();
  const ended = Promise.withResolvers<void>();
  const recognize = recognizer(records);
  let talk: Conversation | null = null;
  let address: EndpointAddress | null = null;
  let discoveredAtMs: number | null = null;
  let reachedAt: SocketAddress | null = null;
  let told: Whereabouts | null = null;
  let storing: Promise<PeerDevice> | null = null;
  let isRenewed = false;
  let answers = 0;
  let state = '';

  const mayAnswer = (): boolean => {
    answers += 1;
    return answers <= MAX_ANSWERS;
  };

  const adopt = (found: Found, known: PeerDevice | null): FoundInitiator => {
    const { via } = found;
    address = found.address;
    reachedAt = found.reachedAt ?? reachedAt;
    discoveredAtMs ??= found.discoveredAtMs;
    isRenewed = input.mayRenew && renewed(known) !== null;
    const initiatorId = found.address.endpointId;
    hints.hold(initiatorId);
    if (found.kind === 'completed') return { kind: 'completed', initiatorId, via, known };
    const { connection, initiator, authenticationString, hasAccepted } = found;
    logger.info({ via, path: connection.path()?.kind ?? null }, 'initiator found');
    const mustDecide = !actor.getSnapshot().context.hasAccepted && !isPairedAlready(known, input.mayRenew);
    emit('pairing.peerProven', { sessionId, role: 'joiner', authenticationString, peer: initiator, mustDecide });
    talk?.leave();
    talk = conversation(
      connection,
      'joiner',
      {
        accepted: () => send({ type: 'initiator.accepted' }),
        confirmed: (whereabouts) => {
          told = whereabouts;
          send({ type: 'initiator.confirmed' });
        },
        left: (failure) => send({ type: 'initiator.left', failure }),
        lost: () => send({ type: 'connection.lost' }),
      },
      logger,
      hasAccepted,
    );
    return { kind: 'proven', initiatorId, initiator, authenticationString, via, known };
  };

  /** A search that was cancelled in its last moment must not leave a connection behind. */
  const adoptUnlessAborted = async (found: Found, signal: AbortSignal): Promise<FoundInitiator> => {
    const known = await recognize(found.address.endpointId);
    if (!signal.aborted) return adopt(found, known);
    if (found.kind === 'proven') void found.connection.close('cancelled', '');
    throw new PairingFailureError(pairingFailure('CANCELLED'));
  };

  /** A ticket speaks for the device it names, and for no other one that may hold its code. */
  const tokensOf = (initiatorId: EndpointId): readonly RelayToken[] =>
    input.ticket?.endpointId === initiatorId ? tokensIn(input.ticket) : [];

  const detailsOf = (initiatorId: EndpointId): Omit<PairingDetails, 'card'> => ({
    tokens: tokensOf(initiatorId),
    mayRenew: input.mayRenew,
  });

  const machine = joinerMachine.provide({
    actions: {
      askPerson: ({ context: { authenticationString, initiator, known } }) => {
        if (initiator === null) return;
        emit('pairing.confirmationNeeded', {
          sessionId,
          authenticationString,
          peer: initiator,
          renews: renewed(known),
        });
      },
      sendAccept: () => talk?.sendAccept(),
      sendConfirm: () => {
        const { relayUrls, directAddresses } = self.current() ?? { relayUrls: [], directAddresses: [] };
        talk?.sendConfirm({ relayUrls, directAddresses });
      },
      dropConnection: () => {
        talk?.leave();
        void talk?.connection.close('not-responding', '');
      },
    },
    actors: {
      searching: fromPromise(async ({ signal }) => {
        if (input.ticket !== null) await hints.lend(input.ticket);
        const found = await findInitiator(context, {
          ...input,
          searchId: sessionId,
          mayAnswer,
          hints,
          hasAgreed: hasAgreed(),
          signal,
        });
        return adoptUnlessAborted(found, signal);
      }),
      returning: fromPromise(async ({ input: { found }, signal }) => {
        const back = await returnToInitiator(context, {
          keys,
          mayAnswer,
          hints,
          address,
          via: found.via,
          hasAgreed: hasAgreed(),
          signal,
        });
        return adoptUnlessAborted(back, signal);
      }),
      storingPending: fromPromise(({ input: { initiatorId, initiator } }) => {
        storing = records.storePending(initiatorId, { card: initiator, ...detailsOf(initiatorId) });
        return storing;
      }),
      promoting: fromPromise(({ input: { device } }) => {
        const { name, platform } = actor.getSnapshot().context.initiator ?? device;
        const details = { card: { name, platform }, ...detailsOf(device.endpointId) };
        return records.promote(device, details, whereabouts());
      }),
      recovering: fromPromise(({ input: { initiatorId } }) =>
        records.recover(initiatorId, detailsOf(initiatorId), whereabouts()),
      ),
    },
  });
  const actor = createActor(machine, {
    input: { policy: input.policy, delays: options.delays, mayRenew: input.mayRenew },
    clock: machineClock(clock),
  });
  const hasAgreed = (): boolean => actor.getSnapshot().context.hasAccepted;
  const send = (event: JoinerEvent): void => {
    if (actor.getSnapshot().status === 'active') actor.send(event);
  };

  /**
   * Where the initiator was reached, what it said of itself, and the relays that led there. Other direct addresses that
   * led the search are left out: anybody nearby may have made them up.
   */
  const whereabouts = (): Whereabouts => {
    const { relayUrls, directAddresses } = told ?? { relayUrls: [], directAddresses: [] };
    const reached = [talk?.connection.path()?.remoteAddress, reachedAt].filter((each) => each != null);
    const first = { relayUrls, directAddresses: [...new Set(reached)] };
    return mergeAddress(first, { relayUrls: address?.relayUrls ?? [], directAddresses });
  };

  const complete = ({ device, authenticationString, found }: JoinerContext): void => {
    if (device === null) throw new TypeError('completed without a device');
    records.keep();
    const path = talk?.connection.path()?.kind ?? 'relay';
    emit('pairing.completed', {
      sessionId,
      role: 'joiner',
      device,
      isRenewed,
      authenticationString,
      via: found?.via ?? null,
      path,
      elapsedMs: Math.round(clock.monotonicMs() - startedAtMs),
      discoveredMs: discoveredAtMs === null ? null : Math.round(discoveredAtMs - startedAtMs),
    });
    logger.info({ deviceId: device.id, via: found?.via, path }, 'paired');
    void talk?.connection.close('done', '');
    void hints.end(device.endpointId);
  };

  const fail = async ({ device, failure, found, isTakenBack, mayBePaired }: JoinerContext): Promise<void> => {
    const { code, reason, attempts } = failure ?? pairingFailure('INTERNAL');
    const closed = talk?.connection.close(closeNameFor(code), '');
    // The next contact tells whether the initiator is paired.
    if (mayBePaired) records.keep();
    else await takeBack(storing, records);
    const left = mayBePaired && device?.pairingState === 'pending' ? { leftPending: device } : {};
    const leftBehind = isTakenBack ? (found?.initiatorId ?? null) : null;
    emit('pairing.failed', { sessionId, role: 'joiner', code, reason, attempts, leftBehind, ...left });
    logger.info({ code, attempts }, 'pairing failed');
    await Promise.all([closed, hints.end(mayBePaired ? (found?.initiatorId ?? null) : null)]);
  };

  const end = async (isCompleted: boolean): Promise<void> => {
    talk?.leave();
    const last = actor.getSnapshot().context;
    try {
      if (isCompleted) complete(last);
      else await fail(last);
    } catch (error) {
      logger.error({ error: errorMessage(error) }, 'end of a pairing not finished');
    }
    ended.resolve();
  };

  const session: PairingSession = {
    sessionId,
    decide: (isAccepted, authenticationString) => {
      // Whoever was shown other digits has not agreed to these; a no is a no to all of them.
      if (isAccepted && authenticationString !== actor.getSnapshot().context.authenticationString) return;
      send({ type: 'decision.made', isAccepted });
    },
    cancel: () => {
      send({ type: 'session.cancelled' });
      // Once it is too late to cancel, the session ends by itself.
      return actor.getSnapshot().status === 'active' ? Promise.resolve() : ended.promise;
    },
    abandon: () => {
      // What is too late to cancel on a live connection can be given up on a lost one.
      send({ type: 'connection.lost' });
      send({ type: 'session.abandoned' });
      return ended.promise;
    },
  };

  const note = (snapshot: JoinerSnapshot): void => {
    const next = innermostState(snapshot.value);
    if (next !== state) {
      state = next;
      logger.debug({ state }, 'pairing state changed');
      emit('pairing.stateChanged', { sessionId, role: 'joiner', state });
    }
    // What came with the handshake waits until the machine has somewhere to put it.
    if (state === 'confirming') talk?.listen();
    if (snapshot.status !== 'done') return;
    input.onEnded(session);
    void end(snapshot.matches('completed'));
  };

  actor.subscribe({
    next: note,
    error: (error) => {
      logger.error({ error: errorMessage(error) }, 'pairing broke');
      input.onEnded(session);
      void end(false);
    },
  });
  actor.start();
  return session;
};
