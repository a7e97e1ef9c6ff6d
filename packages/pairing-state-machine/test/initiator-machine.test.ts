import { brandAs, type ConnectionId, type DeviceId, type EndpointId, type PeerDevice } from '@bowline/contracts';
import { describe, expect, it, vi } from 'vitest';
import { createActor, fromPromise, SimulatedClock } from 'xstate';
import {
  type InitiatorEvent,
  type InitiatorInput,
  initiatorMachine,
  PAIRING_DELAYS_DEFAULTS,
  pairingFailure,
} from '../src/index.ts';
import { type Event, leavesOf, nameOf, pathsOf, replay } from './paths.ts';

const LAPTOP = brandAs<EndpointId>('aa'.repeat(32));
const PHONE = brandAs<EndpointId>('bb'.repeat(32));
const CARD = { name: 'laptop', platform: 'linux' };
const DEVICE: PeerDevice = {
  id: brandAs<DeviceId>('d-laptop'),
  endpointId: LAPTOP,
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
const KNOWN: PeerDevice = { ...DEVICE, name: 'Work', pairingState: 'paired' };
const INPUT: InitiatorInput = { policy: 'ask', ttlMs: 300_000, delays: PAIRING_DELAYS_DEFAULTS, mayRenew: false };

const CLAIM = { connectionId: brandAs<ConnectionId>('c1'), atMs: 1 };
const LOCATION = { relayUrls: [], directAddresses: [] };

const FACTS: readonly InitiatorEvent[] = [
  { type: 'joiner.proven', joinerId: LAPTOP, ...CLAIM },
  { type: 'joiner.proven', joinerId: PHONE, ...CLAIM },
  { type: 'joiner.finished', joiner: CARD, authenticationString: '123456', known: null },
  { type: 'joiner.finished', joiner: CARD, authenticationString: '123456', known: KNOWN },
  { type: 'joiner.accepted' },
  { type: 'joiner.confirmed', location: LOCATION },
  { type: 'joiner.left', failure: pairingFailure('REJECTED') },
  { type: 'connection.lost' },
  { type: 'proof.failed' },
  { type: 'decision.made', isAccepted: true },
  { type: 'decision.made', isAccepted: false },
  { type: 'code.expired' },
  { type: 'session.cancelled' },
];

const ENDS_OF_EFFECTS = [
  { type: 'xstate.done.actor.0.initiator.live.storing', output: DEVICE },
  { type: 'xstate.error.actor.0.initiator.live.storing', error: { code: 'STORE_FULL' } },
  { type: 'xstate.done.actor.0.initiator.live.promoting', output: DEVICE },
  { type: 'xstate.error.actor.0.initiator.live.promoting', error: { code: 'STORE_FULL' } },
  { type: 'xstate.after.handshakeTimeout.initiator.live.proving' },
  { type: 'xstate.after.decisionTimeout.initiator.live.confirming' },
  { type: 'xstate.after.confirmTimeout.initiator.live.exchanging' },
  { type: 'xstate.after.codeLifetime.initiator.live' },
] as const;

const EVENTS: readonly Event[] = [...FACTS, ...ENDS_OF_EFFECTS];

/** The machine with effects that never end by themselves, so that a path ends them. */
const idle = initiatorMachine.provide({
  actors: {
    storingPending: fromPromise(() => new Promise<PeerDevice>(() => undefined)),
    promoting: fromPromise(() => new Promise<PeerDevice>(() => undefined)),
  },
});

describe('the initiator', () => {
  const paths = pathsOf(idle, INPUT, EVENTS);

  it('reaches every state by a generated path', () => {
    expect(new Set(paths.map(({ end }) => end))).toEqual(new Set(leavesOf(idle)));
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

  it('is never completed without proof, both agreements, the store and the joiner’s confirm', () => {
    for (const { end, events } of paths.filter((path) => path.end === 'completed')) {
      const types = events.map(({ type }) => type);
      expect(end).toBe('completed');
      for (const needed of [
        'joiner.proven',
        'joiner.finished',
        'joiner.accepted',
        'joiner.confirmed',
        'decision.made',
      ]) {
        expect(types).toContain(needed);
      }
      expect(types).toContain('xstate.done.actor.0.initiator.live.storing');
    }
  });

  it('always says why it failed', () => {
    for (const { events } of paths.filter(({ end }) => end === 'failed')) {
      const { context } = replay(idle, INPUT, events).getSnapshot();
      expect(context.failure?.reason).toMatch(/\.$/);
    }
  });
});

const run = (input: Partial<InitiatorInput> = {}) => {
  const clock = new SimulatedClock();
  const told = {
    sendWelcome: vi.fn(),
    askPerson: vi.fn(),
    sendAccept: vi.fn(),
    sendConfirm: vi.fn(),
    dropConnection: vi.fn(),
  };
  const storing = Promise.withResolvers<PeerDevice>();
  const promoting = Promise.withResolvers<PeerDevice>();
  const machine = initiatorMachine.provide({
    actions: told,
    actors: {
      storingPending: fromPromise(() => storing.promise),
      promoting: fromPromise(() => promoting.promise),
    },
  });
  const actor = createActor(machine, { input: { ...INPUT, ...input }, clock });
  actor.start();
  const send = (...events: InitiatorEvent[]) => {
    for (const event of events) actor.send(event);
  };
  const state = () => nameOf(actor.getSnapshot().value);
  const failure = () => actor.getSnapshot().context.failure?.code;
  return { actor, clock, told, send, state, failure, storing, promoting };
};

const tick = async () => {
  for (let round = 0; round < 10; round += 1) await Promise.resolve();
};

const proven = { type: 'joiner.proven', joinerId: LAPTOP, ...CLAIM } as const;
const finished = { type: 'joiner.finished', joiner: CARD, authenticationString: '123456', known: null } as const;
const accepted = { type: 'decision.made', isAccepted: true } as const;

describe('an offered code', () => {
  it('leads to a paired device', async () => {
    const { send, state, told, storing, promoting } = run();
    send(proven, finished);
    expect(told.askPerson).toHaveBeenCalledOnce();
    send(accepted);
    expect(told.sendAccept).toHaveBeenCalledOnce();
    send({ type: 'joiner.accepted' });
    expect(state()).toBe('live.storing');
    storing.resolve(DEVICE);
    await tick();
    expect(state()).toBe('live.exchanging');
    send({ type: 'joiner.confirmed', location: LOCATION });
    expect(told.sendConfirm).not.toHaveBeenCalled();
    promoting.resolve({ ...DEVICE, pairingState: 'paired' });
    await tick();
    expect(told.sendConfirm).toHaveBeenCalledOnce();
    expect(state()).toBe('completed');
  });

  it('asks nobody when the policy is to accept', () => {
    const { send, told } = run({ policy: 'accept' });
    send(proven, finished);
    expect(told.askPerson).not.toHaveBeenCalled();
    expect(told.sendAccept).toHaveBeenCalledOnce();
  });

  it('is agreed to right behind the welcome when nobody has to be asked, and not before', () => {
    const { send, told } = run({ policy: 'accept' });
    expect(told.sendAccept).not.toHaveBeenCalled();
    send(proven);
    expect(told.sendAccept).toHaveBeenCalledOnce();
    expect(told.sendWelcome).toHaveBeenCalledBefore(told.sendAccept);
  });

  it('is not agreed to before the person was asked', () => {
    const { send, told } = run();
    send(proven, finished);
    expect(told.sendWelcome).toHaveBeenCalledOnce();
    expect(told.sendAccept).not.toHaveBeenCalled();
  });

  it('stores nobody who has not finished the handshake, agreed to or not', () => {
    const { send, state } = run({ policy: 'accept' });
    send(proven, { type: 'joiner.accepted' }, { type: 'joiner.confirmed', location: LOCATION });
    expect(state()).toBe('live.proving');
  });

  it('ignores a decision before anybody was shown', () => {
    const { send, told, state } = run();
    send(accepted, proven, accepted, finished);
    expect(told.sendAccept).not.toHaveBeenCalled();
    expect(told.askPerson).toHaveBeenCalledOnce();
    expect(state()).toBe('live.confirming');
  });

  it('is claimed once: a second device changes nothing', () => {
    const { actor, send, state } = run();
    send(proven, { type: 'joiner.proven', joinerId: PHONE, ...CLAIM });
    expect(state()).toBe('live.proving');
    expect(actor.getSnapshot().context.joinerId).toBe(LAPTOP);
  });

  it('expires when nobody has claimed it', () => {
    const { clock, state, failure } = run();
    clock.increment(299_999);
    expect(state()).toBe('live.offering');
    clock.increment(1);
    expect([state(), failure()]).toEqual(['failed', 'CODE_EXPIRED']);
  });

  it('lets a pairing in progress end after it has expired', () => {
    const { clock, send, state } = run();
    clock.increment(299_000);
    send(proven, finished);
    clock.increment(2_000);
    expect(state()).toBe('live.confirming');
  });

  it('is burnt by the third wrong proof, and only while it is unclaimed', () => {
    const burnt = run();
    burnt.send({ type: 'proof.failed' }, { type: 'proof.failed' });
    expect(burnt.state()).toBe('live.offering');
    burnt.send({ type: 'proof.failed' });
    expect([burnt.state(), burnt.failure()]).toEqual(['failed', 'CODE_BURNT']);
    const claimed = run();
    claimed.send(proven, ...Array.from({ length: 5 }, () => ({ type: 'proof.failed' }) as const));
    expect(claimed.state()).toBe('live.proving');
  });

  it('times out when nobody decides', () => {
    const { clock, send, state, failure } = run();
    send(proven, finished);
    clock.increment(60_000);
    expect([state(), failure()]).toEqual(['failed', 'TIMED_OUT']);
  });

  it('gives a silent joiner ten seconds for its handshake, and waits for it to come back', () => {
    const { clock, send, state, told } = run();
    send(proven);
    clock.increment(10_000);
    expect(state()).toBe('live.waitingForReturn');
    expect(told.dropConnection).toHaveBeenCalledOnce();
  });

  it('is open to the same joiner after its connection broke, and keeps the person’s decision', () => {
    const { send, state, told } = run();
    send(proven, finished, accepted, { type: 'connection.lost' });
    expect(state()).toBe('live.waitingForReturn');
    send({ type: 'joiner.proven', joinerId: PHONE, ...CLAIM });
    expect(state()).toBe('live.waitingForReturn');
    send(proven, { ...finished, authenticationString: '654321' });
    expect(told.askPerson).toHaveBeenCalledOnce();
    expect(told.sendAccept).toHaveBeenCalledTimes(2);
  });

  it('takes a no from whoever was shown the joiner while it proves itself again, and no yes', () => {
    const { send, state, failure } = run();
    send(proven, finished, { type: 'connection.lost' }, proven, accepted);
    expect(state()).toBe('live.proving');
    send({ type: 'decision.made', isAccepted: false });
    expect([state(), failure()]).toEqual(['failed', 'REJECTED']);
  });

  it('takes no answer while nobody was shown yet', () => {
    const { send, state } = run();
    send(proven, { type: 'decision.made', isAccepted: false });
    expect(state()).toBe('live.proving');
  });

  it('forgets the joiner’s decision with its connection', () => {
    const { send, state } = run({ policy: 'accept' });
    send(proven, finished, { type: 'connection.lost' }, proven, finished);
    expect(state()).toBe('live.confirming');
  });

  it('fails as lost when the joiner does not come back while the code is valid', () => {
    const { clock, send, state, failure } = run();
    send(proven, finished, { type: 'connection.lost' });
    clock.increment(300_000);
    expect([state(), failure()]).toEqual(['failed', 'CONNECTION_LOST']);
  });

  it('cannot be cancelled any more once the joiner has confirmed', async () => {
    const { send, state, storing, promoting } = run({ policy: 'accept' });
    send(proven, finished, { type: 'joiner.accepted' });
    storing.resolve(DEVICE);
    await tick();
    send({ type: 'joiner.confirmed', location: LOCATION }, { type: 'session.cancelled' }, { type: 'connection.lost' });
    expect(state()).toBe('live.promoting');
    promoting.resolve(DEVICE);
    await tick();
    expect(state()).toBe('completed');
  });

  it.each<[string, string]>([
    ['DEVICE_ALREADY_PAIRED', 'ALREADY_PAIRED'],
    ['DEVICE_BLOCKED', 'BLOCKED'],
    ['STORE_FULL', 'STORE_FULL'],
    ['STORE_DAMAGED', 'INTERNAL'],
  ])('that cannot be stored because of %s fails with %s', async (code, expected) => {
    const { send, failure, storing } = run({ policy: 'accept' });
    send(proven, finished, { type: 'joiner.accepted' });
    storing.reject(Object.assign(new Error('no'), { code }));
    await tick();
    expect(failure()).toBe(expected);
  });
});

describe('a joiner that is paired already', () => {
  const again = { ...finished, known: KNOWN } as const;

  it('is refused before anybody is asked, by the name its owner gave it, and told how to go on', () => {
    const { actor, send, state, failure, told } = run();
    send(proven, again);
    expect([state(), failure()]).toEqual(['failed', 'ALREADY_PAIRED']);
    expect(actor.getSnapshot().context.failure?.reason).toMatch(/^"Work" \(d-laptop\) is paired.*can be paired anew/);
    expect(told.askPerson.mock.calls).toEqual([]);
  });

  it('is paired anew where that was chosen, and only after both have agreed', async () => {
    const { actor, send, state, told, storing, promoting } = run({ mayRenew: true });
    send(proven, again);
    expect([told.askPerson.mock.calls.length, told.sendAccept.mock.calls.length]).toEqual([1, 0]);
    expect(actor.getSnapshot().context.known).toEqual(KNOWN);
    send(accepted, { type: 'joiner.accepted' });
    storing.resolve(KNOWN);
    await tick();
    send({ type: 'joiner.confirmed', location: LOCATION });
    promoting.resolve(KNOWN);
    await tick();
    expect(state()).toBe('completed');
  });

  it.each([
    ['was never confirmed', { ...KNOWN, pairingState: 'pending' } as const],
    ['is not stored', null],
  ])('is another one than a joiner that %s: that needs no choice', (_what, known) => {
    const { send, state } = run();
    send(proven, { ...finished, known });
    expect(state()).toBe('live.confirming');
  });

  it('is no reason for a code to be claimed by somebody else', () => {
    const { send, state } = run();
    send(again);
    expect(state()).toBe('live.offering');
  });
});
