import type {
  ConfirmationPolicy,
  EndpointId,
  PairingSessionId,
  PeerDevice,
  PeerLocation,
  RelayToken,
} from '@bowline/contracts';
import { machineClock } from '@bowline/machines';
import type { PairingKeys, Ticket } from '@bowline/pairing-code';
import { mergeLocations } from '@bowline/pairing-search';
import {
  type FoundInitiator,
  type JoinerContext,
  type JoinerEvent,
  joinerMachine,
  MAX_ANSWERS,
  PairingFailureError,
  pairingFailure,
} from '@bowline/pairing-state-machine';
import { createActor, fromPromise } from 'xstate';
import type { SessionComponents } from './components.ts';
import { type Conversation, conversation } from './conversation.ts';
import { conversations } from './conversations.ts';
import { diallableLocation } from './diallable-location.ts';
import { discardFound, findInitiator, returnToInitiator } from './find-initiator.ts';
import type { Found } from './joiner-attempt.ts';
import { joinerEnd } from './joiner-end.ts';
import { isPairedAlready, renewed } from './known-device.ts';
import { NOWHERE, ownLocation } from './own-location.ts';
import type { PairingDetails } from './peer-records.ts';
import { tokensIn } from './relay-hints.ts';
import { type RunningSession, sessionRunner, tellMachine } from './session-runner.ts';

export interface JoinerRoleInput {
  readonly sessionId: PairingSessionId;
  readonly keys: PairingKeys;
  readonly ticket: Ticket | null;
  readonly policy: ConfirmationPolicy;
  /** Whether an initiator that is paired already may be paired anew. */
  readonly mayRenew: boolean;
  /** Where the person says the initiator is. */
  readonly hints: readonly string[];
  /** Whether this device itself shows the code. */
  readonly isOwnCode: () => boolean;
  /** Called once, before the end is told. */
  readonly onEnded: (session: RunningSession) => void;
}

/**
 * Where the initiator was reached, what it said of itself, and the relays that led there. Other direct addresses that
 * led the search are left out: anybody nearby may have made them up.
 */
const provenLocation = (
  { found, reachedAt, initiatorLocation }: JoinerContext,
  talk: Conversation | null,
): PeerLocation => {
  const { relayUrls, directAddresses } = initiatorLocation ?? NOWHERE;
  const reached = [talk?.connection.path()?.remoteAddress, reachedAt].filter((each) => each != null);
  const first = { relayUrls, directAddresses: [...new Set(reached)] };
  return mergeLocations(first, { relayUrls: found?.location.relayUrls ?? [], directAddresses });
};

/** A search that was cancelled in its last moment must not leave a connection behind. */
const discardIfAborted = (found: Found, signal: AbortSignal): void => {
  if (!signal.aborted) return;
  discardFound(found);
  throw new PairingFailureError(pairingFailure('CANCELLED'));
};

/**
 * One attempt of this device to pair with whoever shows a code. It begins at once. What it knows is in its machine; here
 * is what the machine has done: by whom, and on which connection.
 *
 * Longer than a screen because it is the list of the machine's effects; each of them is short.
 */
export const joinerRole = (components: SessionComponents, input: JoinerRoleInput): RunningSession => {
  const { clock, emit, options, self } = components;
  const { sessionId, keys, ticket, mayRenew } = input;
  const logger = components.logger.child({ sessionId, role: 'joiner' });
  const hints = components.openHints();
  const records = components.openRecords();
  const talks = conversations();
  const startedAtMs = clock.monotonicMs();

  /** What the machine knows; an action is given what comes after it. */
  const known = (): JoinerContext => actor.getSnapshot().context;
  const send = (event: JoinerEvent): void => tellMachine(actor, event);
  const location = (): PeerLocation => provenLocation(known(), talks.latest());

  /** A ticket speaks for the device it names, and for no other one that may hold its code. */
  const detailsOf = (initiatorId: EndpointId): Omit<PairingDetails, 'card'> => {
    const tokens: readonly RelayToken[] = ticket?.endpointId === initiatorId ? tokensIn(ticket) : [];
    return { tokens, mayRenew, pairingId: keys.sessionId };
  };

  const searching = () => ({
    keys,
    hints,
    hasAgreed: known().hasAccepted,
    mayAnswer: () => {
      // The count comes first: many connections at once must gain nothing.
      send({ type: 'handshake.begun' });
      return known().handshakes <= MAX_ANSWERS;
    },
  });

  const converse = ({ connection, hasAccepted }: Extract<Found, { kind: 'proven' }>): void => {
    const listener = {
      accepted: () => send({ type: 'initiator.accepted' }),
      confirmed: (said: PeerLocation) =>
        send({ type: 'initiator.confirmed', location: diallableLocation(said, self.current()) }),
      left: (failure: PairingFailureError['failure']) => send({ type: 'initiator.left', failure }),
      lost: () => send({ type: 'connection.lost' }),
    };
    talks.replaceBy(conversation(connection, { role: 'joiner', hasAccepted }, listener, logger));
  };

  /** Takes a find over from the search. */
  const adopt = async (found: Found, signal: AbortSignal): Promise<FoundInitiator> => {
    const { via, address, reachedAt, discoveredAtMs } = found;
    const { endpointId: initiatorId, ...foundLocation } = address;
    const before = await records.recognize(initiatorId);
    discardIfAborted(found, signal);
    const common = { initiatorId, location: foundLocation, reachedAt, discoveredAtMs, via, known: before };
    if (found.kind === 'completed') return { kind: 'completed', ...common };
    const { connection, initiator, authenticationString } = found;
    logger.info({ via, path: connection.path()?.kind ?? null }, 'initiator found');
    const mustDecide = !known().hasAccepted && !isPairedAlready(before, mayRenew);
    emit('pairing.peerProven', { sessionId, role: 'joiner', authenticationString, peer: initiator, mustDecide });
    converse(found);
    return { kind: 'proven', connectionId: connection.info.connectionId, initiator, authenticationString, ...common };
  };

  const machine = joinerMachine.provide({
    actions: {
      listen: (now) => talks.of(now)?.listen(),
      askPerson: ({ context: { authenticationString, initiator, known: before } }) => {
        if (initiator === null) return;
        const renews = renewed(before);
        emit('pairing.confirmationNeeded', { sessionId, authenticationString, peer: initiator, renews });
      },
      sendAccept: (now) => talks.of(now)?.sendAccept(),
      sendConfirm: (now) => talks.of(now)?.sendConfirm(ownLocation(self)),
      dropConnection: talks.drop,
    },
    actors: {
      searching: fromPromise(async ({ signal }) => {
        if (ticket !== null) await hints.lend(ticket);
        const { isOwnCode, hints: places } = input;
        const find = { ...searching(), searchId: sessionId, ticket, places, isOwnCode, signal };
        return adopt(await findInitiator(components, find), signal);
      }),
      returning: fromPromise(async ({ input: { found }, signal }) =>
        adopt(await returnToInitiator(components, { ...searching(), found, signal }), signal),
      ),
      storingPending: fromPromise(({ input: { initiatorId, initiator } }) =>
        records.storePending(initiatorId, { card: initiator, ...detailsOf(initiatorId) }),
      ),
      promoting: fromPromise(({ input: { device } }) => {
        const { name, platform } = known().initiator ?? device;
        const details = { card: { name, platform }, ...detailsOf(device.endpointId) };
        return records.promote(device, details, location());
      }),
      recovering: fromPromise<PeerDevice, { readonly initiatorId: EndpointId }>(({ input: { initiatorId } }) =>
        records.recover(initiatorId, detailsOf(initiatorId), location()),
      ),
    },
  });
  const actor = createActor(machine, {
    input: { policy: input.policy, delays: options.delays, mayRenew },
    clock: machineClock(clock),
  });
  const finish = joinerEnd({ ...components, logger, records, hints }, { sessionId, mayRenew, startedAtMs });
  const session: RunningSession = sessionRunner<JoinerEvent>(components, logger, actor, {
    sessionId,
    role: 'joiner',
    // What is too late to cancel on a live connection can be given up on a lost one.
    abandonedBy: [{ type: 'connection.lost' }, { type: 'session.abandoned' }],
    end: (isCompleted) => {
      input.onEnded(session);
      const last = talks.latest();
      last?.leave();
      return finish(isCompleted, known(), last);
    },
  });
  return session;
};
