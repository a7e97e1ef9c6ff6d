import { brandAs, type ConnectionId, type EndpointId, type PeerDevice } from '@bowline/contracts';
import {
  type InitiatorEvent,
  type JoinerEvent,
  PairingFailureError,
  pairingFailure,
} from '@bowline/pairing-state-machine';
import {
  effectEnded,
  effectFailed,
  moveInitiator,
  moveJoiner,
  type OwnEvent,
  runningDelays,
  startInitiator,
  startJoiner,
  stateOf,
  type Variant,
} from './machines.ts';
import type { Budget, Close, Connection, Inbox, Message, Step, World } from './world.ts';

type Side = 'initiator' | 'joiner';

const JOINER = brandAs<EndpointId>('joiner');
const INITIATOR = brandAs<EndpointId>('initiator');
const NOWHERE = { relayUrls: [], directAddresses: [] };
const CARD = { name: 'other', platform: '' };
const EMPTY: Inbox = { messages: [], close: null };

const deviceAs = (pairingState: 'pending' | 'paired'): PeerDevice =>
  ({ id: 'd-1', endpointId: JOINER, name: 'other', pairingState }) as unknown as PeerDevice;

/** How a session that failed with a code closes its connection, as far as the other side tells ends apart. */
const CLOSES: Partial<Readonly<Record<string, Close>>> = {
  REJECTED: 'rejected',
  CANCELLED: 'cancelled',
  TIMED_OUT: 'timed-out',
  ALREADY_PAIRED: 'duplicate',
};

const LEFT = {
  rejected: 'REJECTED',
  cancelled: 'CANCELLED',
  'timed-out': 'TIMED_OUT',
  duplicate: 'ALREADY_PAIRED',
} as const;

/** Only these ends of a joiner count before its handshake is over. */
const EARLY_CLOSES: readonly Close[] = ['rejected', 'duplicate'];

const inboxOf = (side: Side): 'toInitiator' | 'toJoiner' => (side === 'initiator' ? 'toInitiator' : 'toJoiner');

const withInbox = (world: World, side: Side, change: (inbox: Inbox) => Inbox): World => {
  const { connection } = world;
  if (connection === null) return world;
  const name = inboxOf(side);
  return { ...world, connection: { ...connection, [name]: change(connection[name]) } };
};

const spend = (world: World, what: keyof Budget): World => ({
  ...world,
  left: { ...world.left, [what]: world.left[what] - 1 },
});

/** One side says something; it is lost where the connection has ended for either of them. */
const say = (world: World, to: Side, message: Message): World =>
  withInbox(world, to, (inbox) =>
    inbox.close === 'heard'
      ? inbox
      : { ...inbox, messages: [...inbox.messages, message].toSorted((one, other) => one.localeCompare(other)) },
  );

/** One side ends the connection, and hears nothing more on it. */
const close = (world: World, by: Side, how: Close): World => {
  const ended = withInbox(world, by, () => ({ messages: [], close: 'heard' }));
  const other = by === 'initiator' ? 'joiner' : 'initiator';
  return withInbox(ended, other, (inbox) => (inbox.close === null ? { ...inbox, close: how } : inbox));
};

const perform = (world: World, by: Side, actions: readonly string[]): World =>
  actions.reduce((now, action) => {
    const other = by === 'initiator' ? 'joiner' : 'initiator';
    if (action === 'sendWelcome') return say(now, other, 'welcome');
    if (action === 'sendAccept') return say(now, other, 'accept');
    if (action === 'sendConfirm') return say(now, other, 'confirm');
    if (action === 'dropConnection') return close(now, by, 'lost');
    return now;
  }, world);

/** A session is over: what it leaves in the store, what later joiners are told, and the last word on the connection. */
const endInitiator = (world: World): World => {
  const { initiator, initiatorRecord } = world;
  if (initiator?.status !== 'done') return world;
  const { failure } = initiator.context;
  if (failure === null) return { ...world, initiator: null, endedCode: 'completed' };
  const ended = close(world, 'initiator', CLOSES[failure.code] ?? 'lost');
  // It has sent no confirm, so whatever it stored goes.
  const isStored = initiator.context.device !== null;
  return { ...ended, initiator: null, endedCode: 'refused', initiatorRecord: isStored ? 'none' : initiatorRecord };
};

const endJoiner = (world: World): World => {
  const { joiner, joinerRecord } = world;
  if (joiner?.status !== 'done') return world;
  const { device, failure, isTakenBack, mayBePaired } = joiner.context;
  if (failure === null) return close({ ...world, joiner: null }, 'joiner', 'lost');
  const ended = close(world, 'joiner', CLOSES[failure.code] ?? 'lost');
  const isKept = (mayBePaired && world.variant.isForgetful !== true) || device === null;
  return {
    ...ended,
    joiner: null,
    isTakenBack: isTakenBack || world.isTakenBack,
    joinerRecord: isKept ? joinerRecord : 'none',
  };
};

const tellInitiator = (world: World, event: InitiatorEvent | OwnEvent): World => {
  if (world.initiator === null) return world;
  const { actions, snapshot } = moveInitiator(world.initiator, event);
  return endInitiator(perform({ ...world, initiator: snapshot }, 'initiator', actions));
};

const tellJoiner = (world: World, event: JoinerEvent | OwnEvent): World => {
  if (world.joiner === null) return world;
  const { actions, snapshot } = moveJoiner(world.joiner, event);
  return endJoiner(perform({ ...world, joiner: snapshot }, 'joiner', actions));
};

const foundBy = (world: World, connection: Connection | null) => {
  const common = {
    initiatorId: INITIATOR,
    location: NOWHERE,
    reachedAt: null,
    discoveredAtMs: 0,
    via: 'ticket',
    known: world.joinerRecord === 'none' ? null : deviceAs(world.joinerRecord),
  };
  if (connection === null) return { kind: 'completed', ...common };
  const authenticationString = String(connection.number);
  return { kind: 'proven', connectionId: connectionId(connection), initiator: CARD, authenticationString, ...common };
};

const connectionId = ({ number }: Connection): ConnectionId => brandAs<ConnectionId>(`c-${number}`);

const searchFailed = (isRefusal: boolean): PairingFailureError =>
  new PairingFailureError(pairingFailure(isRefusal ? 'CODE_USED' : 'NOBODY_FOUND'), { isRefusal });

const isSearching = (world: World): 'searching' | 'returning' | null => {
  if (world.joiner === null) return null;
  const state = stateOf(world.joiner);
  return state === 'searching' || state === 'returning' ? state : null;
};

/** A joiner that looks for the initiator dials it, or is told what became of the code, or gives up. */
function* searchSteps(world: World): Generator<Step> {
  const state = isSearching(world);
  if (state === null) return;
  const failed = (isRefusal: boolean): World =>
    tellJoiner(world, effectFailed('joiner', state, searchFailed(isRefusal)));
  yield { name: `joiner gives up ${state}`, world: failed(false) };
  const { endedCode, initiator } = world;
  if (endedCode === 'completed') {
    yield {
      name: 'joiner hears completed',
      world: tellJoiner(world, effectEnded('joiner', state, foundBy(world, null))),
    };
  }
  if (endedCode === 'refused') yield { name: 'joiner is refused', world: failed(true) };
  if (initiator === null || world.left.connections === 0 || stateOf(initiator) === 'promoting') return;
  if (initiator.context.joinerId === null && initiator.context.isExpired) return;
  const number = (world.connection?.number ?? 0) + 1;
  const connection: Connection = { number, toInitiator: EMPTY, toJoiner: EMPTY };
  const begun = tellJoiner(tellInitiator(spend(world, 'connections'), { type: 'handshake.begun' }), {
    type: 'handshake.begun',
  });
  const proven = { type: 'joiner.proven', joinerId: JOINER, connectionId: connectionId(connection), atMs: 0 } as const;
  yield { name: 'joiner dials', world: tellInitiator({ ...begun, connection }, proven) };
}

/** What a message means to the side it comes to, if anything. */
const receive = (world: World, side: Side, message: Message): World => {
  const { connection, joiner } = world;
  if (connection === null) return world;
  if (side === 'joiner') {
    const state = isSearching(world);
    if (message === 'welcome') {
      if (state === null) return world;
      return tellJoiner(say(world, 'initiator', 'finish'), effectEnded('joiner', state, foundBy(world, connection)));
    }
    // Nobody listens on it before the handshake is over.
    if (joiner?.context.connectionId !== connectionId(connection) || state !== null) return world;
    if (message === 'accept') return tellJoiner(world, { type: 'initiator.accepted' });
    return message === 'confirm' ? tellJoiner(world, { type: 'initiator.confirmed', location: NOWHERE }) : world;
  }
  if (message === 'finish') {
    const known = world.initiatorRecord === 'none' ? null : deviceAs(world.initiatorRecord);
    const authenticationString = String(connection.number);
    return tellInitiator(world, { type: 'joiner.finished', joiner: CARD, authenticationString, known });
  }
  if (message === 'accept') return tellInitiator(world, { type: 'joiner.accepted' });
  return message === 'confirm' ? tellInitiator(world, { type: 'joiner.confirmed', location: NOWHERE }) : world;
};

const hearClose = (world: World, side: Side, how: Close): World => {
  const heard = withInbox(world, side, () => ({ messages: [], close: 'heard' }));
  if (side === 'initiator') {
    const isEarly = world.initiator !== null && stateOf(world.initiator) === 'proving';
    return how === 'lost' || (isEarly && !EARLY_CLOSES.includes(how))
      ? tellInitiator(heard, { type: 'connection.lost' })
      : tellInitiator(heard, { type: 'joiner.left', failure: pairingFailure(LEFT[how]) });
  }
  // A search goes on without the connection; what was said on it before the handshake was over are mere words.
  if (isSearching(world) !== null) return heard;
  return how === 'lost'
    ? tellJoiner(heard, { type: 'connection.lost' })
    : tellJoiner(heard, { type: 'initiator.left', failure: pairingFailure(LEFT[how]) });
};

function* networkSteps(world: World): Generator<Step> {
  const { connection, left } = world;
  if (connection === null) return;
  for (const side of ['initiator', 'joiner'] as const) {
    const { close: end, messages } = connection[inboxOf(side)];
    for (const message of new Set(messages)) {
      const index = messages.indexOf(message);
      const without = withInbox(world, side, (inbox) => ({ ...inbox, messages: inbox.messages.toSpliced(index, 1) }));
      yield { name: `${side} hears ${message}`, world: receive(without, side, message) };
      if (left.losses > 0) yield { name: `${message} to ${side} is lost`, world: spend(without, 'losses') };
      if (left.repeats > 0)
        yield {
          name: `${side} hears ${message}, which comes again`,
          world: receive(spend(world, 'repeats'), side, message),
        };
    }
    if (end !== null && end !== 'heard') {
      yield { name: `${side} hears the end (${end})`, world: hearClose(world, side, end) };
      if (end !== 'lost') yield { name: `${side} finds the connection lost`, world: hearClose(world, side, 'lost') };
    }
  }
  if (left.breaks > 0 && (connection.toInitiator.close === null || connection.toJoiner.close === null)) {
    const broken = (inbox: Inbox): Inbox => (inbox.close === null ? { ...inbox, close: 'lost' } : inbox);
    yield {
      name: 'the connection breaks',
      world: withInbox(withInbox(spend(world, 'breaks'), 'initiator', broken), 'joiner', broken),
    };
  }
}

/** Ends of what a machine asked of its store; the record changes, whether the machine lives to hear of it or not. */
function* storeSteps(world: World, side: Side): Generator<Step> {
  const snapshot = world[side];
  if (snapshot === null) return;
  const state = stateOf(snapshot);
  if (state !== 'storing' && state !== 'promoting' && state !== 'recovering') return;
  const tell = (now: World, event: OwnEvent): World =>
    side === 'initiator' ? tellInitiator(now, event) : tellJoiner(now, event);
  const recordName = side === 'initiator' ? 'initiatorRecord' : 'joinerRecord';
  if (state === 'recovering' && world[recordName] === 'none') {
    yield {
      name: `${side} has nothing to recover`,
      world: tell(world, effectFailed(side, state, searchFailed(false))),
    };
    return;
  }
  const stored = state === 'storing' ? 'pending' : 'paired';
  const written = { ...world, [recordName]: stored };
  yield { name: `${side} has stored ${stored}`, world: tell(written, effectEnded(side, state, deviceAs(stored))) };
  if (world.left.storeFailures > 0) {
    yield {
      name: `${side} cannot store ${stored}`,
      world: tell(spend(world, 'storeFailures'), effectFailed(side, state, new Error('store'))),
    };
  }
  if (world.left.crashes > 0)
    yield { name: `${side} crashes once it has stored ${stored}`, world: crash(written, side) };
}

/** The device is gone with all but its store, and the connection with it. */
const crash = (world: World, side: Side): World => {
  const gone = close(spend(world, 'crashes'), side, 'lost');
  return side === 'joiner' ? { ...gone, joiner: null } : { ...gone, initiator: null, endedCode: 'unknown' };
};

function* personSteps(world: World, side: Side): Generator<Step> {
  const snapshot = world[side];
  if (snapshot === null) return;
  const tell = (event: InitiatorEvent & JoinerEvent): World =>
    side === 'initiator' ? tellInitiator(world, event) : tellJoiner(world, event);
  if (snapshot.context.authenticationString !== '') {
    for (const isAccepted of [true, false]) {
      yield {
        name: `${side}'s person says ${isAccepted ? 'yes' : 'no'}`,
        world: tell({ type: 'decision.made', isAccepted }),
      };
    }
  }
  yield { name: `${side}'s person cancels`, world: tell({ type: 'session.cancelled' }) };
}

/** Everything that may happen next. */
export function* stepsFrom(world: World): Generator<Step> {
  yield* searchSteps(world);
  yield* networkSteps(world);
  for (const side of ['initiator', 'joiner'] as const) {
    const snapshot = world[side];
    yield* storeSteps(world, side);
    yield* personSteps(world, side);
    if (snapshot === null) continue;
    for (const delay of runningDelays(snapshot)) {
      const next = side === 'initiator' ? tellInitiator(world, delay) : tellJoiner(world, delay);
      yield { name: `${side} has waited: ${delay.type.slice('xstate.after.'.length)}`, world: next };
    }
    if (world.left.crashes > 0) yield { name: `${side} crashes`, world: crash(world, side) };
  }
  if (world.joiner !== null) {
    const abandoned = tellJoiner(tellJoiner(world, { type: 'connection.lost' }), { type: 'session.abandoned' });
    yield { name: 'joiner stops', world: abandoned };
  } else if (world.left.joins > 0) {
    yield {
      name: 'joiner joins again',
      world: { ...spend(world, 'joins'), joiner: startJoiner(world.variant).snapshot },
    };
  }
}

/** Two devices that do not know each other, a code shown and entered. */
export const firstWorld = (variant: Variant, left: Budget): World => ({
  variant,
  initiator: startInitiator(variant).snapshot,
  joiner: startJoiner(variant).snapshot,
  endedCode: null,
  initiatorRecord: 'none',
  joinerRecord: 'none',
  isTakenBack: false,
  connection: null,
  left,
});
