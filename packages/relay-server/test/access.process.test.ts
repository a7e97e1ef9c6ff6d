import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type EndpointId, endpointIdOf } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { runningRelay } from './running-relay.ts';
import { secretKeyOf, TestClient } from './test-client.ts';

const idOf = (seed: number): EndpointId => endpointIdOf(secretKeyOf(seed));

/** A service that decides, on loopback, closed with `await using`. */
const decidingService = async (
  decide: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<AsyncDisposable & { readonly url: string }> => {
  const server = createServer(decide).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/access`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
};

describe('access', () => {
  it('by token takes the header or, where that is asked for, the query, and nothing else', async () => {
    await using server = await runningRelay({ tokenInUrl: true, access: { tokens: ['token-1', 'token-2'] } });
    const { url } = server;
    await (await TestClient.login(url, { headers: { Authorization: 'Bearer token-2' } })).close();
    await (await TestClient.login(url, { query: '?token=token-1' })).close();
    for (const options of [
      {},
      { query: '?token=token-' },
      { headers: { Authorization: 'Basic token-1' } },
      { query: '?tok=token-1' },
    ]) {
      await expect(TestClient.login(url, options)).rejects.toThrow('denied: not authorized');
    }
    expect(server.relay.metrics()).toMatchObject({ accepted: 2, denied: { token: 4 } });
    expect(JSON.stringify(server.logger.lines)).not.toMatch(/token-[12]/);
  });

  it('by token takes no query otherwise: proxies write it to their logs', async () => {
    await using server = await runningRelay({ access: { tokens: ['token-1'] } });
    await expect(TestClient.login(server.url, { query: '?token=token-1' })).rejects.toThrow('not authorized');
  });

  it('by list admits or refuses by endpoint id', async () => {
    await using allowing = await runningRelay({ access: { allow: [idOf(1)] } });
    await (await TestClient.login(allowing.url, { seed: 1 })).close();
    await expect(TestClient.login(allowing.url, { seed: 2 })).rejects.toThrow('not authorized');
    await using denying = await runningRelay({ access: { deny: [idOf(1)] } });
    await (await TestClient.login(denying.url, { seed: 2 })).close();
    await expect(TestClient.login(denying.url, { seed: 1 })).rejects.toThrow('not authorized');
    expect(denying.relay.metrics().denied['deny-list']).toBe(1);
    expect(denying.logger.lines).toContainEqual(
      expect.objectContaining({ fields: { component: 'relay-server', reason: 'deny-list', endpointId: idOf(1) } }),
    );
    expect(allowing.relay.metrics().denied['not-on-allow-list']).toBe(1);
  });

  it('needs every rule given to agree', async () => {
    await using server = await runningRelay({
      tokenInUrl: true,
      access: { allow: [idOf(1)], deny: [idOf(2)], tokens: ['t'] },
    });
    const query = '?token=t';
    await (await TestClient.login(server.url, { seed: 1, query })).close();
    await expect(TestClient.login(server.url, { seed: 1 })).rejects.toThrow('not authorized');
    await expect(TestClient.login(server.url, { seed: 3, query })).rejects.toThrow('not authorized');
  });

  it('asks another service, and takes only its plain yes', async () => {
    const asked: (string | string[] | undefined)[] = [];
    await using service = await decidingService((request, response) => {
      asked.push(request.method, request.headers['x-iroh-nodeid'], request.headers.authorization);
      const seed = [1, 2, 3, 4].find((candidate) => idOf(candidate) === request.headers['x-iroh-nodeid']);
      if (seed === 1) response.end('true');
      else if (seed === 2) response.end('false');
      else if (seed === 3) response.writeHead(201).end('true');
      else response.end('true'.padEnd(100_000));
    });
    await using server = await runningRelay({ access: { callOut: { url: service.url, bearerToken: 'service' } } });
    await (await TestClient.login(server.url, { seed: 1 })).close();
    expect(asked).toEqual(['POST', idOf(1), 'Bearer service']);
    for (const seed of [2, 3, 4]) {
      await expect(TestClient.login(server.url, { seed })).rejects.toThrow('not authorized');
    }
    expect(server.relay.metrics().denied['call-out']).toBe(3);
  });

  it('refuses when the other service does not answer, in time or at all', async () => {
    await using service = await decidingService(() => undefined);
    const callOut = { url: service.url, timeoutMs: 100 };
    await using server = await runningRelay({ access: { callOut } });
    await expect(TestClient.login(server.url)).rejects.toThrow('not authorized');
    await service[Symbol.asyncDispose]();
    await expect(TestClient.login(server.url)).rejects.toThrow('not authorized');
  });

  it('lets go of a client that leaves while the other service thinks', async () => {
    let answer: (() => void) | undefined;
    await using service = await decidingService((_request, response) => {
      answer = () => response.end('true');
    });
    await using server = await runningRelay({ access: { callOut: { url: service.url } } });
    const client = new TestClient(server.url);
    await client.opened();
    client.logIn().catch(() => undefined);
    await expect.poll(() => answer !== undefined).toBe(true);
    client.socket.terminate();
    await expect.poll(() => server.relay.metrics().pendingConnections).toBe(0);
    answer?.();
    await server.relay.stop();
    expect(server.relay.metrics()).toMatchObject({ accepted: 0, clients: 0 });
  });

  it('can be replaced while running; those admitted stay', async () => {
    const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
    await using server = await runningRelay({ access: { tokens: ['old'] } });
    const client = await TestClient.login(server.url, { headers: bearer('old') });
    server.relay.replaceAccess({ tokens: ['new'] });
    await expect(TestClient.login(server.url, { headers: bearer('old') })).rejects.toThrow('not authorized');
    await (await TestClient.login(server.url, { seed: 2, headers: bearer('new') })).close();
    await client.settled();
    expect(() => server.relay.replaceAccess({ tokens: [] })).toThrow(/access.tokens/);
  });
});
