import {
  type Candidate,
  type CloseName,
  type EndpointId,
  endpointIdOf,
  PAIR_ALPN,
  RENDEZVOUS_ALPN,
  type SocketAddress,
} from '@bowline/contracts';
import { type EndpointConnections, endpointConnections, type PeerConnection } from '@bowline/endpoint-connections';
import { memoryLogger, seededRandom, settle } from '@bowline/testing';
import type { TestDevice, TestWorld } from './devices.ts';

/** Somebody with an endpoint and no code. */
export interface Stranger {
  readonly endpointId: EndpointId;
  readonly addresses: readonly SocketAddress[];
  readonly connections: EndpointConnections;
  /** Dials a device for one protocol. */
  dial(device: Pick<TestDevice, 'endpointId' | 'identity'>, alpn?: string): Promise<PeerConnection>;
}

let strangers = 0;

export const stranger = async (world: TestWorld): Promise<Stranger> => {
  strangers += 1;
  const secretKey = new Uint8Array(32).fill(0xee);
  new DataView(secretKey.buffer).setUint32(0, strangers);
  const endpoint = world.network.endpoint();
  const random = seededRandom(5_000 + strangers);
  const connections = endpointConnections({ endpoint, clock: world.clock, random, logger: memoryLogger() });
  const policy = { admit: 'anyone', maxFrameBytes: 1_000_000, maxIncoming: 100 } as const;
  const bound = await endpoint.request('bind', {
    secretKey,
    protocols: [PAIR_ALPN, RENDEZVOUS_ALPN].map((alpn) => ({ alpn, ...policy })),
    loopbackRelayUrl: 'http://127.0.0.1:1/',
    bindAddresses: [],
  });
  const endpointId = endpointIdOf(secretKey);
  return {
    endpointId,
    addresses: bound.directAddresses,
    connections,
    dial: (device, alpn = PAIR_ALPN) => {
      const { directAddresses } = device.identity();
      const target = { from: endpointId, to: device.endpointId, alpn, directAddresses, throughRelay: true };
      return connections.dial({ ...target, timeoutMs: 5_000 });
    },
  };
};

/** How a connection ended, once everything under way has arrived; `null` while it is open. */
export const endOf = async (connection: PeerConnection): Promise<CloseName | null> => {
  await settle();
  const open = Symbol('open');
  const close = await Promise.race([connection.closed, Promise.resolve(open)]);
  return typeof close === 'symbol' ? null : close.name;
};

export type { Candidate };
