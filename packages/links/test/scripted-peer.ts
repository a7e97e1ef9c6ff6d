import { type DeviceId, deviceIdOf, type EndpointId, endpointIdOf, LINK_ALPN } from '@bowline/contracts';
import { type EndpointConnections, endpointConnections, type PeerConnection } from '@bowline/endpoint-connections';
import {
  decodeLinkFrame,
  encodeLinkFrame,
  LINK_MAX_FRAME_BYTES,
  type LinkFrame,
  type LinkGreeting,
  type ReceivedLinkFrame,
} from '@bowline/link-protocol';
import {
  type FakeClock,
  type FakeEndpointNetwork,
  fakeClock,
  fakeEndpointNetwork,
  memoryLogger,
  seededRandom,
  settle,
} from '@bowline/testing';
import type { LinksOptions } from '../src/index.ts';
import { peerList } from './peer-list.ts';
import { type Device, device } from './two-devices.ts';

/** A peer without a links actor: a test says each frame itself, right or wrong. */
export interface ScriptedPeer {
  readonly endpointId: EndpointId;
  readonly deviceId: DeviceId;
  readonly connections: EndpointConnections;
  /** Connections the device under test has dialled, in order. */
  readonly accepted: readonly PeerConnection[];
  dial(): Promise<PeerConnection>;
  say(connection: PeerConnection, frame: LinkFrame): Promise<void>;
  greeting(fields?: Partial<LinkGreeting>): LinkGreeting;
  /** Dials, says hello and reads the welcome. */
  link(fields?: Partial<LinkGreeting>): Promise<PeerConnection>;
  /** Everything unread so far. */
  read(connection: PeerConnection): Promise<readonly ReceivedLinkFrame[]>;
}

export interface ScriptedWorld {
  readonly clock: FakeClock;
  readonly network: FakeEndpointNetwork;
  readonly under: Device;
  readonly peer: ScriptedPeer;
}

export const readAll = async (connection: PeerConnection): Promise<readonly ReceivedLinkFrame[]> => {
  const frames: ReceivedLinkFrame[] = [];
  const cancel = connection.onFrame((bytes) => frames.push(decodeLinkFrame(bytes)));
  await settle();
  cancel();
  return frames;
};

/** A device under test and a scripted peer it knows. `peerIs` says how their endpoint ids compare. */
export const scriptedWorld = async (
  peerIs: 'smaller' | 'larger' = 'larger',
  options: Partial<LinksOptions> = {},
): Promise<ScriptedWorld> => {
  const clock = fakeClock();
  const network = fakeEndpointNetwork({ clock });
  const idOf = (seed: number): EndpointId => endpointIdOf(new Uint8Array(32).fill(seed));
  const [small, large] = idOf(1) < idOf(2) ? [1, 2] : [2, 1];
  const under = device({ name: 'under test', seed: peerIs === 'smaller' ? large : small, network, clock, options });
  const seed = peerIs === 'smaller' ? small : large;
  const endpointId = idOf(seed);
  const endpoint = network.endpoint();
  const connections = endpointConnections({ endpoint, clock, random: seededRandom(seed), logger: memoryLogger() });
  const accepted: PeerConnection[] = [];
  connections.onAccepted(LINK_ALPN, (connection) => accepted.push(connection));
  await endpoint.request('bind', {
    secretKey: new Uint8Array(32).fill(seed),
    protocols: [{ alpn: LINK_ALPN, admit: 'anyone', maxFrameBytes: LINK_MAX_FRAME_BYTES, maxIncoming: 100 }],
    loopbackRelayUrl: 'http://127.0.0.1:1/',
    bindAddresses: [],
  });
  const deviceId = deviceIdOf(endpointId);
  await under.start();
  await under.bind([{ endpointId } as Device]);
  await under.harness.client.request('setPeers', peerList({ deviceId, endpointId }));
  await under.present();

  let turn = 0;
  const peer: ScriptedPeer = {
    endpointId,
    deviceId,
    connections,
    accepted,
    dial: async () => {
      const { directAddresses } = await under.endpoint.request('readBound', { endpointId: under.endpointId });
      const target = { from: endpointId, to: under.endpointId, alpn: LINK_ALPN, directAddresses, throughRelay: true };
      return await connections.dial({ ...target, timeoutMs: 5_000 });
    },
    say: (connection, frame) => connection.send(encodeLinkFrame(frame)),
    greeting: (fields = {}) => {
      turn += 1;
      return {
        version: 1,
        incarnation: 1,
        life: 'aaaaaaaaaaaaaaaa',
        turn,
        name: 'scripted',
        relayInfo: { homeRelayUrl: null, relayUrls: [], revision: 0, incarnation: 1 },
        directAddresses: [],
        observedAddress: null,
        received: null,
        heard: null,
        ...fields,
      };
    },
    link: async (fields) => {
      const connection = await peer.dial();
      await peer.say(connection, { kind: 'hello', ...peer.greeting(fields) });
      const welcome = decodeLinkFrame(await connection.nextFrame({ timeoutMs: 1_000 }));
      if (welcome.kind !== 'welcome') throw new Error(`a ${welcome.kind} where a welcome belongs`);
      return connection;
    },
    read: readAll,
  };
  return { clock, network, under, peer };
};

/** Asks the device under test to dial the scripted peer. */
export const askToConnect = async ({ under, peer }: ScriptedWorld, timeoutMs = 20_000): Promise<{ path: unknown }> =>
  await under.harness.client.request('connect', {
    deviceId: peer.deviceId,
    directAddresses: [],
    throughRelay: true,
    timeoutMs,
  });
