import type { DeviceCard, EndpointId, PeerDevice } from '@bowline/contracts';
import { type ActorRefFrom, assign, fromPromise, type SnapshotFrom, setup } from 'xstate';
import { rejectedHere, takenBack, unsettled, unstored } from './joiner-failure.ts';
import type { FoundInitiator, JoinerContext, JoinerEvent, JoinerInput } from './joiner-model.ts';
import {
  alreadyPairedHere,
  type PairingFailure,
  PairingFailureError,
  pairingFailure,
  pairingFailureOf,
} from './pairing-failure.ts';

const notProvided = (name: string): Promise<never> => Promise.reject(new Error(`${name} is not provided`));

const machineSetup = setup({
  types: {
    context: {} as JoinerContext,
    events: {} as JoinerEvent,
    input: {} as JoinerInput,
  },
  actors: {
    /** Races all sources; the first proven handshake wins. Rejects with `PairingFailureError`. */
    searching: fromPromise<FoundInitiator>(() => notProvided('searching')),
    /** Dials the found initiator again. Rejects with `PairingFailureError`. */
    returning: fromPromise<FoundInitiator, { readonly found: FoundInitiator }>(() => notProvided('returning')),
    /** Stores the initiator as `pending`; one that is to be paired anew stays as it is. */
    storingPending: fromPromise<PeerDevice, { readonly initiatorId: EndpointId; readonly initiator: DeviceCard }>(() =>
      notProvided('storingPending'),
    ),
    /** Turns the stored initiator into a paired device, or pairs it anew. */
    promoting: fromPromise<PeerDevice, { readonly device: PeerDevice }>(() => notProvided('promoting')),
    /** Promotes what an earlier session left `pending`, or pairs anew what may be. Rejects with `PairingFailureError` when nothing was. */
    recovering: fromPromise<PeerDevice, { readonly initiatorId: EndpointId }>(() => notProvided('recovering')),
  },
  actions: {
    /** Shows the authentication string and the initiator's name to the person. */
    askPerson: () => undefined,
    sendAccept: () => undefined,
    /** Hears what the initiator says after the handshake; what came with it has waited until here. */
    listen: () => undefined,
    sendConfirm: () => undefined,
    /** Ends a connection that has gone quiet. */
    dropConnection: () => undefined,
  },
  delays: {
    decisionTimeout: ({ context }) => context.delays.decisionMs,
    confirmTimeout: ({ context }) => context.delays.confirmMs,
    returnTimeout: ({ context }) => context.delays.returnMs,
  },
  guards: {
    isCompletedAlready: ({ context }) => context.found?.kind === 'completed',
    /** Nobody has agreed to a renewal in this session, and no earlier one has left anything to be made good. */
    isRenewalUsedUp: ({ context: { found, mayRenew, mayBePaired } }) =>
      found?.kind === 'completed' && found.known?.pairingState === 'paired' && mayRenew && !mayBePaired,
    isRenewalUnasked: ({ context }) => context.known?.pairingState === 'paired' && !context.mayRenew,
    isConnectionLost: ({ context }) => !context.isConnected,
    isRejected: ({ event }) => event.type === 'decision.made' && !event.isAccepted,
    mustAskPerson: ({ context }) => !context.hasAccepted,
    mayBePaired: ({ context }) => context.mayBePaired,
    isRejectedAndMayBePaired: ({ context, event }) =>
      event.type === 'decision.made' && !event.isAccepted && context.mayBePaired,
    haveBothAccepted: ({ context }) => context.hasAccepted && context.hasInitiatorAccepted,
  },
});

const failWith = (failure: PairingFailure) => machineSetup.assign({ failure });
const rememberAccepted = machineSetup.assign({ hasAccepted: true });
const rememberLost = machineSetup.assign({ isConnected: false });

const takeReason = machineSetup.assign({
  mayBePaired: false,
  failure: ({ event }) => (event.type === 'initiator.left' ? event.failure : pairingFailure('CONNECTION_LOST')),
});

const failWithKnown = machineSetup.assign({
  failure: ({ context }) =>
    context.known === null ? pairingFailure('ALREADY_PAIRED') : alreadyPairedHere(context.known),
});

/**
 * The person wants no pairing that the initiator may have stored already: this side's record goes, and the other is told.
 * A device that was to be paired anew stays paired.
 */
const takeBack = machineSetup.assign({
  mayBePaired: false,
  isTakenBack: ({ context }) => context.device?.pairingState !== 'paired',
  failure: ({ context }) => takenBack(context.device),
});

/** A person who was asked on a connection that broke since may still answer: it is about the same endpoint. */
const lateDecision = [
  { guard: 'isRejectedAndMayBePaired', target: '#joiner.failed', actions: takeBack },
  { guard: 'isRejected', target: '#joiner.failed', actions: failWith(rejectedHere) },
  { actions: rememberAccepted },
] as const;

/** Whether the initiator itself said that it is not paired with this device. One that has restarted since knows no code any more. */
const isRefusal = (error: unknown): boolean => error instanceof PairingFailureError && error.isRefusal;

/** Why coming back failed. Unless the initiator said no, it may be paired, whatever kept this device away from it. */
const noReturn = (context: JoinerContext, failure: PairingFailure, isRefused = false): Partial<JoinerContext> =>
  context.mayBePaired && !isRefused ? { failure: unsettled(context.device) } : { failure, mayBePaired: false };

const countHandshake = {
  actions: machineSetup.assign({ handshakes: ({ context }) => context.handshakes + 1 }),
} as const;

/** What a search or a return found; what the person decided stays, because it is about the same endpoint. */
const remember = (context: JoinerContext, found: FoundInitiator): Partial<JoinerContext> => ({
  found,
  discoveredAtMs: context.discoveredAtMs ?? found.discoveredAtMs,
  reachedAt: found.reachedAt ?? context.reachedAt,
  ...(found.kind === 'completed'
    ? { isConnected: false }
    : {
        connectionId: found.connectionId,
        initiator: found.initiator,
        known: found.known,
        authenticationString: found.authenticationString,
        isConnected: true,
        hasInitiatorAccepted: false,
        // It begins anew, so it had not heard our confirm.
        mayBePaired: false,
      }),
});

/**
 * The joiner's side of one pairing: find who holds the code, agree, store, confirm.
 *
 * An initiator that is paired already ends the session before anybody is asked, unless it may be paired anew.
 *
 * A connection that breaks after the handshake is dialled again (`returning`) until the initiator answers or the time
 * for it is over. An initiator that says it is done already brings this side to the end by way of `recovering`, except
 * where that would pair a paired device anew with nobody asked: its code is used.
 *
 * Long because it is one chart: what a fact means depends on the state it meets.
 */
export const joinerMachine = machineSetup.createMachine({
  id: 'joiner',
  context: ({ input }) => ({
    ...input,
    found: null,
    connectionId: null,
    discoveredAtMs: null,
    reachedAt: null,
    handshakes: 0,
    initiator: null,
    known: null,
    authenticationString: '',
    isConnected: false,
    hasAccepted: input.policy === 'accept',
    hasInitiatorAccepted: false,
    initiatorLocation: null,
    device: null,
    mayBePaired: false,
    isTakenBack: false,
    failure: null,
  }),
  initial: 'live',
  states: {
    live: {
      initial: 'searching',
      on: {
        'session.cancelled': { target: 'failed', actions: failWith(pairingFailure('CANCELLED')) },
        'session.abandoned': {
          target: 'failed',
          actions: assign(({ context }) => noReturn(context, pairingFailure('CANCELLED'))),
        },
        'initiator.left': { target: 'failed', actions: takeReason },
      },
      states: {
        searching: {
          invoke: {
            src: 'searching',
            onDone: { target: 'found', actions: assign(({ context, event }) => remember(context, event.output)) },
            onError: {
              target: '#joiner.failed',
              actions: assign({ failure: ({ event }) => pairingFailureOf(event.error) }),
            },
          },
          on: { 'handshake.begun': countHandshake },
        },
        found: {
          always: [
            { guard: 'isRenewalUsedUp', target: '#joiner.failed', actions: failWith(pairingFailure('CODE_USED')) },
            { guard: 'isCompletedAlready', target: 'recovering' },
            { guard: 'isRenewalUnasked', target: '#joiner.failed', actions: failWithKnown },
            { target: 'confirming' },
          ],
        },
        confirming: {
          entry: machineSetup.enqueueActions(({ check, enqueue }) => {
            enqueue('listen');
            enqueue(check('mustAskPerson') ? 'askPerson' : 'sendAccept');
          }),
          always: { guard: 'haveBothAccepted', target: 'storing' },
          after: { decisionTimeout: { target: '#joiner.failed', actions: failWith(pairingFailure('TIMED_OUT')) } },
          on: {
            'decision.made': [
              { guard: 'isRejected', target: '#joiner.failed', actions: failWith(rejectedHere) },
              { guard: 'mustAskPerson', actions: [rememberAccepted, 'sendAccept'] },
            ],
            'initiator.accepted': { actions: machineSetup.assign({ hasInitiatorAccepted: true }) },
            'connection.lost': { target: 'returning', actions: rememberLost },
          },
        },
        storing: {
          invoke: {
            src: 'storingPending',
            input: ({ context }) => ({
              initiatorId: requireValue(context.found).initiatorId,
              initiator: requireValue(context.initiator),
            }),
            onDone: {
              target: 'exchanging',
              actions: assign({ device: ({ event }) => event.output }),
            },
            onError: {
              target: '#joiner.failed',
              actions: assign({ failure: ({ event }) => pairingFailureOf(event.error) }),
            },
          },
          on: { 'connection.lost': { actions: rememberLost } },
        },
        exchanging: {
          entry: machineSetup.enqueueActions(({ check, enqueue }) => {
            if (check('isConnectionLost')) return;
            enqueue.assign({ mayBePaired: true });
            enqueue('sendConfirm');
          }),
          always: { guard: 'isConnectionLost', target: 'returning' },
          after: { confirmTimeout: { target: 'returning', actions: 'dropConnection' } },
          on: {
            'initiator.confirmed': {
              target: 'promoting',
              actions: assign({ initiatorLocation: ({ event }) => event.location }),
            },
            'connection.lost': { target: 'returning', actions: rememberLost },
            // Our confirm is on its way and the initiator will act on it: too late to take it back.
            'session.cancelled': {},
          },
        },
        returning: {
          invoke: {
            src: 'returning',
            input: ({ context }) => ({ found: requireValue(context.found) }),
            onDone: { target: 'found', actions: assign(({ context, event }) => remember(context, event.output)) },
            onError: {
              target: '#joiner.failed',
              actions: assign(({ context, event }) =>
                noReturn(context, pairingFailureOf(event.error), isRefusal(event.error)),
              ),
            },
          },
          after: {
            returnTimeout: {
              target: '#joiner.failed',
              actions: assign(({ context }) => noReturn(context, pairingFailure('CONNECTION_LOST'))),
            },
          },
          on: {
            'handshake.begun': countHandshake,
            'decision.made': lateDecision,
            'session.cancelled': [
              { guard: 'mayBePaired', target: '#joiner.failed', actions: takeBack },
              { target: '#joiner.failed', actions: failWith(pairingFailure('CANCELLED')) },
            ],
          },
        },
        recovering: {
          invoke: {
            src: 'recovering',
            input: ({ context }) => ({ initiatorId: requireValue(context.found).initiatorId }),
            onDone: {
              target: '#joiner.completed',
              actions: assign({ device: ({ event }) => event.output }),
            },
            onError: {
              target: '#joiner.failed',
              actions: assign({ failure: ({ event }) => pairingFailureOf(event.error) }),
            },
          },
          on: { 'session.cancelled': {}, 'session.abandoned': {}, 'initiator.left': {} },
        },
        promoting: {
          invoke: {
            src: 'promoting',
            input: ({ context }) => ({ device: requireValue(context.device) }),
            onDone: {
              target: '#joiner.completed',
              actions: assign({ device: ({ event }) => event.output }),
            },
            onError: {
              target: '#joiner.failed',
              actions: assign({
                failure: ({ context, event }) => unstored(context.device, pairingFailureOf(event.error)),
              }),
            },
          },
          // The initiator has confirmed: the pairing is done, whatever happens to the connection or is asked now.
          on: { 'session.cancelled': {}, 'session.abandoned': {}, 'initiator.left': {} },
        },
      },
    },
    completed: { type: 'final' },
    failed: { type: 'final' },
  },
});

/** The states guarantee it: what is needed here was assigned on the way. */
function requireValue<T>(value: T | null): T {
  if (value === null) throw new TypeError('the machine reached a state without its data');
  return value;
}

export type JoinerActor = ActorRefFrom<typeof joinerMachine>;
export type JoinerSnapshot = SnapshotFrom<typeof joinerMachine>;
