import type { CloseName, EndpointId } from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import { fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { earlyConnections } from '../src/early-connections.ts';

const arrange = () => {
  const closed: CloseName[] = [];
  const early = earlyConnections(fakeClock(), 1_000);
  const come = (from: number): void =>
    early.hold({
      info: { remoteEndpointId: `${from}` as EndpointId },
      closed: new Promise(() => undefined),
      close: async (name: CloseName) => void closed.push(name),
    } as unknown as PeerConnection);
  return { early, closed, come };
};

describe('connections that come before their device is told of', () => {
  it('of one device leave room for those of others', () => {
    const { early, closed, come } = arrange();
    for (let count = 0; count < 100; count += 1) come(1);
    expect(closed).toHaveLength(96);
    come(2);
    expect(closed).toHaveLength(96);
    expect(early.release()).toHaveLength(5);
  });

  it('are bounded in all', () => {
    const { early, closed, come } = arrange();
    for (let from = 0; from < 100; from += 1) come(from);
    expect(closed).toHaveLength(36);
    expect(early.release()).toHaveLength(64);
  });
});
