import {
  type AlpnPolicy,
  type BoundEndpoint,
  brandAs,
  type ConnectionId,
  type DialInput,
  type EndpointChannel,
} from '@bowline/contracts';
import { type RelayServer, relayServer } from '@bowline/relay-server';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { type ActorHarness, type EventRecorder, eventRecorder, memoryLogger } from '@bowline/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemEndpoint } from './system-endpoint.ts';

const OPEN: AlpnPolicy = { alpn: 'test/open/1', admit: 'anyone', maxFrameBytes: 1_000, maxIncoming: 10 };

/** For a machine that is busy with other tests. */
const PATIENCE = { timeout: 20_000 };

interface Device {
  readonly harness: ActorHarness<EndpointChannel>;
  readonly recorder: EventRecorder<EndpointChannel>;
  readonly bound: BoundEndpoint;
}

const relays: RelayServer[] = [];
const devices: Device[] = [];
let dials = 0;

const relay = async (): Promise<RelayServer> => {
  const components = { clock: systemClock, random: systemRandom, logger: memoryLogger() };
  const started = relayServer({ port: 0, bindAddress: '127.0.0.1' })(components);
  await started.start();
  relays.push(started);
  return started;
};

const device = async (seed: number, loopbackRelayUrl: string | null): Promise<Device> => {
  const harness = await systemEndpoint();
  const recorder = eventRecorder<EndpointChannel>(harness.client, [
    'connection.accepted',
    'connection.closed',
    'connection.pathChanged',
    'frame.received',
  ]);
  const bound = await harness.client.request('bind', {
    secretKey: new Uint8Array(32).fill(seed),
    protocols: [OPEN],
    loopbackRelayUrl,
    bindAddresses: ['127.0.0.1'],
  });
  const made: Device = { harness, recorder, bound };
  devices.push(made);
  return made;
};

const dialThroughRelay = (from: Device, to: BoundEndpoint, changes: Partial<DialInput> = {}) => {
  dials += 1;
  return from.harness.client.request('dial', {
    from: from.bound.endpointId,
    to: to.endpointId,
    connectionId: brandAs<ConnectionId>(`relayed-${dials}`),
    alpn: OPEN.alpn,
    directAddresses: [],
    throughRelay: true,
    timeoutMs: 20_000,
    ...changes,
  });
};

/** Until an endpoint has logged in at a relay. */
const present = (server: RelayServer, endpoints: number): Promise<void> =>
  expect.poll(() => server.metrics().endpoints, PATIENCE).toBe(endpoints);

beforeEach(() => {
  // A proxy nobody runs: the relay on loopback must be found nevertheless.
  process.env.http_proxy = 'http://127.0.0.1:9';
});

afterEach(async () => {
  for (const name of ['http_proxy', 'NO_PROXY', 'no_proxy']) delete process.env[name];
  await Promise.all(devices.splice(0).map(({ harness }) => harness.actor.stop()));
  await Promise.all(relays.splice(0).map((server) => server.stop()));
});

test('an endpoint logs in at its relay although a proxy is set, and is dialled through it', async () => {
  const server = await relay();
  const [near, far] = [await device(1, server.url), await device(2, server.url)];
  await present(server, 2);
  const { connectionId } = await dialThroughRelay(near, far.bound);
  const { connectionId: there } = await far.recorder.next('connection.accepted');
  await near.harness.client.request('send', { connectionId, frame: Uint8Array.of(1) });
  expect((await far.recorder.next('frame.received')).connectionId).toBe(there);
});

test('a connection that finds a direct path tells so, once on each side', async () => {
  const server = await relay();
  const [near, far] = [await device(1, server.url), await device(2, server.url)];
  await present(server, 2);
  const { connectionId, path } = await dialThroughRelay(near, far.bound);
  const { connectionId: there, path: pathThere } = await far.recorder.next('connection.accepted');
  for (const [side, id, first] of [
    [near, connectionId, path],
    [far, there, pathThere],
  ] as const) {
    const isDirect = async (): Promise<boolean> => {
      const inspected = await side.harness.client.request('inspect', { connectionId: id });
      return inspected.path?.kind === 'direct' && inspected.path.remoteAddress !== null;
    };
    await expect.poll(isDirect, PATIENCE).toBe(true);
    // Where the direct path was found before the connection was told, there is no change to tell.
    if (first?.kind === 'direct') continue;
    const changed = await side.recorder.next('connection.pathChanged', ({ path: to }) => to.kind === 'direct');
    expect(changed.connectionId).toBe(id);
  }
});

test('moves to another relay and is reached there', async () => {
  const [first, second] = [await relay(), await relay()];
  const [near, far] = [await device(1, second.url), await device(2, first.url)];
  await present(first, 1);
  await far.harness.client.request('replaceRelay', {
    endpointId: far.bound.endpointId,
    loopbackRelayUrl: second.url,
  });
  await present(second, 2);
  await dialThroughRelay(near, far.bound);
  await far.recorder.next('connection.accepted');
});

test('bound without a relay, it uses none', async () => {
  const server = await relay();
  const far = await device(2, server.url);
  const near = await device(1, null);
  await present(server, 1);
  await expect(dialThroughRelay(near, far.bound)).rejects.toMatchObject({ code: 'DIAL_FAILED' });
  expect(server.metrics().endpoints).toBe(1);
});
