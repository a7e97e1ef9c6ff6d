import { brandAs, type ConnectionId, type EndpointChannel, InvalidOptionError, OBSERVE_ALPN } from '@bowline/contracts';
import { decodeObserved, encodeAsk, type ObserverEndpoint } from '@bowline/observe-protocol';
import {
  type EventRecorder,
  eventRecorder,
  type FakeClock,
  type FakeEndpoint,
  fakeClock,
  fakeEndpointNetwork,
  memoryLogger,
  seededRandom,
  settle,
} from '@bowline/testing';
import { beforeEach, expect, it } from 'vitest';
import { type AddressObserverOptions, addressObserver, resolveAddressObserverOptions } from '../src/index.ts';

let clock: FakeClock;
let beside: FakeEndpoint;
let device: FakeEndpoint;
let recorder: EventRecorder<EndpointChannel>;
let dials: number;

beforeEach(() => {
  clock = fakeClock();
  const network = fakeEndpointNetwork({ clock });
  beside = network.endpoint();
  device = network.endpoint();
  recorder = eventRecorder(device, ['frame.received', 'connection.closed']);
  dials = 0;
});

const observer = (options: Partial<AddressObserverOptions> = {}) =>
  addressObserver(options)({ endpoint: beside, clock, random: seededRandom(), logger: memoryLogger() });

const boundDevice = () =>
  device.request('bind', {
    secretKey: new Uint8Array(32).fill(9),
    protocols: [{ alpn: 'test/1', admit: 'anyone', maxFrameBytes: 1, maxIncoming: 1 }],
    loopbackRelayUrl: null,
    bindAddresses: [],
  });

type Bound = Awaited<ReturnType<typeof boundDevice>>;

const dial = async (from: Bound, { endpointId }: ObserverEndpoint): Promise<ConnectionId> => {
  dials += 1;
  const connectionId = brandAs<ConnectionId>(`ask-${dials}`);
  const { directAddresses } = await beside.request('readBound', { endpointId });
  await device.request('dial', {
    from: from.endpointId,
    to: endpointId,
    connectionId,
    alpn: OBSERVE_ALPN,
    directAddresses,
    throughRelay: false,
    timeoutMs: 1_000,
  });
  await settle();
  return connectionId;
};

const say = async (connectionId: ConnectionId, frame: Uint8Array): Promise<void> => {
  await device.request('send', { connectionId, frame });
  await settle();
};

const answersOn = (connectionId: ConnectionId) =>
  recorder
    .of('frame.received')
    .filter((frame) => frame.connectionId === connectionId)
    .map(({ frame }) => decodeObserved(frame));

const closeOf = (connectionId: ConnectionId) =>
  recorder.of('connection.closed').find((closed) => closed.connectionId === connectionId)?.close.name;

it('tells each asking device the address it came from, on two endpoints', async () => {
  const observers = await observer().open();
  const from = await boundDevice();
  expect(new Set(observers.map(({ endpointId }) => endpointId)).size).toBe(2);
  for (const each of observers) {
    const connectionId = await dial(from, each);
    await say(connectionId, encodeAsk());
    expect(answersOn(connectionId)).toEqual([from.directAddresses[0]]);
    expect(closeOf(connectionId)).toBeUndefined();
  }
});

it.each([
  ['anything but an ask', [Uint8Array.of(0)]],
  ['a second ask', [encodeAsk(), encodeAsk()]],
])('closes with protocol-error after %s', async (_what, frames) => {
  const [first] = await observer().open();
  const connectionId = await dial(await boundDevice(), first as ObserverEndpoint);
  for (const frame of frames) await say(connectionId, frame);
  expect(closeOf(connectionId)).toBe('protocol-error');
});

it('closes after five seconds, whether it was asked or not', async () => {
  const [first, second] = await observer().open();
  const from = await boundDevice();
  const asking = await dial(from, first as ObserverEndpoint);
  const silent = await dial(from, second as ObserverEndpoint);
  await say(asking, encodeAsk());
  await clock.advance(4_999);
  expect([closeOf(asking), closeOf(silent)]).toEqual([undefined, undefined]);
  await clock.advance(1);
  await settle();
  expect([closeOf(asking), closeOf(silent)]).toEqual(['timed-out', 'timed-out']);
});

it('answers one address so often and no more, until time has passed', async () => {
  const [first] = await observer({ askRate: { perSecond: 1, burst: 2 } }).open();
  const from = await boundDevice();
  const ask = async () => {
    const connectionId = await dial(from, first as ObserverEndpoint);
    await say(connectionId, encodeAsk());
    const answer = { answers: answersOn(connectionId).length, close: closeOf(connectionId) };
    await device.request('close', { connectionId, name: 'done', reason: '' });
    return answer;
  };
  expect(await ask()).toEqual({ answers: 1, close: undefined });
  expect(await ask()).toEqual({ answers: 1, close: undefined });
  expect(await ask()).toEqual({ answers: 0, close: 'busy' });
  await clock.advance(1_000);
  expect(await ask()).toEqual({ answers: 1, close: undefined });
});

it('closes with busy what comes beyond the asks it serves at once', async () => {
  const [first] = await observer({ maxAsks: 1 }).open();
  const from = await boundDevice();
  const served = await dial(from, first as ObserverEndpoint);
  const refused = await dial(from, first as ObserverEndpoint);
  expect([closeOf(served), closeOf(refused)]).toEqual([undefined, 'busy']);
});

it('is the same observer again after the worker of its endpoints was restarted', async () => {
  const running = observer();
  const before = await running.open();
  beside.crash();
  const after = await running.open();
  expect(after.map(({ endpointId }) => endpointId)).toEqual(before.map(({ endpointId }) => endpointId));
  const connectionId = await dial(await boundDevice(), after[0] as ObserverEndpoint);
  await say(connectionId, encodeAsk());
  expect(answersOn(connectionId)).toHaveLength(1);
});

it('is gone when it was closed', async () => {
  const running = observer();
  const [first] = await running.open();
  await running.close();
  const { endpointId } = first as ObserverEndpoint;
  await expect(beside.request('readBound', { endpointId })).rejects.toMatchObject({ code: 'ENDPOINT_NOT_BOUND' });
});

it.each<[string, Partial<AddressObserverOptions>]>([
  ['port', { port: 65_535 }],
  ['bindAddress', { bindAddress: 'localhost' }],
  ['askRate.perSecond', { askRate: { perSecond: 0, burst: 1 } }],
  ['askRate.burst', { askRate: { perSecond: 1, burst: 0 } }],
  ['maxAsks', { maxAsks: 0 }],
  ['askTimeoutMs', { askTimeoutMs: 99 }],
])('refuses a wrong %s by its name', (field, input) => {
  expect(() => resolveAddressObserverOptions(input)).toThrow(InvalidOptionError);
  expect(() => resolveAddressObserverOptions(input)).toThrow(field);
});
