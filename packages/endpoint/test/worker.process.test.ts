import {
  type AlpnPolicy,
  type BoundEndpoint,
  brandAs,
  type ConnectionId,
  type DialInput,
  type EndpointChannel,
  type SocketAddress,
} from '@bowline/contracts';
import { type SupervisedWorker, supervise } from '@bowline/supervisor';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { type EventRecorder, eventRecorder, memoryLogger } from '@bowline/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endpointWorker } from '../src/index.ts';

const OPEN: AlpnPolicy = { alpn: 'test/open/1', admit: 'anyone', maxFrameBytes: 300_000, maxIncoming: 10 };

interface Device {
  readonly worker: SupervisedWorker<EndpointChannel>;
  readonly recorder: EventRecorder<EndpointChannel>;
  readonly seed: number;
}

const devices: Device[] = [];
const inherited = { ...process.env };

beforeEach(() => {
  // What a shell may hand down: the worker has to get over it by itself.
  process.env.RUST_BACKTRACE = '1';
  process.env.http_proxy = 'http://127.0.0.1:9';
});

afterEach(async () => {
  await Promise.all(devices.splice(0).map(({ worker }) => worker.stop()));
  for (const name of ['RUST_BACKTRACE', 'http_proxy']) {
    if (inherited[name] === undefined) delete process.env[name];
    else process.env[name] = inherited[name];
  }
});

const device = async (seed: number): Promise<Device> => {
  const entry = new URL('../src/worker.ts', import.meta.url);
  const worker = supervise(
    { definition: endpointWorker, kind: 'process', entry, options: {} },
    { clock: systemClock, random: systemRandom, logger: memoryLogger() },
    { logLevel: 'silent' },
  );
  const recorder = eventRecorder<EndpointChannel>(worker.client, [
    'connection.accepted',
    'connection.closed',
    'frame.received',
  ]);
  const made: Device = { worker, recorder, seed };
  devices.push(made);
  await worker.start();
  return made;
};

const bind = ({ worker, seed }: Device): Promise<BoundEndpoint> =>
  worker.client.request('bind', {
    secretKey: new Uint8Array(32).fill(seed),
    protocols: [OPEN],
    loopbackRelayUrl: null,
    bindAddresses: ['127.0.0.1'],
  });

let dials = 0;
const dial = (device: Device, from: BoundEndpoint, to: BoundEndpoint, changes: Partial<DialInput> = {}) => {
  dials += 1;
  return device.worker.client.request('dial', {
    from: from.endpointId,
    to: to.endpointId,
    connectionId: brandAs<ConnectionId>(`dial-${dials}`),
    alpn: OPEN.alpn,
    directAddresses: to.directAddresses,
    throughRelay: false,
    timeoutMs: 20_000,
    ...changes,
  });
};

const restarted = ({ worker }: Device): Promise<void> =>
  new Promise((resolve) => {
    const cancel = worker.onStateChanged(({ state, restarts }) => {
      if (state !== 'started' || restarts === 0) return;
      cancel();
      resolve();
    });
  });

test('a worker killed by SIGKILL comes back with the same key and is reached at once', async () => {
  const [near, far] = [await device(1), await device(2)];
  const [nearBound, farBound] = [await bind(near), await bind(far)];
  const { connectionId } = await dial(near, nearBound, farBound);
  const { connectionId: there } = await far.recorder.next('connection.accepted');
  const frame = Uint8Array.from({ length: 200_000 }, (_, index) => index % 253);
  await near.worker.client.request('send', { connectionId, frame });
  const received = await far.recorder.next('frame.received');
  expect(Buffer.compare(received.frame, frame)).toBe(0);

  const back = restarted(far);
  process.kill(far.worker.status().pid as number, 'SIGKILL');
  await back;
  const reborn = await bind(far);
  expect(reborn.endpointId).toBe(farBound.endpointId);
  await expect(far.worker.client.request('send', { connectionId: there, frame })).rejects.toMatchObject({
    code: 'CONNECTION_CLOSED',
  });

  // The other side has not noticed; it must close what is dead before it dials, or iroh tries the dead path first.
  await near.worker.client.request('close', { connectionId, name: 'not-responding', reason: '' });
  const again = await dial(near, nearBound, reborn, { timeoutMs: 10_000 });
  expect(again.remoteEndpointId).toBe(farBound.endpointId);
});

test('a worker killed by SIGKILL can itself dial the other side at once', async () => {
  const [near, far] = [await device(3), await device(4)];
  const [nearBound, farBound] = [await bind(near), await bind(far)];
  await dial(near, nearBound, farBound);
  await far.recorder.next('connection.accepted');
  const back = restarted(far);
  process.kill(far.worker.status().pid as number, 'SIGKILL');
  await back;
  const reborn = await bind(far);
  const { connectionId } = await dial(far, reborn, nearBound, { timeoutMs: 10_000 });
  await far.worker.client.request('send', { connectionId, frame: Uint8Array.of(5) });
  expect((await near.recorder.next('frame.received')).frame).toEqual(Uint8Array.of(5));
});

test('a worker that is stopped says so to its peers', async () => {
  const [near, far] = [await device(5), await device(6)];
  const [nearBound, farBound] = [await bind(near), await bind(far)];
  const { connectionId } = await dial(near, nearBound, farBound);
  await far.recorder.next('connection.accepted');
  await far.worker.stop();
  const { close } = await near.recorder.next('connection.closed', (payload) => payload.connectionId === connectionId);
  expect(close).toMatchObject({ by: 'peer', name: 'ended' });
});

test('errors that cross the channel are readable whatever the environment says', async () => {
  const near = await device(7);
  const bound = await bind(near);
  const nobody: BoundEndpoint = { ...bound, endpointId: (await bind(await device(8))).endpointId };
  const none: readonly SocketAddress[] = [];
  await expect(dial(near, bound, nobody, { directAddresses: none })).rejects.toMatchObject({
    code: 'DIAL_FAILED',
    stage: 'dial',
    message: expect.not.stringMatching(/\.rs|backtrace/i),
    data: { reason: expect.stringContaining('no address') },
  });
});
