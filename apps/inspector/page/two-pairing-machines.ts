import {
  brandAs,
  type Cancel,
  type ConnectionId,
  type DeviceId,
  type EndpointId,
  type MachineChart,
  type MachineTransition,
  type PeerDevice,
  type PeerLocation,
} from '@bowline/contracts';
import { machineChart, machineWatch, statePath } from '@bowline/machines';
import {
  type FoundInitiator,
  type InitiatorEvent,
  initiatorMachine,
  type JoinerEvent,
  joinerMachine,
  PAIRING_DELAYS_DEFAULTS,
} from '@bowline/pairing-state-machine';
import { createActor, fromPromise } from 'xstate';

/** A machine of the two, and what it can be told. */
export interface PlayedMachine {
  readonly chart: MachineChart;
  readonly state: () => string;
  /** Tells it an event, with made-up contents. */
  send(type: string): void;
}

/** Both sides of one pairing, with effects that are played. */
export interface TwoPairingMachines {
  readonly initiator: PlayedMachine;
  readonly joiner: PlayedMachine;
  stop: Cancel;
}

/** What an effect takes here, milliseconds: long enough to be seen. */
const EFFECT_MS = 700;

const NOWHERE: PeerLocation = { relayUrls: [], directAddresses: [] };
const DIGITS = '123456';

const endpoint = (digit: string): EndpointId => brandAs<EndpointId>(digit.repeat(64));
const connectionId = brandAs<ConnectionId>('connection-1');

const device = (name: string, digit: string, pairingState: PeerDevice['pairingState'] = 'pending'): PeerDevice => ({
  id: brandAs<DeviceId>(`d-${digit.repeat(16)}`),
  endpointId: endpoint(digit),
  name,
  platform: 'linux',
  pairingState,
  pairedAtMs: 0,
  lastSeenAtMs: null,
  incarnation: 0,
  lastReceived: null,
  directAddresses: [],
  relayInfo: null,
});

const INITIATOR = device('initiator', '1');
const JOINER = device('joiner', '2');

/** One event for each type, with what the machine reads of it. */
const INITIATOR_EVENTS: readonly InitiatorEvent[] = [
  { type: 'handshake.begun' },
  { type: 'proof.failed' },
  { type: 'joiner.proven', joinerId: JOINER.endpointId, connectionId, atMs: 0 },
  { type: 'joiner.finished', joiner: JOINER, authenticationString: DIGITS, known: null },
  { type: 'joiner.accepted' },
  { type: 'joiner.confirmed', location: NOWHERE },
  { type: 'decision.made', isAccepted: true },
  { type: 'connection.lost' },
  { type: 'code.expired' },
  { type: 'session.cancelled' },
];

const JOINER_EVENTS: readonly JoinerEvent[] = [
  { type: 'handshake.begun' },
  { type: 'initiator.accepted' },
  { type: 'initiator.confirmed', location: NOWHERE },
  { type: 'decision.made', isAccepted: true },
  { type: 'connection.lost' },
  { type: 'session.cancelled' },
  { type: 'session.abandoned' },
];

const FOUND: FoundInitiator = {
  kind: 'proven',
  initiatorId: INITIATOR.endpointId,
  location: NOWHERE,
  reachedAt: null,
  discoveredAtMs: 0,
  via: 'ticket',
  known: null,
  connectionId,
  initiator: INITIATOR,
  authenticationString: DIGITS,
};

/** Runs both machines against each other: what one sends, the other hears. @param tell hears every transition */
export const twoPairingMachines = (tell: (transition: MachineTransition) => void): TwoPairingMachines => {
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const later = <T>(value: T): Promise<T> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        resolve(value);
      }, EFFECT_MS);
      timers.add(timer);
    });
  const soon = (act: () => void): void => void later(null).then(act);
  const clock = { nowMs: Date.now, monotonicMs: () => performance.now(), setTimer: () => () => undefined };
  const watch = machineWatch({ clock, tell });
  const delays = PAIRING_DELAYS_DEFAULTS;

  const meet = async (): Promise<FoundInitiator> => {
    await later(null);
    tellInitiator({ type: 'handshake.begun' });
    tellJoiner({ type: 'handshake.begun' });
    await later(null);
    tellInitiator({ type: 'joiner.proven', joinerId: JOINER.endpointId, connectionId, atMs: clock.monotonicMs() });
    await later(null);
    tellInitiator({ type: 'joiner.finished', joiner: JOINER, authenticationString: DIGITS, known: null });
    return FOUND;
  };
  const initiator = createActor(
    initiatorMachine.provide({
      actions: {
        sendAccept: () => soon(() => tellJoiner({ type: 'initiator.accepted' })),
        sendConfirm: () => soon(() => tellJoiner({ type: 'initiator.confirmed', location: NOWHERE })),
        dropConnection: () => soon(() => tellJoiner({ type: 'connection.lost' })),
      },
      actors: {
        storingPending: fromPromise(() => later(JOINER)),
        promoting: fromPromise(() => later(device('joiner', '2', 'paired'))),
      },
    }),
    { input: { policy: 'ask', ttlMs: 300_000, delays, mayRenew: false } },
  );
  const joiner = createActor(
    joinerMachine.provide({
      actions: {
        sendAccept: () => soon(() => tellInitiator({ type: 'joiner.accepted' })),
        sendConfirm: () => soon(() => tellInitiator({ type: 'joiner.confirmed', location: NOWHERE })),
        dropConnection: () => soon(() => tellInitiator({ type: 'connection.lost' })),
      },
      actors: {
        searching: fromPromise(meet),
        returning: fromPromise(meet),
        storingPending: fromPromise(() => later(INITIATOR)),
        promoting: fromPromise(() => later(device('initiator', '1', 'paired'))),
        recovering: fromPromise(() => later(device('initiator', '1', 'paired'))),
      },
    }),
    { input: { policy: 'ask', delays, mayRenew: false } },
  );
  const tellInitiator = (event: InitiatorEvent): void => {
    if (initiator.getSnapshot().status === 'active') initiator.send(event);
  };
  const tellJoiner = (event: JoinerEvent): void => {
    if (joiner.getSnapshot().status === 'active') joiner.send(event);
  };
  watch.setWatched(true);
  watch.add('the device that shows the code', initiator);
  watch.add('the device that types it', joiner);
  initiator.start();
  joiner.start();

  return {
    initiator: {
      chart: machineChart(initiatorMachine),
      state: () => statePath(initiator.getSnapshot().value),
      send: (type) => {
        const event = INITIATOR_EVENTS.find((each) => each.type === type);
        if (event !== undefined) tellInitiator(event);
      },
    },
    joiner: {
      chart: machineChart(joinerMachine),
      state: () => statePath(joiner.getSnapshot().value),
      send: (type) => {
        const event = JOINER_EVENTS.find((each) => each.type === type);
        if (event !== undefined) tellJoiner(event);
      },
    },
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
      watch.setWatched(false);
      initiator.stop();
      joiner.stop();
    },
  };
};
