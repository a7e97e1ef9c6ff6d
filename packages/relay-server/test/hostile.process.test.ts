import { once } from 'node:events';
import { connect } from 'node:net';
import { encodeClientAuth, FRAME_TYPE, MAX_FRAME_BYTES } from '@bowline/relay-protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningRelay, runningRelay } from './running-relay.ts';
import { TestClient } from './test-client.ts';

/** Two clients that notice nothing of what happens around them. */
class Bystanders {
  readonly a: TestClient;
  readonly b: TestClient;

  constructor(a: TestClient, b: TestClient) {
    this.a = a;
    this.b = b;
  }

  static async at(url: string): Promise<Bystanders> {
    return new Bystanders(await TestClient.login(url, { seed: 1001 }), await TestClient.login(url, { seed: 1002 }));
  }

  /** Milliseconds one datagram and its answer take. */
  async roundTrip(): Promise<number> {
    const startedAt = performance.now();
    this.a.sendTo(this.b, 'ping');
    expect(await this.b.text()).toBe('ping');
    this.b.sendTo(this.a, 'pong');
    expect(await this.a.text()).toBe('pong');
    return performance.now() - startedAt;
  }
}

/** One of many may be long because the machine has other things to do. */
const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.POSITIVE_INFINITY;

const key = new Uint8Array(32).fill(5);

describe('a hostile client', () => {
  let server: RunningRelay;
  let bystanders: Bystanders;

  beforeEach(async () => {
    server = await runningRelay({ sendQueueBytes: 262_144, stallTimeoutMs: 500 });
    bystanders = await Bystanders.at(server.url);
  });

  afterEach(async () => {
    await bystanders.roundTrip();
    await server.relay.stop();
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a type nobody knows', Buffer.of(99)],
    [
      'a delivery of its own making',
      Buffer.concat([Buffer.of(FRAME_TYPE.relayToClientDatagram), key, Buffer.of(0, 1)]),
    ],
    ['EndpointGone', Buffer.concat([Buffer.of(FRAME_TYPE.endpointGone), key])],
    ['a login after its login', Buffer.from(encodeClientAuth({ endpointKey: key, signature: new Uint8Array(64) }))],
    ['a cut datagram', Buffer.concat([Buffer.of(FRAME_TYPE.clientToRelayDatagram), key.subarray(1)])],
    ['a cut batch', Buffer.concat([Buffer.of(FRAME_TYPE.clientToRelayDatagramBatch), key, Buffer.of(0, 4)])],
    ['a short ping', Buffer.of(FRAME_TYPE.ping, 1)],
    ['a long pong', Buffer.concat([Buffer.of(FRAME_TYPE.pong), key])],
  ])('that sends %s is closed with a protocol error', async (_name, frame) => {
    const hostile = await TestClient.login(server.url, { seed: 1 });
    hostile.socket.send(frame);
    expect(await hostile.closed).toBe(1002);
    expect(server.relay.metrics()).toMatchObject({ clients: 2, left: { protocol: 1 } });
  });

  it('that sends text is closed', async () => {
    const hostile = await TestClient.login(server.url, { seed: 1 });
    hostile.socket.send('hello');
    expect(await hostile.closed).toBe(1002);
  });

  it('that sends a frame too large is closed before it is read', async () => {
    const hostile = await TestClient.login(server.url, { seed: 1 });
    hostile.socket.send(Buffer.alloc(MAX_FRAME_BYTES + 1, 4));
    expect(await hostile.closed).toBe(1009);
  });

  it('that sends the largest frame is served', async () => {
    const client = await TestClient.login(server.url, { seed: 1 });
    client.sendTo(client, Buffer.alloc(MAX_FRAME_BYTES - 34, 7));
    const frame = await client.frames.next();
    expect(frame.type === 'datagrams' ? frame.contents.length : 0).toBe(MAX_FRAME_BYTES - 34);
  });

  it('that sends empty datagrams reaches nobody', async () => {
    const hostile = await TestClient.login(server.url, { seed: 1 });
    hostile.sendTo(bystanders.a, '');
    await hostile.settled();
    expect(server.relay.metrics().dropped.empty).toBe(1);
  });

  it('that forges a signature is denied', async () => {
    const hostile = new TestClient(server.url, { seed: 1 });
    await hostile.opened();
    await hostile.raw.next();
    const auth = { endpointKey: bystanders.a.endpointKey, signature: new Uint8Array(64).fill(1) };
    hostile.socket.send(encodeClientAuth(auth));
    expect((await hostile.raw.next()).subarray(2).toString()).toBe('signature invalid');
    expect(await hostile.closed).toBe(1008);
    expect(server.relay.metrics()).toMatchObject({ accepted: 2, parked: 0, denied: { signature: 1 } });
  });

  it.each([
    ['a datagram', Buffer.concat([Buffer.of(FRAME_TYPE.clientToRelayDatagram), key, Buffer.of(0, 1)])],
    ['half a login', Buffer.of(FRAME_TYPE.clientAuth, 1, 2, 3)],
    ['text', 'hello'],
  ])('that sends %s instead of logging in is closed', async (_name, data) => {
    const hostile = new TestClient(server.url, { seed: 1 });
    await hostile.opened();
    hostile.socket.send(data);
    expect(await hostile.closed).toBe(1002);
    expect(server.relay.metrics().denied['bad-login']).toBe(1);
  });

  it('that never reads costs a bounded queue, and then its login', async () => {
    const deaf = await TestClient.login(server.url, { seed: 1 });
    const loud = await TestClient.login(server.url, { seed: 2 });
    deaf.socket.pause();
    let most = 0;
    const tripsMs: number[] = [];
    while (server.relay.metrics().left.stalled === 0) {
      for (let count = 0; count < 200; count += 1) loud.sendTo(deaf, new Uint8Array(1_200));
      await loud.settled().catch(() => undefined);
      most = Math.max(most, server.relay.metrics().queuedBytes);
      tripsMs.push(await bystanders.roundTrip());
      if (server.relay.metrics().goneTold > 0) break;
    }
    expect(medianOf(tripsMs)).toBeLessThan(500);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(262_144);
    await expect.poll(() => server.relay.metrics().left.stalled).toBe(1);
    expect(server.relay.metrics()).toMatchObject({ queuedBytes: 0, dropped: { 'queue-full': expect.any(Number) } });
    expect(server.relay.metrics().dropped['queue-full']).toBeGreaterThan(0);
    deaf.socket.terminate();
  });

  it('that fills the line of a slow reader drops nothing of a quiet sender, and nothing of its own for others', async () => {
    // One that bears for long that nobody reads: what is slow here may be the machine.
    await using patient = await runningRelay({ sendQueueBytes: 262_144 });
    const [slow, loud, quiet, other] = await Promise.all(
      [1, 2, 3, 4].map((seed) => TestClient.login(patient.url, { seed })),
    );
    if (slow === undefined || loud === undefined || quiet === undefined || other === undefined)
      throw new Error('a client is missing');
    const said = Array.from({ length: 20 }, (_, count) => `quiet ${count}`);
    slow.socket.pause();
    while (patient.relay.metrics().dropped['queue-full'] < 500) {
      for (let count = 0; count < 200; count += 1) loud.sendTo(slow, new Uint8Array(1_200));
      await loud.settled();
    }
    for (const each of said) quiet.sendTo(slow, each);
    await quiet.settled();
    for (let count = 0; count < 50; count += 1) {
      loud.sendTo(slow, new Uint8Array(1_200));
      loud.sendTo(other, `loud ${count}`);
      expect(await other.text()).toBe(`loud ${count}`);
    }
    slow.socket.resume();
    const heard: string[] = [];
    while (heard.length < said.length) {
      const frame = await slow.frames.next();
      if (frame.type === 'datagrams' && frame.contents.length < 100) heard.push(Buffer.from(frame.contents).toString());
    }
    expect(heard).toEqual(said);
  });

  it('that fills the table with half-open connections keeps nobody out who logs in at once', async () => {
    await using full = await runningRelay({ maxPendingConnections: 20 });
    const sockets = Array.from({ length: 60 }, () =>
      connect(full.relay.port, '127.0.0.1').on('error', () => undefined),
    );
    await expect.poll(() => full.relay.metrics().denied['too-many-connections']).toBe(40);
    await (await TestClient.login(full.url)).close();
    expect(full.relay.metrics()).toMatchObject({ accepted: 1, denied: { 'too-many-connections': 41 } });
    for (const socket of sockets) socket.destroy();
  });

  it('that connects a thousand times disturbs nobody', async () => {
    const { port } = server.relay;
    const tripsMs: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      const sockets = Array.from({ length: 100 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
      tripsMs.push(await bystanders.roundTrip());
      for (const socket of sockets) socket.destroy();
    }
    expect(medianOf(tripsMs)).toBeLessThan(1_000);
    await expect.poll(() => server.relay.metrics().pendingConnections).toBe(0);
    expect(server.relay.metrics().denied['too-often-from-address']).toBeGreaterThan(0);
  });

  it('that vanishes in the middle of a frame leaves nothing', async () => {
    const hostile = await TestClient.login(server.url, { seed: 1 });
    const raw = (hostile.socket as unknown as { _socket: { write(data: Buffer): void; destroy(): void } })._socket;
    raw.write(Buffer.from('82feffff00000000', 'hex'));
    await bystanders.roundTrip();
    raw.destroy();
    await expect.poll(() => server.relay.metrics().clients).toBe(2);
  });

  it('that floods pings is answered within its queue', async () => {
    const hostile = await TestClient.login(server.url, { seed: 1 });
    for (let count = 0; count < 2_000; count += 1) hostile.ping(1);
    for (let count = 0; count < 2_000; count += 1) await hostile.frames.next();
    expect(server.relay.metrics().pingsIn).toBe(2_000);
  });

  it('that floods WebSocket pings and reads no answer is cut', async () => {
    const hostile = await TestClient.login(server.url, { seed: 1 });
    hostile.socket.pause();
    while (server.relay.metrics().clients === 3) {
      for (let count = 0; count < 500; count += 1) hostile.socket.ping(Buffer.alloc(125));
      await bystanders.roundTrip();
    }
    hostile.socket.terminate();
  });

  it('that resets its connection right after the upgrade leaves nothing', async () => {
    for (let count = 0; count < 20; count += 1) {
      const hostile = new TestClient(server.url, { seed: count });
      await once(hostile.socket, 'open');
      (hostile.socket as unknown as { _socket: { resetAndDestroy(): void } })._socket.resetAndDestroy();
      await hostile.closed;
    }
    await expect.poll(() => server.relay.metrics().pendingConnections).toBe(0);
  });
});
