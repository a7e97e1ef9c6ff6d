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
});
