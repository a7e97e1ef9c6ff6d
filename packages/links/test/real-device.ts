import {
  type BoundEndpoint,
  type DeviceId,
  deviceIdOf,
  type EndpointChannel,
  type EndpointId,
  endpointIdOf,
  LINK_ALPN,
  type LinksChannel,
  type MessagePosition,
} from '@bowline/contracts';
import { endpointWorker } from '@bowline/endpoint';
import { comparePositions, LINK_MAX_FRAME_BYTES } from '@bowline/link-protocol';
import { type SupervisedWorker, supervise } from '@bowline/supervisor';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { type ActorHarness, actorHarness, memoryLogger } from '@bowline/testing';
import { type LinksOptions, links } from '../src/index.ts';
import { peerList } from './peer-list.ts';

/** A device with a real endpoint in a process of its own, on 127.0.0.1, and what a host does for its links. */
export interface RealDevice {
  readonly endpointId: EndpointId;
  readonly deviceId: DeviceId;
  readonly worker: SupervisedWorker<EndpointChannel>;
  readonly harness: ActorHarness<LinksChannel>;
  /** Texts journaled, in order. */
  readonly journal: readonly string[];
  bound(): BoundEndpoint;
  /** Process id of the endpoint. */
  pid(): number;
  connect(peer: RealDevice, timeoutMs?: number): Promise<unknown>;
  send(peer: RealDevice, text: string): Promise<unknown>;
  /** Resolves when this has been told `count` times in all. */
  told(event: 'link.up' | 'link.down', count?: number): Promise<void>;
  stop(): Promise<void>;
}

export const realDevice = async (
  name: string,
  seed: number,
  peerSeed: number,
  options: Partial<LinksOptions> = {},
): Promise<RealDevice> => {
  const secretKey = new Uint8Array(32).fill(seed);
  const endpointId = endpointIdOf(secretKey);
  const peerId = endpointIdOf(new Uint8Array(32).fill(peerSeed));
  const worker = supervise(
    {
      definition: endpointWorker,
      kind: 'process',
      entry: new URL(import.meta.resolve('@bowline/endpoint/worker')),
      options: {},
    },
    { clock: systemClock, random: systemRandom, logger: memoryLogger() },
    { logLevel: 'silent' },
  );
  const harness = actorHarness<LinksChannel>(
    (components) => links(options)({ ...components, endpoint: worker.client }),
    { clock: systemClock, random: systemRandom },
  );
  const journal: string[] = [];
  let lastReceived: MessagePosition | null = null;
  let bound: BoundEndpoint | null = null;

  harness.client.on('message.received', ({ deviceId, position, payload }) => {
    if (comparePositions(position, lastReceived) > 0) {
      lastReceived = position;
      journal.push(new TextDecoder().decode(payload));
    }
    void harness.client.request('acknowledge', { deviceId, position });
  });
  worker.onReady(async () => {
    bound = await worker.client.request('bind', {
      secretKey,
      protocols: [{ alpn: LINK_ALPN, admit: 'listed', maxFrameBytes: LINK_MAX_FRAME_BYTES, maxIncoming: 64 }],
      loopbackRelayUrl: null,
      bindAddresses: ['127.0.0.1'],
      admitted: [peerId],
    });
    const { directAddresses } = bound;
    const relayInfo = { homeRelayUrl: null, relayUrls: [], revision: 0, incarnation: 1 };
    await harness.client.request('presentSelf', { endpointId, incarnation: 1, name, relayInfo, directAddresses });
  });
  worker.onStateChanged(({ state }) => {
    if (state === 'crashed') void harness.client.request('dropAll', {});
  });
  await harness.actor.start();
  await harness.client.request('setPeers', peerList({ deviceId: deviceIdOf(peerId), endpointId: peerId }));
  await worker.start();

  const boundNow = (): BoundEndpoint => {
    if (bound === null) throw new Error('not bound');
    return bound;
  };
  return {
    endpointId,
    deviceId: deviceIdOf(endpointId),
    worker,
    harness,
    journal,
    bound: boundNow,
    pid: () => {
      const { pid } = worker.status();
      if (pid === null) throw new Error('no process');
      return pid;
    },
    connect: (peer, timeoutMs = 10_000) =>
      harness.client.request('connect', {
        deviceId: peer.deviceId,
        directAddresses: peer.bound().directAddresses,
        throughRelay: false,
        timeoutMs,
      }),
    send: (peer, text) =>
      harness.client.request('sendMessage', { deviceId: peer.deviceId, payload: new TextEncoder().encode(text) }),
    told: (event, count = 1) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (harness.toldOf(event).length < count) return;
          cancel();
          resolve();
        };
        const cancel = harness.client.on(event, check);
        check();
      }),
    stop: async () => {
      await harness.actor.stop();
      await worker.stop();
    },
  };
};

/** Resolves when the worker has been restarted and is ready again. */
export const restarted = ({ worker }: RealDevice): Promise<void> =>
  new Promise((resolve) => {
    const cancel = worker.onStateChanged(({ state, restarts }) => {
      if (state !== 'started' || restarts === 0) return;
      cancel();
      resolve();
    });
  });
