import {
  type AlpnPolicy,
  type BindInput,
  type BoundEndpoint,
  brandAs,
  type ConnectionId,
  type EndpointChannel,
  type SocketAddress,
} from '@bowline/contracts';
import { type ActorHarness, type EventRecorder, eventRecorder } from '@bowline/testing';
import { Endpoint, presetMinimal, RelayMode } from '@number0/iroh/index.js';
import { afterEach, expect, test } from 'vitest';
import { halfDeafProxy } from './half-deaf-proxy.ts';
import { systemEndpoint } from './system-endpoint.ts';

/** For meeting strangers: where somebody is, is hearsay. */
const MEETING: AlpnPolicy = { alpn: 'test/meeting/1', admit: 'anyone', maxFrameBytes: 1_000, maxIncoming: 100 };

interface Device {
  readonly harness: ActorHarness<EndpointChannel>;
  readonly recorder: EventRecorder<EndpointChannel>;
  readonly bound: BoundEndpoint;
}

const closings: (() => unknown)[] = [];
let dials = 0;

afterEach(async () => {
  await Promise.all(closings.splice(0).map((close) => close()));
});

const device = async (seed: number): Promise<Device> => {
  const harness = await systemEndpoint();
  closings.push(() => harness.actor.stop());
  const recorder = eventRecorder<EndpointChannel>(harness.client, [
    'connection.accepted',
    'connection.closed',
    'frame.received',
  ]);
  const input: BindInput = {
    secretKey: new Uint8Array(32).fill(seed),
    protocols: [MEETING],
    loopbackRelayUrl: null,
    bindAddresses: ['127.0.0.1'],
  };
  return { harness, recorder, bound: await harness.client.request('bind', input) };
};

const dial = (from: Device, to: Device, directAddresses = to.bound.directAddresses, timeoutMs = 10_000) => {
  dials += 1;
  return from.harness.client.request('dial', {
    from: from.bound.endpointId,
    to: to.bound.endpointId,
    connectionId: brandAs<ConnectionId>(`aside-${dials}`),
    alpn: MEETING.alpn,
    directAddresses,
    throughRelay: false,
    isHearsay: true,
    timeoutMs,
  });
};

/** Somebody who refuses every connection before any key is shown. */
const refuser = async (): Promise<SocketAddress> => {
  const builder = Endpoint.builder();
  presetMinimal(builder);
  builder.relayMode(RelayMode.disabled());
  builder.alpns([[...Buffer.from(MEETING.alpn)]]);
  builder.bindAddr('127.0.0.1:0');
  builder.bindAddr('[::1]:0');
  const native = await builder.bind();
  closings.push(() => native.close());
  const refuseAll = async (): Promise<void> => {
    for (let next = await native.acceptNext(); next !== null; next = await native.acceptNext()) await next.refuse();
  };
  // Ends with the endpoint.
  refuseAll().catch(() => undefined);
  const [address = ''] = native.boundSockets().filter((socket) => socket.startsWith('127.'));
  return brandAs<SocketAddress>(address);
};

test('an impostor that is heard first does not keep the right endpoint away', async () => {
  const [client, other, wanted] = [await device(1), await device(2), await device(3)];
  await expect(dial(client, wanted, other.bound.directAddresses)).rejects.toMatchObject({ code: 'DIAL_FAILED' });
  const both = [...other.bound.directAddresses, ...wanted.bound.directAddresses];
  const info = await dial(client, wanted, both);
  expect(info).toMatchObject({
    localEndpointId: client.bound.endpointId,
    remoteEndpointId: wanted.bound.endpointId,
  });
  const seen = await wanted.recorder.next('connection.accepted');
  expect(seen.remoteEndpointId).toBe(client.bound.endpointId);
});

test('a connection that came around an impostor carries frames, and the other side can dial back meanwhile', async () => {
  const [client, other, wanted] = [await device(1), await device(2), await device(3)];
  await expect(dial(client, wanted, other.bound.directAddresses)).rejects.toMatchObject({ code: 'DIAL_FAILED' });
  const { connectionId } = await dial(client, wanted);
  const frame = Uint8Array.of(1, 2, 3);
  await client.harness.client.request('send', { connectionId, frame });
  // By which connection it came; one for each address may have been accepted.
  const received = await wanted.recorder.next('frame.received');
  expect([...received.frame]).toEqual([...frame]);
  expect((await dial(wanted, client)).remoteEndpointId).toBe(client.bound.endpointId);
  await client.harness.client.request('close', { connectionId, name: 'done', reason: '' });
  const closed = await wanted.recorder.next('connection.closed', (each) => each.connectionId === received.connectionId);
  expect(closed.close).toMatchObject({ by: 'peer', name: 'done' });
});

test('without the right endpoint at any address fails and says so', async () => {
  const [client, other, wanted] = [await device(1), await device(2), await device(3)];
  const wrong = other.bound.directAddresses;
  for (const _time of ['by the bound endpoint', 'aside']) {
    await expect(dial(client, wanted, wrong)).rejects.toMatchObject({
      code: 'DIAL_FAILED',
      data: { reason: 'a different endpoint answered at one of the known addresses' },
    });
  }
  const silent = [brandAs<SocketAddress>('127.0.0.1:9')];
  const reason = 'no endpoint of this id answered at any address';
  await expect(dial(client, wanted, silent)).rejects.toMatchObject({ retryable: true, data: { reason } });
});

test('somebody that refuses in its name does not keep the right endpoint away', async () => {
  const [client, wanted, liar] = [await device(1), await device(3), await refuser()];
  await expect(dial(client, wanted, [liar])).rejects.toMatchObject({ code: 'DIAL_FAILED' });
  for (let round = 0; round < 5; round += 1) await dial(client, wanted, [liar, ...wanted.bound.directAddresses]);
});

test('somebody that begins a handshake in its name and falls silent does not keep the right endpoint away', async () => {
  const [client, wanted] = [await device(1), await device(3)];
  const proxy = await halfDeafProxy(wanted.bound.port, 1);
  closings.push(() => proxy.close());
  const liar = brandAs<SocketAddress>(proxy.address);
  const caught = dial(client, wanted, [liar], 30_000).catch((error: Error) => error.message);
  await proxy.stalled;
  await dial(client, wanted, [liar, ...wanted.bound.directAddresses]);
  await client.harness.client.request('unbind', { endpointId: client.bound.endpointId });
  await caught;
});
