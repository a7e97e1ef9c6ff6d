import {
  type AddressDiscoveryRelay,
  type AlpnPolicy,
  type BoundEndpoint,
  brandAs,
  type ConnectionId,
  type EndpointChannel,
  type EndpointId,
  NOBODY_ENDPOINT_ID,
  type RelayUrl,
} from '@bowline/contracts';
import { type RelayServer, relayServer } from '@bowline/relay-server';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { type ActorHarness, eventRecorder, memoryLogger } from '@bowline/testing';
import {
  type Connecting,
  Endpoint,
  EndpointAddr,
  EndpointId as NativeEndpointId,
  presetMinimal,
} from '@number0/iroh/index.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { relayArrangement, relayModeOf } from '../src/relay-arrangement.ts';
import { slowPingProxy } from './slow-ping-proxy.ts';
import { systemEndpoint } from './system-endpoint.ts';

const OPEN: AlpnPolicy = { alpn: 'test/open/1', admit: 'anyone', maxFrameBytes: 1_000, maxIncoming: 10 };

/** Far above what another relay takes to answer: iroh's home moves away from loopback. */
const PING_DELAY_MS = 400;

/** Many times what a dial through relays on this machine takes. */
const NO_ANSWER_MS = 1_500;

/** For a dial that is answered on a busy machine; long before iroh looks for its home again, 20 s after it did. */
const ANSWERED_MS = 10_000;

/** iroh waits 3 s for what nobody answers, which this tells apart. */
const CLOSED_MS = 2_500;

/** For a machine that is busy with other tests; iroh itself waits 3 s for an answer about the address. */
const PATIENCE = { timeout: 50_000 };

let stack: AsyncDisposableStack;
/** Stands for the switchboard. */
let loopback: RelayServer;
/** The way to it that makes it look far away. */
let loopbackUrl: string;
/** A plain relay that iroh takes for one with address discovery, and makes its home. */
let other: RelayServer;
let addressDiscovery: AddressDiscoveryRelay;
let dials = 0;
const ends: (() => Promise<void>)[] = [];

const relay = async (): Promise<RelayServer> => {
  const server = relayServer({ port: 0, bindAddress: '127.0.0.1' })({
    clock: systemClock,
    random: systemRandom,
    logger: memoryLogger(),
  });
  await server.start();
  stack.defer(() => server.stop());
  return server;
};

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  [loopback, other] = [await relay(), await relay()];
  const proxy = await slowPingProxy(loopback.url, PING_DELAY_MS);
  stack.defer(() => proxy.close());
  loopbackUrl = proxy.url;
  addressDiscovery = { url: brandAs<RelayUrl>(other.url), quicPort: 9 };
});

/** At once, because iroh takes 3 s to close after a dial nobody answered. */
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
  await stack.disposeAsync();
});

interface Device {
  readonly harness: ActorHarness<EndpointChannel>;
  readonly bound: BoundEndpoint;
}

const device = async (seed: number, asked: AddressDiscoveryRelay | null): Promise<Device> => {
  const harness = await systemEndpoint();
  ends.push(() => harness.actor.stop());
  const bound = await harness.client.request('bind', {
    secretKey: new Uint8Array(32).fill(seed),
    protocols: [OPEN],
    loopbackRelayUrl: loopbackUrl,
    addressDiscovery: asked,
    bindAddresses: ['127.0.0.1'],
  });
  return { harness, bound };
};

/** iroh with the same relays, and nobody who touches them. */
const bareEndpoint = async (asked: AddressDiscoveryRelay | null): Promise<Endpoint> => {
  const builder = Endpoint.builder();
  presetMinimal(builder);
  builder.secretKey(new Array<number>(32).fill(2));
  builder.alpns([[...Buffer.from(OPEN.alpn)]]);
  builder.relayMode(relayModeOf({ loopbackRelayUrl: loopbackUrl, addressDiscovery: asked }));
  builder.bindAddr('127.0.0.1:0');
  builder.bindAddr('[::1]:0');
  const bare = await builder.bind();
  ends.push(() => bare.close());
  return bare;
};

const idOf = (bare: Endpoint): string => Buffer.from(bare.id().toBytes()).toString('hex');

const dial = ({ harness, bound }: Device, to: string, timeoutMs: number) => {
  dials += 1;
  return harness.client.request('dial', {
    from: bound.endpointId,
    to: brandAs<EndpointId>(to),
    connectionId: brandAs<ConnectionId>(`discovering-${dials}`),
    alpn: OPEN.alpn,
    directAddresses: [],
    throughRelay: true,
    timeoutMs,
  });
};

const homeAtOther = (): Promise<void> => expect.poll(() => other.metrics().endpoints, PATIENCE).toBe(1);

describe('an endpoint whose home is the relay it asks for its address', () => {
  it('is not at loopback by itself: a dial gets no answer until it has touched it', async () => {
    const bare = await bareEndpoint(addressDiscovery);
    const near = await device(1, null);
    await homeAtOther();
    const id = idOf(bare);
    await expect(dial(near, id, NO_ANSWER_MS)).rejects.toMatchObject({ code: 'DIAL_TIMED_OUT' });

    const nobody = NativeEndpointId.fromBytes([...Buffer.from(NOBODY_ENDPOINT_ID, 'hex')]);
    const attempt: Connecting = await bare.connectPending(new EndpointAddr(nobody, loopbackUrl, []), [1]);
    const incoming = bare.acceptNext();
    const dialled = dial(near, id, ANSWERED_MS);
    const accepted = await (await (await incoming)?.accept())?.connect();
    expect((await dialled).remoteEndpointId).toBe(id);
    accepted?.close(0n, []);
    expect(attempt).toBeDefined();
  });

  it('is reached at loopback nevertheless, before its home is there and after', async () => {
    const near = await device(1, null);
    const far = await device(2, addressDiscovery);
    const recorder = eventRecorder<EndpointChannel>(far.harness.client, ['connection.accepted']);
    await dial(near, far.bound.endpointId, PATIENCE.timeout);
    await recorder.next('connection.accepted');
    await homeAtOther();
    await near.harness.client.request('unbind', { endpointId: near.bound.endpointId });
    const again = await device(3, null);
    await dial(again, far.bound.endpointId, ANSWERED_MS);
  });

  it('moves its home to the relay it is asked to ask, to another, and back to loopback', async () => {
    const bare = await bareEndpoint(null);
    const relays = relayArrangement(bare, brandAs(idOf(bare)), { loopbackRelayUrl: loopbackUrl }, systemClock);
    stack.defer(async () => relays.stop());
    const homeIs = (url: string): Promise<void> => expect.poll(() => bare.addr().relayUrl(), PATIENCE).toBe(url);
    await homeIs(loopbackUrl);
    await relays.discover(addressDiscovery);
    await homeIs(other.url);
    const third = await relay();
    await relays.discover({ url: brandAs<RelayUrl>(third.url), quicPort: 9 });
    await homeIs(third.url);
    await relays.discover(null);
    await homeIs(loopbackUrl);
  });

  it('is closed without waiting for what it has sent to nobody', async () => {
    const closeMs = async (): Promise<number> => {
      await expect.poll(() => loopback.metrics().endpoints, PATIENCE).toBe(0);
      const far = await device(2, addressDiscovery);
      await expect.poll(() => loopback.metrics().endpoints, PATIENCE).toBe(1);
      const startedAtMs = performance.now();
      await far.harness.actor.stop();
      return performance.now() - startedAtMs;
    };
    let shortestMs = await closeMs();
    // Others may have held it up; who waits for iroh does so each time.
    for (let tries = 0; tries < 2 && shortestMs >= CLOSED_MS; tries += 1) {
      shortestMs = Math.min(shortestMs, await closeMs());
    }
    expect(shortestMs).toBeLessThan(CLOSED_MS);
  });
});
