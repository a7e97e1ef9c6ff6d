import { encodeClientFrame } from '@bowline/relay-protocol';
import { describe, expect, it } from 'vitest';
import { runningRelay } from './running-relay.ts';
import { TestClient } from './test-client.ts';

describe('a relay', () => {
  it('passes datagrams between two clients, both ways', async () => {
    await using server = await runningRelay();
    const a = await TestClient.login(server.url, { seed: 1 });
    const b = await TestClient.login(server.url, { seed: 2 });
    a.sendTo(b, 'hello');
    expect(await b.frames.next()).toMatchObject({ type: 'datagrams', ecn: 0, segmentBytes: null });
    b.sendTo(a, 'back');
    expect(await a.text()).toBe('back');
    expect(server.relay.metrics()).toMatchObject({
      accepted: 2,
      datagramsIn: 2,
      datagramsOut: 2,
      bytesIn: 9,
      clients: 2,
    });
  });

  it('passes a batch as one frame, to either version, and counts its datagrams', async () => {
    await using server = await runningRelay();
    const sender = await TestClient.login(server.url, { seed: 1 });
    const contents = Buffer.from('firstsecnd3');
    for (const [seed, subprotocols] of [
      [2, ['iroh-relay-v2']],
      [3, ['iroh-relay-v1']],
    ] as const) {
      const receiver = await TestClient.login(server.url, { seed, subprotocols });
      const batch = {
        type: 'datagrams',
        endpointKey: receiver.endpointKey,
        ecn: 2,
        segmentBytes: 5,
        contents,
      } as const;
      sender.socket.send(encodeClientFrame(batch));
      expect(await receiver.frames.next()).toEqual({ ...batch, endpointKey: Buffer.from(sender.endpointKey) });
    }
    expect(server.relay.metrics()).toMatchObject({ datagramsIn: 6, datagramsOut: 6, bytesIn: 22, bytesOut: 22 });
  });

  it('throttles a version 1 client, and says nothing it would not understand', async () => {
    await using server = await runningRelay({ receiveLimit: { bytesPerSecond: 400_000, burstBytes: 20_000 } });
    const client = await TestClient.login(server.url, { seed: 1, subprotocols: ['iroh-relay-v1'] });
    for (let count = 0; count < 40; count += 1)
      client.sendTo({ endpointKey: client.endpointKey }, new Uint8Array(1_000));
    for (let count = 0; count < 40; count += 1) expect(await client.frames.next()).toMatchObject({ type: 'datagrams' });
    await client.settled();
    expect(server.relay.metrics().clientsRateLimited).toBe(1);
  });
});
