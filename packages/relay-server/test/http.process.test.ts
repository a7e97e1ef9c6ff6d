import { once } from 'node:events';
import { connect } from 'node:net';
import { brandAs, type EndpointId } from '@bowline/contracts';
import { readObservers } from '@bowline/observe-protocol';
import { describe, expect, it } from 'vitest';
import { runningRelay } from './running-relay.ts';
import { TestClient } from './test-client.ts';

/** Everything the relay answers to raw bytes until it ends the connection. */
const answerTo = async (port: number, request: string): Promise<string> => {
  const socket = connect(port, '127.0.0.1');
  socket.write(request);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
};

const upgradeTo = (path: string, headers: readonly string[]): string =>
  [
    `GET ${path} HTTP/1.1`,
    'Host: relay',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ...headers,
    '',
    '',
  ].join('\r\n');

describe('plain HTTP', () => {
  it.each([
    ['GET', '', 200],
    ['GET', 'ping', 200],
    ['HEAD', 'ping', 200],
    ['GET', 'ping?x=1', 200],
    ['GET', 'healthz', 200],
    ['GET', 'robots.txt', 200],
    ['GET', 'generate_204', 204],
    ['GET', 'observer', 404],
    ['GET', 'relay', 400],
    ['GET', 'nowhere', 404],
    ['POST', 'ping', 405],
  ])('%s /%s is answered %i', async (method, path, status) => {
    await using server = await runningRelay();
    const response = await fetch(`${server.url}${path}`, { method });
    await response.arrayBuffer();
    expect(response.status).toBe(status);
  });

  it('tells of its observers', async () => {
    const observers = [{ endpointId: brandAs<EndpointId>('ab'.repeat(32)), port: 3_340 }];
    await using server = await runningRelay({ observers });
    const response = await fetch(`${server.url}observer`);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(readObservers(await response.text())).toEqual(observers);
    const others = [{ endpointId: brandAs<EndpointId>('cd'.repeat(32)), port: 3_341 }];
    server.relay.replaceObservers(others);
    expect(readObservers(await (await fetch(`${server.url}observer`)).text())).toEqual(others);
    server.relay.replaceObservers([]);
    expect((await fetch(`${server.url}observer`)).status).toBe(404);
  });

  it('answers the captive portal check with its challenge, and nothing that is not one', async () => {
    await using server = await runningRelay();
    const ask = async (challenge: string): Promise<string | null> => {
      const response = await fetch(`${server.url}generate_204`, { headers: { 'X-Iroh-Challenge': challenge } });
      return response.headers.get('x-iroh-response');
    };
    expect(await ask('ts_relay.example')).toBe('response ts_relay.example');
    expect(await ask('two words')).toBeNull();
  });

  it('lets pages measure it', async () => {
    await using server = await runningRelay();
    const response = await fetch(`${server.url}ping`);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await response.text()).toBe('');
  });
});

describe('an upgrade', () => {
  it.each([
    ['/relay', [], 400, 'iroh-relay-v2 and iroh-relay-v1'],
    ['/relay', ['Sec-WebSocket-Protocol: iroh-relay-v9'], 400, 'iroh-relay-v2 and iroh-relay-v1'],
    ['/derp', ['Sec-WebSocket-Protocol: iroh-relay-v2'], 404, '/relay'],
  ])('of %s with %o is refused with %i and the reason', async (path, headers, status, reason) => {
    await using server = await runningRelay();
    const answer = await answerTo(server.relay.port, upgradeTo(path, headers));
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain(reason);
  });

  it('that is no WebSocket upgrade is refused', async () => {
    await using server = await runningRelay();
    const request = upgradeTo('/relay', ['Sec-WebSocket-Protocol: iroh-relay-v2']).replace('websocket', 'h2c');
    expect(await answerTo(server.relay.port, request)).toMatch(/^HTTP\/1.1 400 /);
  });

  it('is given the newest version both speak', async () => {
    await using server = await runningRelay();
    for (const [subprotocols, chosen] of [
      [['iroh-relay-v2', 'iroh-relay-v1'], 'iroh-relay-v2'],
      [['iroh-relay-v1', 'iroh-relay-v2'], 'iroh-relay-v2'],
      [['iroh-relay-v1'], 'iroh-relay-v1'],
      [['iroh-relay-v3', 'iroh-relay-v1'], 'iroh-relay-v1'],
    ] as const) {
      const client = await TestClient.login(server.url, { subprotocols });
      expect(client.socket.protocol).toBe(chosen);
      await client.close();
    }
  });

  it('is refused with 503 when the relay is full, and welcome when there is room again', async () => {
    await using server = await runningRelay({ maxClients: 1 });
    const first = await TestClient.login(server.url, { seed: 1 });
    await expect(TestClient.login(server.url, { seed: 2 })).rejects.toThrow('status 503');
    await first.close();
    await expect.poll(() => server.relay.metrics().clients).toBe(0);
    await (await TestClient.login(server.url, { seed: 2 })).close();
    expect(server.relay.metrics().denied['too-many-clients']).toBe(1);
  });
});

describe('connections that do not log in', () => {
  it('are cut at the deadline, whatever they hang in', async () => {
    await using server = await runningRelay({ handshakeTimeoutMs: 200 });
    const { port } = server.relay;
    const silent = connect(port, '127.0.0.1');
    const halfHeader = connect(port, '127.0.0.1');
    halfHeader.write('GET /relay HTTP/1.1\r\nHost:');
    const noAnswer = new TestClient(server.url);
    await Promise.all([once(silent, 'close'), once(halfHeader, 'close'), noAnswer.closed]);
    expect(server.relay.metrics()).toMatchObject({ pendingConnections: 0, denied: { 'handshake-timeout': 3 } });
  });

  it('may ask a hundred times, and then have to connect again', async () => {
    await using server = await runningRelay();
    const socket = connect(server.relay.port, '127.0.0.1');
    socket.write('GET /ping HTTP/1.1\r\nHost: relay\r\n\r\n'.repeat(100));
    let answers = '';
    while ((answers.match(/HTTP\/1.1 200/g) ?? []).length < 100) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      answers += chunk.toString();
    }
    expect(answers.toLowerCase().match(/connection: close/g)).toHaveLength(1);
    socket.destroy();
  });

  it('are bounded in all and from one address', async () => {
    await using server = await runningRelay({ maxPendingConnections: 10, maxPendingPerAddress: 4 });
    const { port } = server.relay;
    const sockets = Array.from({ length: 12 }, () => connect(port, '127.0.0.1'));
    for (const socket of sockets) socket.on('error', () => undefined);
    await expect.poll(() => server.relay.metrics().denied['too-many-from-address']).toBe(8);
    expect(server.relay.metrics().pendingConnections).toBe(4);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => server.relay.metrics().pendingConnections).toBe(0);
    await (await TestClient.login(server.url)).close();
  });
});
