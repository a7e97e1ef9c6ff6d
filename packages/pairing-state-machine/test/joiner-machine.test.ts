import {
  brandAs,
  type ConnectionId,
  type DeviceId,
  type EndpointId,
  type PeerDevice,
  type SocketAddress,
} from '@bowline/contracts';
import { describe, expect, it, vi } from 'vitest';
import { createActor, fromPromise, SimulatedClock } from 'xstate';
import {
  type FoundInitiator,
  type JoinerEvent,
  joinerMachine,
  PAIRING_DELAYS_DEFAULTS,
  PairingFailureError,
  pairingFailure,
} from '../src/index.ts';
import { type Event, leavesOf, nameOf, pathsOf, replay } from './paths.ts';

const NAS = brandAs<EndpointId>('cc'.repeat(32));
const CARD = { name: 'nas', platform: 'linux' };
const DEVICE: PeerDevice = {
  id: brandAs<DeviceId>('d-nas'),
  endpointId: NAS,
  ...CARD,
  pairingState: 'pending',
  pairedAtMs: 1,
  relayInfo: null,
  directAddresses: [],
  incarnation: 0,
  lastReceived: null,
  lastSeenAtMs: null,
};
/** Paired since long, and named by its owner. */
const KNOWN: PeerDevice = { ...DEVICE, name: 'Attic', pairingState: 'paired' };
const INPUT = { policy: 'ask', delays: PAIRING_DELAYS_DEFAULTS, mayRenew: false } as const;
const LOCATION = { relayUrls: [], directAddresses: [] };
const FOUND: FoundInitiator = {
  kind: 'proven',
  connectionId: brandAs<ConnectionId>('c1'),
  location: LOCATION,
  reachedAt: null,
  discoveredAtMs: 1,
  initiatorId: NAS,
  initiator: CARD,
  authenticationString: '123456',
  via: 'mdns',
  known: null,
};
const FOUND_AGAIN: FoundInitiator = { ...FOUND, known: KNOWN };
const DONE: FoundInitiator = {
  kind: 'completed',
  initiatorId: NAS,
  location: LOCATION,
  reachedAt: null,
  discoveredAtMs: 1,
  via: 'rendezvous',
  known: null,
};
const NOBODY = new PairingFailureError(
  pairingFailure('NOBODY_FOUND', { attempts: [{ via: 'ticket', reason: 'not given' }] }),
);

const FACTS: readonly JoinerEvent[] = [
  { type: 'initiator.accepted' },
  { type: 'initiator.confirmed', location: LOCATION },
  { type: 'initiator.left', failure: pairingFailure('CANCELLED') },
  { type: 'connection.lost' },
  { type: 'decision.made', isAccepted: true },
  { type: 'decision.made', isAccepted: false },
  { type: 'session.cancelled' },
  { type: 'session.abandoned' },
];
const effect = (state: string) => `actor.0.joiner.live.${state}`;
const ENDS_OF_EFFECTS = [
  { type: `xstate.done.${effect('searching')}`, output: FOUND },
  { type: `xstate.done.${effect('searching')}`, output: FOUND_AGAIN },
  { type: `xstate.done.${effect('searching')}`, output: DONE },
  { type: `xstate.error.${effect('searching')}`, error: NOBODY },
  { type: `xstate.done.${effect('returning')}`, output: FOUND },
  { type: `xstate.done.${effect('returning')}`, output: DONE },
  { type: `xstate.error.${effect('returning')}`, error: NOBODY },
  { type: `xstate.done.${effect('storing')}`, output: DEVICE },
  { type: `xstate.error.${effect('storing')}`, error: { code: 'STORE_FULL' } },
  { type: `xstate.done.${effect('promoting')}`, output: DEVICE },
  { type: `xstate.error.${effect('promoting')}`, error: { code: 'STORE_FULL' } },
  { type: `xstate.done.${effect('recovering')}`, output: DEVICE },
  { type: `xstate.error.${effect('recovering')}`, error: NOBODY },
  { type: 'xstate.after.decisionTimeout.joiner.live.confirming' },
  { type: 'xstate.after.confirmTimeout.joiner.live.exchanging' },
  { type: 'xstate.after.returnTimeout.joiner.live.returning' },
] as const;
const EVENTS: readonly Event[] = [...FACTS, ...ENDS_OF_EFFECTS];

const never = <T>() => fromPromise<T>(() => new Promise<T>(() => undefined));

/** The machine with effects that never end by themselves, so that a path ends them. */
const idle = joinerMachine.provide({
  actors: {
    searching: never<FoundInitiator>(),
    returning: fromPromise(() => new Promise<FoundInitiator>(() => undefined)),
    storingPending: fromPromise(() => new Promise<PeerDevice>(() => undefined)),
    promoting: fromPromise(() => new Promise<PeerDevice>(() => undefined)),
    recovering: fromPromise(() => new Promise<PeerDevice>(() => undefined)),
  },
});

describe('the joiner', () => {
  const paths = pathsOf(idle, INPUT, EVENTS);

  it('reaches every state by a generated path', () => {
    const transient = 'live.found';
    const leaves = leavesOf(idle).filter((leaf) => leaf !== transient);
    expect(new Set(paths.map(({ end }) => end))).toEqual(new Set(leaves));
  });

  it('ends every generated path where a running actor ends it, and a restored snapshot is the same', () => {
    for (const { end, events } of paths) {
      const actor = replay(idle, INPUT, events);
      const { value, context, status } = actor.getSnapshot();
      expect(nameOf(value)).toBe(end);
      const stored = JSON.parse(JSON.stringify(actor.getPersistedSnapshot()));
      const restored = createActor(idle, { snapshot: stored, input: INPUT }).start();
      expect(restored.getSnapshot()).toMatchObject({ value, context, status });
      actor.stop();
      restored.stop();
    }
  });

  it('is never completed without the initiator’s confirm or its word that it is done', () => {
    for (const { events } of paths.filter(({ end }) => end === 'completed')) {
      const hasConfirm = events.some(({ type }) => type === 'initiator.confirmed');
      const isDone = events.some((event) => 'output' in event && event.output === DONE);
      expect(hasConfirm || isDone).toBe(true);
    }
  });

  it('always says why it failed', () => {
    for (const { events } of paths.filter(({ end }) => end === 'failed')) {
      const { context } = replay(idle, INPUT, events).getSnapshot();
      expect(context.failure?.reason).toMatch(/\.$/);
    }
  });
});

const tick = async () => {
  for (let round = 0; round < 10; round += 1) await Promise.resolve();
};

const run = (policy: 'ask' | 'accept' = 'ask', mayRenew = false) => {
  const clock = new SimulatedClock();
  const told = { askPerson: vi.fn(), sendAccept: vi.fn(), sendConfirm: vi.fn(), dropConnection: vi.fn() };
  const searching = Promise.withResolvers<FoundInitiator>();
  let returning = Promise.withResolvers<FoundInitiator>();
  const recovering = Promise.withResolvers<PeerDevice>();
  const machine = joinerMachine.provide({
    actions: told,
    actors: {
      searching: fromPromise(() => searching.promise),
      returning: fromPromise(() => {
        returning = Promise.withResolvers();
        return returning.promise;
      }),
      storingPending: fromPromise(async () => DEVICE),
      promoting: fromPromise(async (): Promise<PeerDevice> => ({ ...DEVICE, pairingState: 'paired' })),
      recovering: fromPromise(() => recovering.promise),
    },
  });
  const actor = createActor(machine, { input: { ...INPUT, policy, mayRenew }, clock }).start();
  const send = (...events: JoinerEvent[]) => {
    for (const event of events) actor.send(event);
  };
  const state = () => nameOf(actor.getSnapshot().value);
  const context = () => actor.getSnapshot().context;
  const found = async (initiator: FoundInitiator) => {
    searching.resolve(initiator);
    await tick();
  };
  const returned = async (initiator: FoundInitiator) => {
    returning.resolve(initiator);
    await tick();
  };
  const refused = async (error: PairingFailureError) => {
    returning.reject(error);
    await tick();
  };
  return { actor, clock, told, send, state, context, searching, found, returned, refused, recovering };
};

describe('a join', () => {
  it('leads to a paired device', async () => {
    const { send, state, context, told, found } = run();
    await found(FOUND);
    expect(told.askPerson).toHaveBeenCalledOnce();
    send({ type: 'decision.made', isAccepted: true }, { type: 'initiator.accepted' });
    await tick();
    expect(state()).toBe('live.exchanging');
    expect(told.sendConfirm).toHaveBeenCalledOnce();
    send({ type: 'initiator.confirmed', location: LOCATION });
    await tick();
    expect([state(), context().device?.pairingState]).toEqual(['completed', 'paired']);
  });

  it('ignores a decision before anybody was shown', async () => {
    const { send, told, found } = run();
    send({ type: 'decision.made', isAccepted: true });
    await found(FOUND);
    expect(told.askPerson).toHaveBeenCalledOnce();
  });

  it('fails with every source and its reason', async () => {
    const { searching, state, context } = run();
    searching.reject(NOBODY);
    await tick();
    expect([state(), context().failure]).toEqual(['failed', NOBODY.failure]);
  });

  it('stores nothing before both have accepted', async () => {
    const { send, state, found } = run('accept');
    await found(FOUND);
    expect(state()).toBe('live.confirming');
    send({ type: 'initiator.accepted' });
    expect(state()).toBe('live.storing');
  });

  it('goes back when the connection breaks, and keeps the person’s decision', async () => {
    const { send, state, told, found, returned } = run();
    await found(FOUND);
    send({ type: 'decision.made', isAccepted: true }, { type: 'connection.lost' });
    expect(state()).toBe('live.returning');
    await returned(FOUND);
    expect(told.askPerson).toHaveBeenCalledOnce();
    expect(told.sendAccept).toHaveBeenCalledTimes(2);
  });

  it('is completed by an initiator that says it is done, when its last message was lost', async () => {
    const { send, state, found, returned, recovering } = run('accept');
    await found(FOUND);
    send({ type: 'initiator.accepted' });
    await tick();
    send({ type: 'connection.lost' });
    await returned(DONE);
    expect(state()).toBe('live.recovering');
    recovering.resolve(DEVICE);
    await tick();
    expect(state()).toBe('completed');
  });

  it('goes back when the last message does not come', async () => {
    const { clock, send, state, told, found } = run('accept');
    await found(FOUND);
    send({ type: 'initiator.accepted' });
    await tick();
    clock.increment(10_000);
    expect(state()).toBe('live.returning');
    expect(told.dropConnection).toHaveBeenCalledOnce();
    clock.increment(15_000);
    expect(state()).toBe('failed');
  });

  it('counts the handshakes of its searches, and of no other state', async () => {
    const { send, context, found } = run('accept');
    send({ type: 'handshake.begun' }, { type: 'handshake.begun' });
    await found(FOUND);
    send({ type: 'handshake.begun' }, { type: 'connection.lost' }, { type: 'handshake.begun' });
    expect(context().handshakes).toBe(3);
  });

  it('remembers where the initiator was reached and said to be, whatever comes after', async () => {
    const { send, context, found, returned, state } = run('accept');
    const reachedAt = brandAs<SocketAddress>('192.0.2.7:1');
    await found({ ...FOUND, reachedAt, discoveredAtMs: 7 });
    send({ type: 'connection.lost' });
    await returned({ ...FOUND, connectionId: brandAs<ConnectionId>('c2'), discoveredAtMs: 9 });
    const location = { relayUrls: [], directAddresses: [reachedAt] };
    send({ type: 'initiator.accepted' });
    await tick();
    send({ type: 'initiator.confirmed', location });
    expect(state()).toBe('live.promoting');
    expect(context()).toMatchObject({ connectionId: 'c2', discoveredAtMs: 7, reachedAt, initiatorLocation: location });
  });

  it('sends no confirm over a connection that broke while storing', async () => {
    const { send, state, told, found } = run('accept');
    await found(FOUND);
    send({ type: 'initiator.accepted' }, { type: 'connection.lost' });
    await tick();
    expect(state()).toBe('live.returning');
    expect(told.sendConfirm).not.toHaveBeenCalled();
  });

  it('remembers that the initiator may be paired, so that its pending record is kept', async () => {
    const { clock, send, context, found } = run('accept');
    await found(FOUND);
    send({ type: 'initiator.accepted' });
    await tick();
    clock.increment(10_000);
    clock.increment(15_000);
    expect([context().mayBePaired, context().failure?.code]).toEqual([true, 'CONNECTION_LOST']);
  });

  it('is certain that nobody is paired once the initiator says no', async () => {
    const { send, context, found } = run('accept');
    await found(FOUND);
    send({ type: 'initiator.accepted' });
    await tick();
    expect(context().mayBePaired).toBe(true);
    send({ type: 'initiator.left', failure: pairingFailure('CANCELLED') });
    expect(context().mayBePaired).toBe(false);
  });

  it.each<[string, boolean]>([
    ['says no and proves the code with it', false],
    ['only says that it does not know the code', true],
  ])('that comes back is unsettled or not: the initiator %s', async (_what, mayBePaired) => {
    const { send, context, found, refused } = run('accept');
    await found(FOUND);
    send({ type: 'initiator.accepted' });
    await tick();
    send({ type: 'connection.lost' });
    await refused(new PairingFailureError(pairingFailure('CODE_UNKNOWN'), { isRefusal: !mayBePaired }));
    expect(context().mayBePaired).toBe(mayBePaired);
    expect(context().failure?.code).toBe(mayBePaired ? 'CONNECTION_LOST' : 'CODE_UNKNOWN');
  });

  it.each<readonly [string, JoinerEvent, readonly [boolean, boolean, string]]>([
    ['cancelled, and the initiator is to be told', { type: 'session.cancelled' }, [false, true, 'CANCELLED']],
    [
      'rejected, and the initiator is to be told',
      { type: 'decision.made', isAccepted: false },
      [false, true, 'CANCELLED'],
    ],
    ['abandoned, which settles nothing', { type: 'session.abandoned' }, [true, false, 'CONNECTION_LOST']],
  ])('that may be paired and is coming back can be %s', async (_what, event, expected) => {
    const { send, state, context, found } = run('accept');
    await found(FOUND);
    send({ type: 'initiator.accepted' });
    await tick();
    send({ type: 'connection.lost' }, event);
    const { mayBePaired, isTakenBack, failure } = context();
    expect([mayBePaired, isTakenBack, failure?.code]).toEqual(expected);
    expect(state()).toBe('failed');
  });

  it('cannot be cancelled while its confirm is on its way', async () => {
    const { send, state, found } = run('accept');
    await found(FOUND);
    send({ type: 'initiator.accepted' });
    await tick();
    send({ type: 'session.cancelled' });
    expect(state()).toBe('live.exchanging');
  });

  it('times out when nobody decides', async () => {
    const { clock, state, context, found } = run();
    await found(FOUND);
    clock.increment(60_000);
    expect([state(), context().failure?.code]).toEqual(['failed', 'TIMED_OUT']);
  });
});

describe('an initiator that is paired already', () => {
  it('ends the join before anybody is asked, by the name its owner gave it, and says how to go on', async () => {
    const { state, context, told, found } = run('accept');
    await found(FOUND_AGAIN);
    expect([state(), context().failure?.code]).toEqual(['failed', 'ALREADY_PAIRED']);
    expect(context().failure?.reason).toMatch(/^"Attic" \(d-nas\) is paired.*can be paired anew/);
    expect([told.askPerson, told.sendAccept].flatMap(({ mock }) => mock.calls)).toEqual([]);
  });

  it('is paired anew where that was chosen', async () => {
    const { send, state, context, found } = run('accept', true);
    await found(FOUND_AGAIN);
    expect([state(), context().known]).toEqual(['live.confirming', KNOWN]);
    send({ type: 'initiator.accepted' });
    await tick();
    send({ type: 'initiator.confirmed', location: LOCATION });
    await tick();
    expect(state()).toBe('completed');
  });

  it('is believed when it says that it is done, without a choice', async () => {
    const { state, found } = run('accept');
    await found(DONE);
    expect(state()).toBe('live.recovering');
  });

  it('is not paired anew by a code it calls used: nobody was asked', async () => {
    const { state, context, found } = run('accept', true);
    await found({ ...DONE, known: KNOWN });
    expect([state(), context().failure?.code]).toEqual(['failed', 'CODE_USED']);
  });

  it.each<[string, PeerDevice | null]>([
    ['it is left pending here', DEVICE],
    ['it is not stored here', null],
  ])('is believed when it says that it is done, with the choice to pair anew, while %s', async (_what, known) => {
    const { state, found } = run('accept', true);
    await found({ ...DONE, known });
    expect(state()).toBe('live.recovering');
  });

  it('is paired anew when it says that it is done and only its last message was lost', async () => {
    const { send, state, found, returned } = run('accept', true);
    await found(FOUND_AGAIN);
    send({ type: 'initiator.accepted' });
    await tick();
    send({ type: 'connection.lost' });
    await returned({ ...DONE, known: KNOWN });
    expect(state()).toBe('live.recovering');
  });

  it('is another one than one that was never confirmed: that needs no choice', async () => {
    const { state, found } = run();
    await found({ ...FOUND, known: { ...KNOWN, pairingState: 'pending' } });
    expect(state()).toBe('live.confirming');
  });
});
