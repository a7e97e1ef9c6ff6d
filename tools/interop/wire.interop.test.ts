import { encodeClientAuth, signChallenge } from '@bowline/relay-protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runningRelay } from '../../packages/relay-server/test/running-relay.ts';
import { TestClient } from '../../packages/relay-server/test/test-client.ts';
import { realRelay } from './real-relay.ts';

const TOKEN = 'a-shared-token';
/** Below the ports that a system chooses by itself, so that nobody else is given it. */
const REAL_PORT = 13_401;

/** Starts a relay that ends with the test; with a token only those get in that have it. */
type Start = (token?: string) => Promise<{ readonly url: string }>;

const ours: Start = async (token) => {
  const server = await runningRelay(token === undefined ? {} : { tokenInUrl: true, access: { tokens: [token] } });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
};

const n0s: Start = (token) => realRelay(REAL_PORT, token === undefined ? '' : `access.shared_token = ["${token}"]\n`);

const RELAYS: readonly (readonly [string, Start])[] = [
  ['our relay', ours],
  ['iroh-relay', n0s],
];

/** Both say the same to the same client, wherever our switchboard or an iroh endpoint depends on it. */
describe.each(RELAYS)('%s', (_, start) => {
  it.for(['iroh-relay-v1', 'iroh-relay-v2'])('carries datagrams between clients of %s', async (version) => {
    const { url } = await start();
    const options = { subprotocols: [version] };
    const [a, b] = [
      await TestClient.login(url, { seed: 1, ...options }),
      await TestClient.login(url, { seed: 2, ...options }),
    ];
    expect(a.socket.protocol).toBe(version);
    a.sendTo(b, 'there');
    expect(await b.frames.next()).toMatchObject({ type: 'datagrams', endpointKey: Buffer.from(a.endpointKey) });
    b.sendTo(a, 'and back');
    expect(await a.text()).toBe('and back');
  });

  it('prefers version 2', async () => {
    const client = await TestClient.login((await start()).url);
    expect(client.socket.protocol).toBe('iroh-relay-v2');
  });

  it('keeps the segments of a batch, and its ECN mark', async () => {
    const { url } = await start();
    const [a, b] = [await TestClient.login(url, { seed: 1 }), await TestClient.login(url, { seed: 2 })];
    a.socket.send(batch(b.endpointKey, 2, 500, Buffer.alloc(1_400, 7)));
    expect(await b.frames.next()).toMatchObject({
      type: 'datagrams',
      ecn: 2,
      segmentBytes: 500,
      contents: Buffer.alloc(1_400, 7),
    });
  });

  it('answers pings', async () => {
    const client = await TestClient.login((await start()).url);
    client.ping(5);
    expect(await client.frames.next()).toEqual({ type: 'pong', payload: new Uint8Array(8).fill(5) });
  });

  it('does not let anybody in with a signature over something else', async () => {
    const client = new TestClient((await start()).url);
    await client.opened();
    await client.raw.next();
    client.socket.send(encodeClientAuth(signChallenge(client.secretKey, new Uint8Array(16))));
    const answer = client.raw.next().then((frame) => frame[0]);
    expect(await Promise.race([answer, client.closed.then(() => 'closed')])).not.toBe(CONFIRMED);
    await client.closed;
  });

  it('parks the older of two logins, tells it, and serves it again when the newer one leaves', async () => {
    const { url } = await start();
    const older = await TestClient.login(url, { seed: 1 });
    const newer = await TestClient.login(url, { seed: 1 });
    const peer = await TestClient.login(url, { seed: 2 });
    expect(await older.frames.next()).toEqual({ type: 'status', health: 'same-endpoint-connected' });
    peer.sendTo(older, 'for the newer');
    expect(await newer.text()).toBe('for the newer');
    await newer.close();
    expect(await older.frames.next()).toEqual({ type: 'status', health: 'healthy' });
    peer.sendTo(older, 'for the older');
    expect(await older.text()).toBe('for the older');
  });

  it('tells those a client wrote to that it has left', async () => {
    const { url } = await start();
    const [leaver, peer] = [await TestClient.login(url, { seed: 1 }), await TestClient.login(url, { seed: 2 })];
    leaver.sendTo(peer, 'hello');
    expect(await peer.text()).toBe('hello');
    await leaver.close();
    expect(await peer.frames.next()).toEqual({
      type: 'endpointGone',
      endpointKey: Buffer.from(leaver.endpointKey),
    });
  });

  it('asks for its token, in a header or in the URL', async () => {
    const { url } = await start(TOKEN);
    await TestClient.login(url, { seed: 1, headers: { authorization: `Bearer ${TOKEN}` } });
    await TestClient.login(url, { seed: 2, query: `?token=${TOKEN}` });
    await expect(TestClient.login(url, { seed: 3 })).rejects.toThrow(/401|denied/);
    await expect(TestClient.login(url, { seed: 4, query: '?token=another' })).rejects.toThrow(/401|denied/);
  });
});

/** Frame type of "you are in". */
const CONFIRMED = 2;

const batch = (to: Uint8Array, ecn: number, segmentBytes: number, contents: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from([5]), to, Buffer.from([ecn, segmentBytes >> 8, segmentBytes & 0xff]), contents]);
