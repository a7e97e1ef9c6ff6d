import {
  brandAs,
  type ConnectionPath,
  type DeviceId,
  deviceIdOf,
  type EndpointId,
  endpointIdOf,
  LINK_ALPN,
  type LinkIdentity,
  type LinksChannel,
  type MessagePosition,
  type RelayUrl,
} from '@bowline/contracts';
import { comparePositions, LINK_MAX_FRAME_BYTES } from '@bowline/link-protocol';
import {
  type ActorHarness,
  actorHarness,
  type FakeClock,
  type FakeEndpoint,
  type FakeEndpointNetwork,
  fakeClock,
  fakeEndpointNetwork,
  seededRandom,
  settle,
} from '@bowline/testing';
import { type LinksOptions, links } from '../src/index.ts';
import { peerList } from './peer-list.ts';

/** What a host would do for links: bind, present, remember, journal. */
export interface Device {
  readonly name: string;
  readonly endpointId: EndpointId;
  readonly deviceId: DeviceId;
  readonly endpoint: FakeEndpoint;
  /** The links actor of now; another one after `restart`. */
  readonly harness: ActorHarness<LinksChannel>;
  /** Texts journaled, in order, across restarts. */
  readonly journal: readonly string[];
  incarnation: number;
  /** While set, received messages are kept undecided instead of journaled. */
  holdsJournal: boolean;
  journalHeld(): Promise<void>;
  start(): Promise<void>;
  bind(admitted: readonly Device[]): Promise<void>;
  present(changes?: Partial<LinkIdentity>): Promise<void>;
  /** Stores and adds a peer. */
  know(peer: Device): Promise<void>;
  /** Dials a known peer with its present address. */
  connect(
    peer: Device,
    options?: { timeoutMs?: number; signal?: AbortSignal },
  ): Promise<{ path: ConnectionPath | null }>;
  send(peer: Device, text: string, signal?: AbortSignal): Promise<unknown>;
  /** A new actor with the journaled positions; `isNewStart` raises the incarnation, as a restarted daemon does. */
  restart(isNewStart: boolean): Promise<void>;
  events(): readonly string[];
  /** The actors of all lives, oldest first. */
  readonly lives: readonly ActorHarness<LinksChannel>[];
}

export const TEXT = {
  encode: (text: string) => new TextEncoder().encode(text),
  decode: (bytes: Uint8Array) => new TextDecoder().decode(bytes),
};
const RELAY = brandAs<RelayUrl>('https://relay.test/');

export interface DeviceParts {
  readonly name: string;
  readonly seed: number;
  readonly network: FakeEndpointNetwork;
  readonly clock: FakeClock;
  readonly options?: Partial<LinksOptions>;
}

export const device = ({ name, seed, network, clock, options = {} }: DeviceParts): Device => {
  const secretKey = new Uint8Array(32).fill(seed);
  const endpointId = endpointIdOf(secretKey);
  const endpoint = network.endpoint();
  const random = seededRandom(seed);
  const known = new Map<DeviceId, { peer: Device; lastReceived: MessagePosition | null; incarnation: number }>();
  const journal: string[] = [];
  const lives: ActorHarness<LinksChannel>[] = [];
  let waiting: (() => Promise<void>)[] = [];
  let isDraining = false;
  let harness: ActorHarness<LinksChannel>;

  const journalMessage = async (deviceId: DeviceId, position: MessagePosition, payload: Uint8Array): Promise<void> => {
    const record = known.get(deviceId);
    if (record === undefined) return;
    if (comparePositions(position, record.lastReceived) > 0) {
      record.lastReceived = position;
      journal.push(TEXT.decode(payload));
    }
    await harness.client.request('acknowledge', { deviceId, position });
  };
  /** One after the other, as a host must: the journaled position never goes back. */
  const drain = async (): Promise<void> => {
    if (isDraining) return;
    isDraining = true;
    for (let write = waiting.shift(); write !== undefined; write = waiting.shift()) await write();
    isDraining = false;
  };
  const build = (): ActorHarness<LinksChannel> => {
    const built = actorHarness<LinksChannel>((components) => links(options)({ ...components, endpoint }), {
      fakeClock: clock,
      clock,
      random,
    });
    built.client.on('message.received', ({ deviceId, position, payload }) => {
      waiting.push(() => (built === harness ? journalMessage(deviceId, position, payload) : Promise.resolve()));
      if (!self.holdsJournal) void drain();
    });
    built.client.on('link.up', ({ deviceId, incarnation }) => {
      const record = known.get(deviceId);
      if (record !== undefined) record.incarnation = incarnation;
    });
    lives.push(built);
    return built;
  };
  const addAll = async (): Promise<void> => {
    for (const [deviceId, { peer, lastReceived, incarnation }] of known) {
      await harness.client.request(
        'setPeers',
        peerList({ deviceId, endpointId: peer.endpointId, incarnation, lastReceived }),
      );
    }
  };

  const self: Device = {
    name,
    endpointId,
    deviceId: deviceIdOf(endpointId),
    endpoint,
    get harness() {
      return harness;
    },
    journal,
    lives,
    incarnation: 1,
    holdsJournal: false,
    journalHeld: () => drain(),
    start: () => harness.actor.start(),
    bind: async (admitted) => {
      await endpoint.request('bind', {
        secretKey,
        protocols: [{ alpn: LINK_ALPN, admit: 'listed', maxFrameBytes: LINK_MAX_FRAME_BYTES, maxIncoming: 100 }],
        loopbackRelayUrl: 'http://127.0.0.1:1/',
        bindAddresses: [],
        admitted: admitted.map((peer) => peer.endpointId),
      });
    },
    present: async (changes = {}) => {
      const { directAddresses } = await endpoint.request('readBound', { endpointId });
      const relayInfo = { homeRelayUrl: RELAY, relayUrls: [RELAY], revision: 1, incarnation: self.incarnation };
      await harness.client.request('presentSelf', {
        endpointId,
        incarnation: self.incarnation,
        name,
        relayInfo,
        directAddresses,
        ...changes,
      });
    },
    know: async (peer) => {
      known.set(peer.deviceId, { peer, lastReceived: null, incarnation: 0 });
      await harness.client.request('setPeers', peerList({ deviceId: peer.deviceId, endpointId: peer.endpointId }));
    },
    connect: async (peer, { timeoutMs = 10_000, signal } = {}) => {
      const { directAddresses } = await peer.endpoint
        .request('readBound', { endpointId: peer.endpointId })
        .catch(() => ({ directAddresses: [] }));
      const request = { deviceId: peer.deviceId, directAddresses, throughRelay: true, timeoutMs };
      return await harness.client.request('connect', request, signal === undefined ? {} : { signal });
    },
    send: (peer, text, signal) =>
      harness.client.request(
        'sendMessage',
        { deviceId: peer.deviceId, payload: TEXT.encode(text) },
        signal === undefined ? {} : { signal },
      ),
    restart: async (isNewStart) => {
      const old = harness;
      // As a crash: the old actor says nothing more, and its connections are left to the endpoint.
      waiting = [];
      if (isNewStart) {
        endpoint.crash();
        self.incarnation += 1;
      }
      harness = build();
      const stopping = old.actor.stop();
      await harness.actor.start();
      await addAll();
      if (isNewStart) await self.bind([...known.values()].map(({ peer }) => peer));
      await self.present();
      await stopping;
    },
    events: () =>
      harness.told.map(({ event, payload }) => ('reason' in payload ? `${event} ${payload.reason}` : event)),
  };
  harness = build();
  return self;
};

export interface TwoDevices {
  readonly clock: FakeClock;
  readonly network: FakeEndpointNetwork;
  /** The one with the smaller endpoint id. */
  readonly low: Device;
  readonly high: Device;
}

/** Two paired devices, started, bound and presented, not linked. */
export const twoDevices = async (options: Partial<LinksOptions> = {}): Promise<TwoDevices> => {
  const clock = fakeClock();
  const network = fakeEndpointNetwork({ clock });
  const made = [1, 2].map((seed) => device({ name: `device ${seed}`, seed, network, clock, options }));
  const [low, high] = made.sort((a, b) => (a.endpointId < b.endpointId ? -1 : 1)) as [Device, Device];
  for (const [one, other] of [
    [low, high],
    [high, low],
  ] as const) {
    await one.start();
    await one.bind([other]);
    await one.know(other);
    await one.present();
  }
  return { clock, network, low, high };
};

/** The same, linked by the smaller one's dial, with the events so far forgotten. */
export const twoLinkedDevices = async (options: Partial<LinksOptions> = {}): Promise<TwoDevices> => {
  const devices = await twoDevices(options);
  await devices.low.connect(devices.high);
  await settle();
  return devices;
};

export const statusOf = async (one: Device, other: Device) => {
  const { links: all } = await one.harness.client.request('status', {});
  const status = all.find(({ deviceId }) => deviceId === other.deviceId);
  if (status === undefined) throw new Error('no such peer');
  return status;
};

/** Long enough for megabytes in parts, without any time passing. */
export const settleLong = async (): Promise<void> => {
  for (let round = 0; round < 30; round += 1) await settle();
};

/** A device keeps no timer, connection or subscription of its own after this. */
export const stopBoth = async ({ low, high }: TwoDevices): Promise<void> => {
  await low.harness.actor.stop();
  await high.harness.actor.stop();
  await settle();
};
