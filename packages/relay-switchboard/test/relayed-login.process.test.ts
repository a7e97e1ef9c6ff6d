import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { type EndpointId, endpointIdOf as idOf } from '@bowline/contracts';
import {
  encodeClientAuth,
  encodeDatagramToRelay,
  keyOfEndpointId,
  RELAY_SUBPROTOCOLS,
  signChallenge,
} from '@bowline/relay-protocol';
import { type RelayServer, relayServer } from '@bowline/relay-server';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { memoryLogger } from '@bowline/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { eventOf, type SwitchboardHarness, settingsOf, startedSwitchboard, urlFor } from './support/test-device.ts';

const secretKey = Uint8Array.from(randomBytes(32));
const mallory: EndpointId = idOf(Uint8Array.from(randomBytes(32)));

let stack: AsyncDisposableStack;

beforeEach(() => {
  stack = new AsyncDisposableStack();
});

afterEach(() => stack.disposeAsync());

const relay = async (): Promise<RelayServer> => {
  const components = { clock: systemClock, random: systemRandom, logger: memoryLogger() };
  const server = relayServer({ port: 0, bindAddress: '127.0.0.1' })(components);
  await server.start();
  stack.defer(() => server.stop());
  return server;
};

const listening = async (server: Server | ReturnType<typeof createTcpServer>): Promise<number> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => void server.close());
  return (server.address() as AddressInfo).port;
};

/** A relay that passes everything on to another one, byte by byte: its challenge, and the answer. */
const relayInBetween = async (target: RelayServer): Promise<{ readonly url: string; readonly count: () => number }> => {
  let count = 0;
  const port = await listening(
    createTcpServer((near: Socket) => {
      count += 1;
      const far = connect(target.port, '127.0.0.1');
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) socket.on('error', () => socket.destroy());
      stack.defer(() => void near.destroy());
    }),
  );
  return { url: `http://127.0.0.1:${port}/`, count: () => count };
};

/** An endpoint of the device, logged in on loopback, that has something to say to a peer. */
const sendTo = async (harness: SwitchboardHarness, peer: EndpointId): Promise<void> => {
  const { loopbackUrl } = await harness.client.request('listen', { port: 0 });
  const socket = new WebSocket(`${loopbackUrl.replace('http', 'ws')}relay`, [...RELAY_SUBPROTOCOLS]);
  stack.defer(() => socket.terminate());
  const [challenge] = (await once(socket, 'message')) as [Buffer];
  socket.send(encodeClientAuth(signChallenge(secretKey, challenge.subarray(1))));
  await once(socket, 'message');
  const endpointKey = keyOfEndpointId(peer);
  socket.send(encodeDatagramToRelay({ endpointKey, ecn: 0, segmentBytes: null, contents: new Uint8Array(10) }));
};

const device = async (home: RelayServer, allowsThisMachine = true): Promise<SwitchboardHarness> => {
  const harness = await startedSwitchboard({ allowsThisMachine });
  stack.defer(() => harness.actor.stop());
  await harness.client.request('admit', { secretKey });
  await harness.client.request('configureRelays', { relays: settingsOf(urlFor(home.url)) });
  await eventOf(harness, 'relay.homeChanged');
  return harness;
};

const namePeerAt = (harness: SwitchboardHarness, url: string): Promise<void> =>
  harness.client.request('setPeers', { peers: [{ endpointId: mallory, relayUrls: [urlFor(url)], tokens: [] }] });

describe('a relay that a peer named', () => {
  it('cannot log in as this device elsewhere with what it is told', async () => {
    const home = await relay();
    const hostile = await relayInBetween(home);
    const harness = await device(home);
    await namePeerAt(harness, hostile.url);
    await sendTo(harness, mallory);
    const { downReason } = await eventOf(
      harness,
      'relay.stateChanged',
      ({ state, url }) => url === hostile.url && state === 'down',
    );
    expect(downReason).toBe('notConfigured');
    expect(hostile.count()).toBeGreaterThan(0);
    expect(home.metrics()).toMatchObject({ accepted: 1, denied: { signature: hostile.count() } });
  });

  it('and is one of ours lets this device in, over http too', async () => {
    const [home, other] = [await relay(), await relay()];
    const harness = await device(home);
    await namePeerAt(harness, other.url);
    await sendTo(harness, mallory);
    await eventOf(harness, 'relay.stateChanged', ({ state, url }) => url === other.url && state === 'connected');
    expect(other.metrics().accepted).toBe(1);
  });

  it('is not even connected to on this machine', async () => {
    const home = await relay();
    const asked: string[] = [];
    const port = await listening(
      createServer((request, response) => {
        asked.push(request.url ?? '');
        response.end();
      }).on('connection', () => asked.push('connection')),
    );
    const harness = await device(home, false);
    const urls = [`http://127.0.0.1:${port}/`, `http://localhost:${port}/`, `http://[::ffff:127.0.0.1]:${port}/`];
    for (const url of urls.map((each) => new URL(each).href)) {
      await namePeerAt(harness, url);
      await sendTo(harness, mallory);
      const { downReason } = await eventOf(
        harness,
        'relay.stateChanged',
        (status) => status.url === url && status.state === 'down',
      );
      expect(downReason).toBe('notConfigured');
    }
    expect(asked).toEqual([]);
  });
});
