import { systemClock, systemRandom } from '@bowline/system-ports';
import { memoryLogger } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { relayServer } from '../src/index.ts';
import { runningRelay } from './running-relay.ts';
import { TestClient } from './test-client.ts';

const components = () => ({ clock: systemClock, random: systemRandom, logger: memoryLogger() });

describe('a relay’s life', () => {
  it('starts once and stops once, however often asked', async () => {
    const relay = relayServer({ port: 0, bindAddress: '127.0.0.1' })(components());
    await Promise.all([relay.start(), relay.start()]);
    const { port } = relay;
    await relay.start();
    expect(relay.port).toBe(port);
    await Promise.all([relay.stop(), relay.stop()]);
    await relay.stop();
    await expect(relay.start()).rejects.toMatchObject({ code: 'RELAY_STATE' });
  });

  it('stops without having started', async () => {
    const relay = relayServer({ port: 0 })(components());
    expect(() => relay.url).toThrow(expect.objectContaining({ code: 'RELAY_STATE' }));
    await relay.stop();
  });

  it('says that its port is taken', async () => {
    await using server = await runningRelay();
    const second = relayServer({ port: server.relay.port, bindAddress: '127.0.0.1' })(components());
    await expect(second.start()).rejects.toMatchObject({ code: 'RELAY_PORT_TAKEN' });
    await second.stop();
  });

  it('says that its address is not of this machine', async () => {
    const relay = relayServer({ port: 0, bindAddress: '192.0.2.1' })(components());
    await expect(relay.start()).rejects.toMatchObject({ code: 'RELAY_LISTEN_FAILED' });
    await relay.stop();
  });

  it('listens on nothing when its monitoring cannot', async () => {
    await using server = await runningRelay();
    const monitoring = { bindAddress: '127.0.0.1', port: server.relay.port };
    const relay = relayServer({ port: 0, bindAddress: '127.0.0.1', monitoring })(components());
    await expect(relay.start()).rejects.toMatchObject({ code: 'RELAY_PORT_TAKEN' });
    await relay.stop();
  });

  it('can be reached on IPv6 loopback', async () => {
    await using server = await runningRelay({ bindAddress: '::1' });
    expect(server.url).toMatch(/^http:\/\/\[::1\]:/);
    await (await TestClient.login(server.url)).close();
  });
});

describe('monitoring', () => {
  it('tells health and metrics on a port of its own', async () => {
    await using server = await runningRelay({ monitoring: { bindAddress: '127.0.0.1', port: 0 } });
    const client = await TestClient.login(server.url);
    client.sendTo(client, 'x');
    await client.text();
    const base = `http://127.0.0.1:${server.relay.monitoringPort}`;
    expect(await (await fetch(`${base}/health`)).json()).toEqual({ status: 'ok', endpoints: 1, clients: 1 });
    const text = await (await fetch(`${base}/metrics`)).text();
    expect(text).toContain('bowline_relay_clients 1\n');
    expect(text).toContain('bowline_relay_datagrams_sent_total 1\n');
    expect(text).toContain('bowline_relay_denied_total{reason="token"} 0\n');
    expect((await fetch(`${base}/other`)).status).toBe(404);
    expect((await fetch(`${server.url}metrics`)).status).toBe(404);
  });
});

describe('a relay that was held up', () => {
  it('judges nobody by what it could not read', async () => {
    await using server = await runningRelay({ pingIntervalMs: 200, pongTimeoutMs: 200 });
    const client = await TestClient.login(server.url);
    const startedAt = performance.now();
    // Client and relay share this event loop: neither runs meanwhile.
    while (performance.now() - startedAt < 1_000);
    await expect.poll(() => server.logger.lines.some(({ message }) => message === 'the relay was held up')).toBe(true);
    await client.settled();
    expect(server.relay.metrics()).toMatchObject({ clients: 1, left: { silent: 0 } });
  });
});

describe('the log', () => {
  it('holds no address of a client unless asked', async () => {
    for (const logAddresses of [false, true]) {
      await using server = await runningRelay({ logAddresses });
      const client = await TestClient.login(server.url);
      await client.close();
      await expect.poll(() => server.relay.metrics().clients).toBe(0);
      const lines = server.logger.lines.filter(({ message }) => message.startsWith('client'));
      expect(lines.length).toBeGreaterThan(1);
      expect(JSON.stringify(lines).includes('127.0.0.1')).toBe(logAddresses);
    }
  });
});
