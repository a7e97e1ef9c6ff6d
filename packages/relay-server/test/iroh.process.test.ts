import { freePort } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { askEcho, IrohEndpoint } from './iroh-endpoint.ts';
import { runningRelay } from './running-relay.ts';
import { secretKeyOf, TestClient } from './test-client.ts';

describe('real iroh endpoints', () => {
  it('meet through the relay knowing nothing of each other but the id', async () => {
    await using server = await runningRelay();
    await using a = await IrohEndpoint.bind(secretKeyOf(101), server.url);
    await using b = await IrohEndpoint.bind(secretKeyOf(102), server.url);
    b.echo().catch(() => undefined);
    await Promise.all([a.endpoint.online(), b.endpoint.online()]);
    const connection = await a.connect(b.id);
    expect(await askEcho(connection, 'hello')).toBe('hello');
    const { accepted, datagramsOut, dropped } = server.relay.metrics();
    expect(accepted).toBe(2);
    expect(datagramsOut).toBeGreaterThan(1);
    expect(dropped).toMatchObject({ 'queue-full': 0, empty: 0 });
  });

  it('log in with a token, and not without', async () => {
    await using server = await runningRelay({ access: { tokens: ['secret-one'] } });
    await using a = await IrohEndpoint.bind(secretKeyOf(103), server.url, 'secret-one');
    await a.endpoint.online();
    await using stranger = await IrohEndpoint.bind(secretKeyOf(104), server.url, 'secret-two');
    stranger.endpoint.online().catch(() => undefined);
    await expect.poll(() => server.relay.metrics().denied.token).toBeGreaterThan(0);
    expect(server.relay.metrics()).toMatchObject({ accepted: 1, clients: 1 });
  });

  it('find a peer again that came back by the same relay', async () => {
    await using server = await runningRelay();
    await using a = await IrohEndpoint.bind(secretKeyOf(105), server.url);
    await a.endpoint.online();
    const first = await IrohEndpoint.bind(secretKeyOf(106), server.url);
    first.echo().catch(() => undefined);
    await first.endpoint.online();
    const before = await a.connect(first.id);
    expect(await askEcho(before, 'one')).toBe('one');
    before.close(0n, []);
    await first[Symbol.asyncDispose]();
    await using second = await IrohEndpoint.bind(secretKeyOf(106), server.url);
    second.echo().catch(() => undefined);
    await second.endpoint.online();
    expect(await askEcho(await a.connect(second.id), 'two')).toBe('two');
  });

  it('answer the relay’s pings and stay', async () => {
    await using server = await runningRelay({ pingIntervalMs: 300, pongTimeoutMs: 1_500 });
    await using a = await IrohEndpoint.bind(secretKeyOf(107), server.url);
    await a.endpoint.online();
    const probe = await TestClient.login(server.url, { seed: 7 });
    const silent = await TestClient.login(server.url, { seed: 8, answersPings: false });
    await silent.closed;
    expect(server.relay.metrics()).toMatchObject({ clients: 2, left: { silent: 1 } });
    await probe.close();
  });

  it('come back by themselves to a relay that restarted on its port', async () => {
    const port = await freePort('tcp');
    const first = await runningRelay({ port });
    await using a = await IrohEndpoint.bind(secretKeyOf(108), first.url);
    await a.endpoint.online();
    await first.relay.stop();
    await using second = await runningRelay({ port });
    await expect.poll(() => second.relay.metrics().clients, { timeout: 20_000 }).toBe(1);
    expect(second.relay.metrics().accepted).toBe(1);
  });
});
