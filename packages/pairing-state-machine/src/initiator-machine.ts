import type { DeviceCard, EndpointId, PeerDevice } from '@bowline/contracts';
import { type ActorRefFrom, assign, fromPromise, type SnapshotFrom, setup } from 'xstate';
import {
  type InitiatorContext,
  type InitiatorEvent,
  type InitiatorInput,
  MAX_HANDSHAKES,
  MAX_WRONG_PROOFS,
} from './initiator-model.ts';
import { alreadyPairedHere, type PairingFailure, pairingFailure, pairingFailureOf } from './pairing-failure.ts';

const machineSetup = setup({
  types: {
    context: {} as InitiatorContext,
    events: {} as InitiatorEvent,
    input: {} as InitiatorInput,
  },
  actors: {
    /** Stores the joiner as `pending`; one that is to be paired anew stays as it is. */
    storingPending: fromPromise<PeerDevice, { readonly joinerId: EndpointId; readonly joiner: DeviceCard }>(() =>
      Promise.reject(new Error('storingPending is not provided')),
    ),
    /** Turns the stored joiner into a paired device, or pairs it anew. */
    promoting: fromPromise<PeerDevice, { readonly device: PeerDevice }>(() =>
      Promise.reject(new Error('promoting is not provided')),
    ),
  },
  actions: {
    /** Says who this device is to whoever has proven the code. */
    sendWelcome: () => undefined,
    /** Shows the authentication string and the joiner's name to the person. */
    askPerson: () => undefined,
    sendAccept: () => undefined,
    /** Hears what the joiner says after its handshake; what came with it has waited until here. */
    listen: () => undefined,
    sendConfirm: () => undefined,
    /** Ends a connection that has gone quiet. */
    dropConnection: () => undefined,
  },
  delays: {
    codeLifetime: ({ context }) => context.ttlMs,
    handshakeTimeout: ({ context }) => context.delays.handshakeMs,
    decisionTimeout: ({ context }) => context.delays.decisionMs,
    confirmTimeout: ({ context }) => context.delays.confirmMs,
  },
  guards: {
    isUnclaimed: ({ context }) => context.joinerId === null,
    isUnclaimedAndLastProof: ({ context }) => context.joinerId === null && context.wrongProofs + 1 >= MAX_WRONG_PROOFS,
    areHandshakesUsedUp: ({ context }) => context.handshakes >= MAX_HANDSHAKES,
    isClaimedBySender: ({ context, event }) => event.type === 'joiner.proven' && context.joinerId === event.joinerId,
    isRenewalUnasked: ({ context, event }) =>
      event.type === 'joiner.finished' && event.known?.pairingState === 'paired' && !context.mayRenew,
    isCodeExpired: ({ context }) => context.isExpired,
    isConnectionLost: ({ context }) => !context.isConnected,
    isRejected: ({ event }) => event.type === 'decision.made' && !event.isAccepted,
    isRejectedOnceShown: ({ context, event }) =>
      event.type === 'decision.made' && !event.isAccepted && context.joiner !== null,
    mustAskPerson: ({ context }) => !context.hasAccepted,
    haveBothAccepted: ({ context }) => context.hasAccepted && context.hasJoinerAccepted,
    hasJoinerConfirmed: ({ context }) => context.hasJoinerConfirmed,
  },
});

const failWith = (failure: PairingFailure) => machineSetup.assign({ failure });

const expiredHere = pairingFailure('CODE_EXPIRED', {
  reason: 'The code has expired before another device was paired with it. Show a new one on this device.',
});

const rememberAccepted = machineSetup.assign({ hasAccepted: true });
const rememberLost = machineSetup.assign({ isConnected: false });

/** What every connection proves anew; what the person decided stays, because it is about the same endpoint. */
const claim = machineSetup.assign({
  joinerId: ({ context, event }) => (event.type === 'joiner.proven' ? event.joinerId : context.joinerId),
  connectionId: ({ context, event }) => (event.type === 'joiner.proven' ? event.connectionId : context.connectionId),
  claimedAtMs: ({ context, event }) => context.claimedAtMs ?? (event.type === 'joiner.proven' ? event.atMs : null),
  isConnected: true,
  hasJoinerAccepted: false,
  hasJoinerConfirmed: false,
});

/** The joiner has us stored, and said where it can be reached. */
const rememberConfirmed = machineSetup.assign({
  hasJoinerConfirmed: true,
  joinerLocation: ({ context, event }) => (event.type === 'joiner.confirmed' ? event.location : context.joinerLocation),
});

const takeReason = machineSetup.assign({
  failure: ({ event }) => (event.type === 'joiner.left' ? event.failure : pairingFailure('CONNECTION_LOST')),
});

const rejectedHere = pairingFailure('REJECTED', {
  reason: 'The pairing was rejected on this device. Nothing was stored, and the code cannot be used again.',
});

/** A person who was asked on a connection that broke since may still answer: it is about the same endpoint. */
const lateDecision = [
  { guard: 'isRejected', target: '#initiator.failed', actions: failWith(rejectedHere) },
  { actions: rememberAccepted },
] as const;

/**
 * The initiator's side of one pairing: a code is open, somebody proves it, both people agree, both sides store.
 *
 * A joiner that is paired already is refused before anybody is asked, unless it may be paired anew.
 *
 * The code has one claim point, `joiner.proven` in `offering`. A claim is never given up: when the connection breaks,
 * only the same endpoint can come back (`waitingForReturn`), for as long as the code lives.
 *
 * Long because it is one chart: what a fact means depends on the state it meets.
 */
export const initiatorMachine = machineSetup.createMachine({
  id: 'initiator',
  context: ({ input }) => ({
    ...input,
    joinerId: null,
    connectionId: null,
    claimedAtMs: null,
    joiner: null,
    known: null,
    authenticationString: '',
    wrongProofs: 0,
    handshakes: 0,
    isExpired: false,
    isConnected: false,
    hasAccepted: input.policy === 'accept',
    hasJoinerAccepted: false,
    hasJoinerConfirmed: false,
    joinerLocation: null,
    device: null,
    failure: null,
  }),
  initial: 'live',
  states: {
    live: {
      initial: 'offering',
      after: { codeLifetime: { actions: machineSetup.raise({ type: 'code.expired' }) } },
      on: {
        'session.cancelled': { target: 'failed', actions: failWith(pairingFailure('CANCELLED')) },
        'joiner.left': { target: 'failed', actions: takeReason },
        'joiner.proven': { guard: 'isClaimedBySender', target: '.proving', actions: claim },
        'code.expired': [
          { guard: 'isUnclaimed', target: 'failed', actions: failWith(expiredHere) },
          { actions: machineSetup.assign({ isExpired: true }) },
        ],
        'handshake.begun': [
          { guard: 'areHandshakesUsedUp', target: 'failed', actions: failWith(pairingFailure('CODE_BURNT')) },
          { actions: machineSetup.assign({ handshakes: ({ context }) => context.handshakes + 1 }) },
        ],
        'proof.failed': [
          { guard: 'isUnclaimedAndLastProof', target: 'failed', actions: failWith(pairingFailure('CODE_BURNT')) },
          {
            guard: 'isUnclaimed',
            actions: machineSetup.assign({ wrongProofs: ({ context }) => context.wrongProofs + 1 }),
          },
        ],
      },
      states: {
        offering: {
          on: { 'joiner.proven': { target: 'proving', actions: claim } },
        },
        proving: {
          // Who has agreed already need not wait for the joiner to say so behind its welcome.
          entry: machineSetup.enqueueActions(({ check, enqueue }) => {
            enqueue('sendWelcome');
            if (!check('mustAskPerson')) enqueue('sendAccept');
          }),
          after: { handshakeTimeout: { target: 'waitingForReturn', actions: 'dropConnection' } },
          on: {
            'joiner.finished': [
              {
                guard: 'isRenewalUnasked',
                target: '#initiator.failed',
                actions: assign({
                  known: ({ event }) => event.known,
                  failure: ({ event }) =>
                    event.known === null ? pairingFailure('ALREADY_PAIRED') : alreadyPairedHere(event.known),
                }),
              },
              {
                target: 'confirming',
                actions: assign({
                  joiner: ({ event }) => event.joiner,
                  authenticationString: ({ event }) => event.authenticationString,
                  known: ({ event }) => event.known,
                }),
              },
            ],
            // A joiner that comes back shows other digits, but a no is about the device.
            'decision.made': {
              guard: 'isRejectedOnceShown',
              target: '#initiator.failed',
              actions: failWith(rejectedHere),
            },
            'connection.lost': { target: 'waitingForReturn', actions: rememberLost },
          },
        },
        confirming: {
          entry: machineSetup.enqueueActions(({ check, enqueue }) => {
            enqueue('listen');
            if (check('mustAskPerson')) enqueue('askPerson');
          }),
          always: { guard: 'haveBothAccepted', target: 'storing' },
          after: { decisionTimeout: { target: '#initiator.failed', actions: failWith(pairingFailure('TIMED_OUT')) } },
          on: {
            'decision.made': [
              { guard: 'isRejected', target: '#initiator.failed', actions: failWith(rejectedHere) },
              { guard: 'mustAskPerson', actions: [rememberAccepted, 'sendAccept'] },
            ],
            'joiner.accepted': { actions: machineSetup.assign({ hasJoinerAccepted: true }) },
            'connection.lost': { target: 'waitingForReturn', actions: rememberLost },
          },
        },
        storing: {
          invoke: {
            src: 'storingPending',
            input: ({ context }) => ({
              joinerId: requireValue(context.joinerId),
              joiner: requireValue(context.joiner),
            }),
            onDone: { target: 'exchanging', actions: assign({ device: ({ event }) => event.output }) },
            onError: {
              target: '#initiator.failed',
              actions: assign({ failure: ({ event }) => pairingFailureOf(event.error) }),
            },
          },
          on: {
            'joiner.confirmed': { actions: rememberConfirmed },
            'connection.lost': { actions: rememberLost },
          },
        },
        exchanging: {
          always: [
            { guard: 'hasJoinerConfirmed', target: 'promoting' },
            { guard: 'isConnectionLost', target: 'waitingForReturn' },
          ],
          after: { confirmTimeout: { target: 'waitingForReturn', actions: 'dropConnection' } },
          on: {
            'joiner.confirmed': { target: 'promoting', actions: rememberConfirmed },
            'connection.lost': { target: 'waitingForReturn', actions: rememberLost },
          },
        },
        promoting: {
          invoke: {
            src: 'promoting',
            input: ({ context }) => ({ device: requireValue(context.device) }),
            onDone: {
              target: '#initiator.completed',
              actions: [assign({ device: ({ event }) => event.output }), 'sendConfirm'],
            },
            onError: {
              target: '#initiator.failed',
              actions: assign({ failure: ({ event }) => pairingFailureOf(event.error) }),
            },
          },
          // The joiner has confirmed: the pairing is done, whatever happens to the connection or is asked now.
          on: {
            'session.cancelled': {},
            'joiner.left': {},
            'joiner.proven': {},
            'handshake.begun': {},
          },
        },
        waitingForReturn: {
          always: {
            guard: 'isCodeExpired',
            target: '#initiator.failed',
            actions: failWith(pairingFailure('CONNECTION_LOST')),
          },
          on: {
            'code.expired': { target: '#initiator.failed', actions: failWith(pairingFailure('CONNECTION_LOST')) },
            'decision.made': lateDecision,
          },
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

export type InitiatorActor = ActorRefFrom<typeof initiatorMachine>;
export type InitiatorSnapshot = SnapshotFrom<typeof initiatorMachine>;
