import type { RelayFrame } from '@bowline/relay-protocol';
import { freePort } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { runningRelay } from './running-relay.ts';
import { TestClient } from './test-client.ts';

const V1 = { subprotocols: ['iroh-relay-v1'] };

describe('one endpoint id twice', () => {
  it('serves the newer login, tells the older one, and serves it again when the newer one leaves', async () => {
    await using server = await runningRelay();
    const older = await TestClient.login(server.url, { seed: 1 });
    const newer = await TestClient.login(server.url, { seed: 1 });
    const peer = await TestClient.login(server.url, { seed: 2 });
    expect(await older.frames.next()).toEqual({ type: 'status', health: 'same-endpoint-connected' });

    peer.sendTo(older, 'for the newer');
    expect(await newer.text()).toBe('for the newer');
    await newer.close();

    expect(await older.frames.next()).toEqual({ type: 'status', health: 'healthy' });
    peer.sendTo(older, 'for the older');
    expect(await older.text()).toBe('for the older');
    // The endpoint never left, so its peers hear of nothing.
    await peer.settled();
    expect(server.relay.metrics()).toMatchObject({ parked: 1, goneTold: 0, endpoints: 2, clients: 2 });
  });

  it('tells a version 1 client in words', async () => {
    await using server = await runningRelay();
    const older = await TestClient.login(server.url, { seed: 1, ...V1 });
    const newer = await TestClient.login(server.url, { seed: 1, ...V1 });
    expect(await older.frames.next()).toMatchObject({
      type: 'health',
      problem: expect.stringContaining('same endpoint id'),
    });
    await newer.close();
    expect(await older.frames.next()).toMatchObject({ type: 'health', problem: expect.stringContaining('again') });
  });

  it('lets a parked login send', async () => {
    await using server = await runningRelay();
    const older = await TestClient.login(server.url, { seed: 1 });
    await TestClient.login(server.url, { seed: 1 });
    const peer = await TestClient.login(server.url, { seed: 2 });
    older.sendTo(peer, 'still here');
    expect(await peer.text()).toBe('still here');
  });

  it('forgets a parked login that leaves', async () => {
    await using server = await runningRelay();
    const older = await TestClient.login(server.url, { seed: 1 });
    const newer = await TestClient.login(server.url, { seed: 1 });
    await older.close();
    await expect.poll(() => server.relay.metrics().clients).toBe(1);
    await newer.close();
    await expect.poll(() => server.relay.metrics().endpoints).toBe(0);
  });

  it('closes the oldest beyond the limit', async () => {
    await using server = await runningRelay({ maxLoginsPerEndpoint: 2 });
    const oldest = await TestClient.login(server.url, { seed: 1 });
    await TestClient.login(server.url, { seed: 1 });
    await TestClient.login(server.url, { seed: 1 });
    expect(await oldest.closed).toBe(1008);
    expect(server.relay.metrics()).toMatchObject({ clients: 2, left: { displaced: 1 } });
  });
});

describe('EndpointGone', () => {
  it('is told to those the leaver talked with, in either direction, and to nobody else', async () => {
    await using server = await runningRelay();
    const leaver = await TestClient.login(server.url, { seed: 1 });
    const spokenTo = await TestClient.login(server.url, { seed: 2 });
    const heardFrom = await TestClient.login(server.url, { seed: 3 });
    const stranger = await TestClient.login(server.url, { seed: 4 });
    leaver.sendTo(spokenTo, 'x');
    heardFrom.sendTo(leaver, 'x');
    expect(await spokenTo.text()).toBe('x');
    expect(await leaver.text()).toBe('x');
    await leaver.close();
    const gone = { type: 'endpointGone', endpointKey: Buffer.from(leaver.endpointKey) };
    expect(await spokenTo.frames.next()).toEqual(gone);
    expect(await heardFrom.frames.next()).toEqual(gone);
    await stranger.settled();
    expect(server.relay.metrics().goneTold).toBe(2);
  });

  it('is told once a second about a destination that is not here', async () => {
    await using server = await runningRelay();
    const client = await TestClient.login(server.url, { seed: 1 });
    const absent = new TestClient(server.url, { seed: 9 });
    for (let count = 0; count < 5; count += 1) client.sendTo(absent, 'anybody?');
    expect(await client.frames.next()).toEqual({ type: 'endpointGone', endpointKey: Buffer.from(absent.endpointKey) });
    await client.settled();
    expect(server.relay.metrics()).toMatchObject({ goneTold: 1, dropped: { absent: 5 } });
  });

  it('is not told about absent destinations unless wanted', async () => {
    await using server = await runningRelay({ tellAbsent: false });
    const client = await TestClient.login(server.url, { seed: 1 });
    client.sendTo({ endpointKey: new Uint8Array(32).fill(1) }, 'anybody?');
    await client.settled();
    expect(server.relay.metrics().dropped.absent).toBe(1);
  });

  it('does not scan the relay for whoever asks', async () => {
    await using server = await runningRelay();
    const scanner = await TestClient.login(server.url, { seed: 1 });
    for (let guess = 0; guess < 500; guess += 1) {
      scanner.sendTo({ endpointKey: Uint8Array.from({ length: 32 }, () => guess % 251).fill(guess >> 8, 0, 1) }, 'x');
    }
    await expect.poll(() => server.relay.metrics().dropped.absent).toBe(500);
    expect(server.relay.metrics().goneTold).toBeLessThanOrEqual(64);
  });
});

describe('a served client', () => {
  it('has its pings answered', async () => {
    await using server = await runningRelay();
    const client = await TestClient.login(server.url);
    client.ping(7);
    expect(await client.frames.next()).toMatchObject({ type: 'pong' });
  });

  it('can send to itself', async () => {
    await using server = await runningRelay();
    const client = await TestClient.login(server.url);
    client.sendTo(client, 'me');
    expect(await client.text()).toBe('me');
    await client.close();
    await expect.poll(() => server.relay.metrics().endpoints).toBe(0);
  });

  it('can be dismissed, every login of it', async () => {
    await using server = await runningRelay();
    const one = await TestClient.login(server.url, { seed: 1 });
    const two = await TestClient.login(server.url, { seed: 1 });
    expect(server.relay.dismiss(one.endpointId as never)).toBe(true);
    expect(await Promise.all([one.closed, two.closed])).toEqual([1008, 1008]);
    expect(server.relay.dismiss(one.endpointId as never)).toBe(false);
    expect(server.relay.metrics()).toMatchObject({ clients: 0, left: { dismissed: 2 } });
  });

  it('is throttled beyond its receive limit, and told so once', async () => {
    await using server = await runningRelay({ receiveLimit: { bytesPerSecond: 400_000, burstBytes: 20_000 } });
    const sender = await TestClient.login(server.url, { seed: 1 });
    const receiver = await TestClient.login(server.url, { seed: 2 });
    const startedAt = performance.now();
    for (let count = 0; count < 300; count += 1) sender.sendTo(receiver, new Uint8Array(1_000));
    for (let count = 0; count < 300; count += 1) await receiver.frames.next();
    // 312,000 bytes, 20,000 of them at once and up to 65,536 in a first read: 0.5 s at least.
    expect(performance.now() - startedAt).toBeGreaterThan(300);
    expect(await sender.frames.next()).toEqual({ type: 'status', health: 'rate-limited' });
    await sender.settled();
    expect(server.relay.metrics()).toMatchObject({ clientsRateLimited: 1, datagramsOut: 300 });
  });

  it('is throttled for WebSocket pings, too', async () => {
    // So little a second that a busy machine, which takes long for each round, is still above it.
    await using server = await runningRelay({ receiveLimit: { bytesPerSecond: 10_000, burstBytes: 20_000 } });
    const client = await TestClient.login(server.url);
    let frame: RelayFrame;
    do {
      // So few at a time that ws does not take it for a flood, which it ends.
      for (let count = 0; count < 20; count += 1) client.socket.ping(Buffer.alloc(125));
      client.ping(1);
      frame = await client.frames.next();
    } while (frame.type === 'pong');
    expect(frame).toEqual({ type: 'status', health: 'rate-limited' });
    expect(await client.frames.next()).toMatchObject({ type: 'pong' });
    await client.settled();
    expect(server.relay.metrics()).toMatchObject({ clients: 1, clientsRateLimited: 1 });
  });
});

describe('a graceful stop', () => {
  it('says so to every client, closes, and leaves the port free', async () => {
    const port = await freePort('tcp');
    const server = await runningRelay({ port, restartSpreadMs: 500 });
    const client = await TestClient.login(server.url);
    const idle = new TestClient(server.url, { seed: 2 });
    await idle.opened();
    await server.relay.stop();
    const restarting = await client.frames.next();
    expect(restarting).toMatchObject({ type: 'restarting', tryForMs: 5_000 });
    expect(restarting.type === 'restarting' ? restarting.reconnectInMs : -1).toBeLessThanOrEqual(500);
    expect(await client.closed).toBe(1012);
    await idle.closed;
    await using again = await runningRelay({ port });
    expect(again.relay.port).toBe(port);
  });

  it('does not wait for a client that does not listen', async () => {
    const server = await runningRelay({ stopTimeoutMs: 50 });
    const deaf = await TestClient.login(server.url);
    deaf.socket.pause();
    await server.relay.stop();
    expect(server.relay.metrics().clients).toBe(0);
    deaf.socket.terminate();
  });
});
