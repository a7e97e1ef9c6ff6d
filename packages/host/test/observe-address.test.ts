import type { NetworkInterfaceInfo } from 'node:os';
import { ADDRESS_OBSERVATION_DEFAULTS, addressObservation } from '@bowline/address-observation';
import {
  type AddressObservationChannel,
  type BoundEndpoint,
  brandAs,
  type ConnectionId,
  type EventPayload,
  type HostEvent,
  type LinksChannel,
  OBSERVE_ALPN,
  type RelayObserver,
  type RelaySwitchboardChannel,
  type RelayUrl,
  type SocketAddress,
} from '@bowline/contracts';
import { encodeObserved, OBSERVE_MAX_FRAME_BYTES } from '@bowline/observe-protocol';
import {
  type ActorHarness,
  actorHarness,
  type FakeClock,
  type FakeEndpoint,
  fakeClock,
  fakeEndpointNetwork,
  memoryLogger,
  seededRandom,
  settle,
} from '@bowline/testing';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type EventHub, eventHub } from '../src/event-hub.ts';
import { inBackground } from '../src/in-background.ts';
import { type OwnPresence, ownPresence } from '../src/own-presence.ts';
import { type PeerRegistry, peerRegistry } from '../src/peers/peer-registry.ts';
import { observeAddress } from '../src/wiring/observe-address.ts';
import { peerDevice } from './scripted-system.ts';

const { keepMappingMs: KEEP_MAPPING_MS, lookAgainMs: LOOK_AGAIN_MS } = ADDRESS_OBSERVATION_DEFAULTS;
const HOME = brandAs<RelayUrl>('https://relay.example.org/');
const ONE = brandAs<SocketAddress>('198.51.100.1:5000');
const OTHER = brandAs<SocketAddress>('198.51.100.1:6000');
const secretKey = new Uint8Array(32).fill(1);

let clock: FakeClock;
let endpoint: FakeEndpoint;
let observers: readonly RelayObserver[] | null;
/** What each observer answers; `null`: nothing. */
let answers: (SocketAddress | null)[];
let asked: number[];
let searches: RelayUrl[];
let own: OwnPresence;
let hub: EventHub;
let told: HostEvent[];
let peers: PeerRegistry;
let observation: ActorHarness<AddressObservationChannel>;
/** What the wire listens with. */
const relay = new Map<string, (payload: never) => void>();
let becomeReady: () => Promise<void>;
let bound: BoundEndpoint;
let interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>;
let tellLinkUp: (link: EventPayload<LinksChannel, 'link.up'>) => void;
let tellRelay: (status: EventPayload<RelaySwitchboardChannel, 'relay.stateChanged'>) => void;

const bind = () => endpoint.request('bind', { secretKey, protocols: [], loopbackRelayUrl: null, bindAddresses: [] });

/** Two endpoints that answer every frame as the test has it. */
const scriptedObservers = async (outside: FakeEndpoint): Promise<readonly RelayObserver[]> => {
  const indexes = new Map<string, number>();
  outside.on('connection.accepted', ({ connectionId, localEndpointId }) => {
    indexes.set(
      connectionId,
      (observers ?? []).findIndex(({ endpointId }) => endpointId === localEndpointId),
    );
  });
  outside.on('frame.received', ({ connectionId }) => {
    const index = indexes.get(connectionId) ?? -1;
    asked.push(index);
    const answer = answers[index] ?? null;
    if (answer !== null) void outside.request('send', { connectionId, frame: encodeObserved(answer) });
  });
  const policy = {
    alpn: OBSERVE_ALPN,
    admit: 'anyone',
    maxFrameBytes: OBSERVE_MAX_FRAME_BYTES,
    maxIncoming: 9,
  } as const;
  return Promise.all(
    [2, 3].map((seed) =>
      outside.request('bind', {
        secretKey: new Uint8Array(32).fill(seed),
        protocols: [policy],
        loopbackRelayUrl: null,
        bindAddresses: [],
      }),
    ),
  );
};

beforeEach(async () => {
  clock = fakeClock();
  const network = fakeEndpointNetwork({ clock });
  [asked, searches, told] = [[], [], []];
  answers = [ONE, ONE];
  interfaces = {};
  observers = await scriptedObservers(network.endpoint());
  endpoint = network.endpoint();
  bound = await bind();
  own = ownPresence({ id: brandAs('d-0'), endpointId: bound.endpointId, name: 'x' }, brandAs('0a'.repeat(32)));
  hub = eventHub({ logger: memoryLogger() });
  hub.onAny((event) => told.push(event));
  becomeReady = async () => undefined;
  peers = peerRegistry();
  observation = actorHarness(addressObservation(), { fakeClock: clock });
});

const observe = async (isLoopbackOnly = false, bind: readonly string[] = []): Promise<void> => {
  const logger = memoryLogger();
  const cancel = observeAddress({
    clock,
    hub,
    logger,
    own,
    peers,
    inBackground: inBackground({ logger }),
    networkInterfaces: () => interfaces,
    random: seededRandom(),
    options: { bind, isLoopbackOnly },
    identity: { endpointId: bound.endpointId },
    parts: {
      observation: {
        client: {
          request: (name, input) => observation.client.request(name, input),
          on: (event, listener) => {
            relay.set(event, listener as never);
            return observation.client.on(event, listener);
          },
        },
        onReady: (prepare) => {
          becomeReady = async () => prepare();
          return () => undefined;
        },
      },
      endpoint: { client: endpoint },
      links: {
        client: {
          on: (_event, listener) => {
            tellLinkUp = listener as never;
            return () => undefined;
          },
        },
      },
      switchboard: {
        client: {
          request: async (_name, input) => {
            searches.push((input as { relayUrl: RelayUrl }).relayUrl);
            return { observers } as never;
          },
          on: (_event, listener) => {
            tellRelay = listener as never;
            return () => undefined;
          },
        },
      },
    },
  });
  onTestFinished(cancel);
  await observation.actor.start();
  await becomeReady();
};

/** The endpoint is bound and its home relay known. */
const arrive = async (): Promise<void> => {
  own.update({ bound, relayUrls: [HOME] });
  await settle();
};

/** What peers are offered beside the addresses of the interfaces. */
const offered = async (): Promise<readonly SocketAddress[]> => {
  const { directAddresses } = await endpoint.request('readBound', { endpointId: bound.endpointId });
  return directAddresses.filter((address) => !bound.directAddresses.includes(address));
};

const seen = async () => (await observation.client.request('status', {})).observed;

describe('a device with a home relay', () => {
  it('asks both observers there, offers what they saw, and says so once', async () => {
    await observe();
    await arrive();
    expect(searches).toEqual([HOME]);
    expect(asked.toSorted()).toEqual([0, 1]);
    expect(await offered()).toEqual([ONE]);
    expect(told).toEqual([{ event: 'network.observed', addresses: [ONE], nat: 'endpoint-independent' }]);
  });

  it('keeps the mapping in use, and offers the new one when the NAT gives another', async () => {
    await observe();
    await arrive();
    answers = [OTHER, OTHER];
    await clock.advance(KEEP_MAPPING_MS - 1);
    expect(asked).toHaveLength(2);
    await clock.advance(1);
    await settle();
    expect(asked).toHaveLength(4);
    expect(searches).toHaveLength(1);
    expect(await offered()).toEqual([OTHER]);
  });

  it('looks seldom where the NAT keeps the port', async () => {
    answers = [brandAs<SocketAddress>(`198.51.100.1:${bound.port}`), null];
    await observe();
    await arrive();
    await clock.advance(LOOK_AGAIN_MS - 1);
    expect(asked).toHaveLength(2);
    await clock.advance(5_000);
    expect(asked).toHaveLength(4);
  });

  it('takes its addresses back when the NAT turns out to be symmetric', async () => {
    await observe();
    await arrive();
    answers = [ONE, OTHER];
    await clock.advance(KEEP_MAPPING_MS);
    await settle();
    expect(await offered()).toEqual([]);
    expect(told.at(-1)).toEqual({ event: 'network.observed', addresses: [], nat: 'symmetric' });
  });

  it('takes its addresses back when the network changes, and asks anew', async () => {
    await observe();
    await arrive();
    answers = [null, null];
    hub.tell({ event: 'network.changed', cause: 'interfaces' });
    await settle();
    expect(await offered()).toEqual([]);
    expect(await seen()).toEqual([]);
    expect(asked).toHaveLength(4);
  });

  it('begins anew on another socket, after the worker of the endpoint was restarted', async () => {
    await observe();
    await arrive();
    endpoint.crash();
    own.update({ bound: null });
    await settle();
    expect(await seen()).toEqual([]);
    bound = await bind();
    await arrive();
    expect(asked).toHaveLength(4);
    expect(await offered()).toEqual([ONE]);
  });

  it('looks for the observers again when the relay is back', async () => {
    observers = [];
    await observe();
    await arrive();
    await clock.advance(2 * LOOK_AGAIN_MS);
    expect(searches).toHaveLength(1);
    const status = { url: HOME, role: 'home', rttMs: null, downReason: null } as const;
    tellRelay({ ...status, state: 'down' });
    tellRelay({ ...status, state: 'connected', url: brandAs('https://other.example.org/') });
    await settle();
    expect(searches).toHaveLength(1);
    tellRelay({ ...status, state: 'connected' });
    await settle();
    expect(searches).toHaveLength(2);
  });

  it('asks a relay again that did not answer', async () => {
    observers = null;
    await observe();
    await arrive();
    await clock.advance(1_000);
    expect(searches).toHaveLength(2);
  });

  it('asks ever more seldom where no answer gets through, and looks for the observers anew', async () => {
    answers = [null, null];
    await observe();
    await arrive();
    const askedAt: number[] = [];
    for (let second = 0; second < 120; second += 1) {
      const before = asked.length;
      await clock.advance(1_000);
      await settle();
      if (asked.length > before) askedAt.push(second + 1);
    }
    // 4 s for each ask, then 1, 2, 4, 8, 16 and 32 s.
    expect(askedAt).toEqual([5, 11, 19, 31, 51, 87]);
    expect(searches).toHaveLength(7);
    expect(told).toEqual([]);
  });
});

describe('what a linked device has seen', () => {
  const linkUp = (observedAddress: SocketAddress | null, seed = 8) =>
    tellLinkUp({
      connectionId: brandAs<ConnectionId>('c'),
      deviceId: peerDevice(seed).id,
      path: null,
      incarnation: 1,
      name: 'phone',
      relayInfo: { homeRelayUrl: null, relayUrls: [], revision: 0, incarnation: 1 },
      directAddresses: [],
      observedAddress,
      dialledBy: 'peer',
    });

  it('is offered to the others when two say so, without any relay', async () => {
    await observe();
    own.update({ bound });
    linkUp(null);
    linkUp(ONE);
    await settle();
    expect(await offered()).toEqual([]);
    linkUp(ONE, 9);
    await settle();
    expect(await offered()).toEqual([ONE]);
    expect(await seen()).toMatchObject([{ by: peerDevice(8).id, address: ONE }, { address: ONE }]);
    expect(searches).toEqual([]);
  });

  it('counts no more once the device is unpaired, or the network is another one', async () => {
    await observe();
    own.update({ bound });
    await peers.adopt(peerDevice(8));
    linkUp(ONE, 8);
    linkUp(ONE, 9);
    await settle();
    await peers.remove(peerDevice(8).id);
    await settle();
    expect(await offered()).toEqual([]);
    linkUp(ONE, 8);
    await settle();
    hub.tell({ event: 'network.changed', cause: 'interfaces' });
    await settle();
    expect(await seen()).toEqual([]);
  });

  it('does not turn two observers into a symmetric NAT', async () => {
    await observe();
    await arrive();
    linkUp(OTHER);
    await settle();
    expect(await offered()).toEqual([ONE]);
    expect(told).toHaveLength(1);
  });
});

describe('a device that is linked by a relay', () => {
  it('is offered the address anew, soon and again, until there is a direct path', async () => {
    const offers: (readonly SocketAddress[])[] = [];
    const { request } = endpoint;
    endpoint.request = (async (name, input, context) => {
      if (name === 'setExternalAddresses') offers.push((input as { addresses: readonly SocketAddress[] }).addresses);
      return request(name, input, context);
    }) as typeof request;
    await observe();
    await arrive();
    const device = peerDevice(8);
    await peers.adopt(device);
    await clock.advance(60_000);
    expect(offers).toEqual([[ONE]]);
    offers.length = 0;
    peers.update(device.id, { link: 'up', path: { kind: 'relay', remoteAddress: null, rttMs: 1 } });
    await clock.advance(5_000);
    await settle();
    expect(offers).toEqual([[], [ONE]]);
    expect(await offered()).toEqual([ONE]);
    await clock.advance(10_000);
    await settle();
    expect(offers).toEqual([[], [ONE], [], [ONE]]);
    peers.update(device.id, { path: { kind: 'direct', remoteAddress: OTHER, rttMs: 1 } });
    await clock.advance(60_000);
    expect(offers).toHaveLength(4);
    expect(told).toHaveLength(1);
  });
});

describe('an actor that was started again', () => {
  it('is told everything, asks anew, and the same is not told twice', async () => {
    await observe();
    await arrive();
    tellLinkUp({ deviceId: peerDevice(8).id, observedAddress: OTHER } as never);
    await settle();
    const { client } = observation;
    observation = actorHarness(addressObservation(), { fakeClock: clock });
    for (const event of ['search.due', 'ask.due', 'verdict.changed'] as const) {
      observation.client.on(event, (payload) => relay.get(event)?.(payload as never));
    }
    await observation.actor.start();
    await becomeReady();
    await settle();
    expect(client).not.toBe(observation.client);
    expect(await seen()).toMatchObject([{ by: HOME }, { by: HOME }, { by: peerDevice(8).id }]);
    expect(asked).toHaveLength(4);
    expect(await offered()).toEqual([ONE]);
    expect(told).toHaveLength(1);
  });
});

describe('an endpoint that does not take an address', () => {
  it('is told again until it does', async () => {
    const request = endpoint.request.bind(endpoint);
    let refusals = 2;
    endpoint.request = (async (name: 'setExternalAddresses', input: never) => {
      if (name === 'setExternalAddresses' && refusals > 0) {
        refusals -= 1;
        throw new Error('not now');
      }
      return request(name, input);
    }) as never;
    await observe();
    await arrive();
    expect(await offered()).toEqual([]);
    await clock.advance(1_000);
    await clock.advance(2_000);
    expect(await offered()).toEqual([ONE]);
  });
});

describe('an address that the endpoint has not noticed', () => {
  const moveTo = (address: string): void => {
    const fields = { family: 'IPv4', internal: false, netmask: '', mac: '', cidr: null } as const;
    interfaces = { eth0: [{ address, ...fields }] };
    hub.tell({ event: 'network.changed', cause: 'interfaces' });
  };

  it('is offered a second after the network has changed, as long as it is there', async () => {
    await observe();
    own.update({ bound, relayUrls: [] });
    moveTo('10.77.0.77');
    await clock.advance(999);
    expect(await offered()).toEqual([]);
    await clock.advance(1);
    expect(await offered()).toEqual([`10.77.0.77:${bound.port}`]);
    moveTo('10.78.0.1');
    await settle();
    expect(await offered()).toEqual([]);
    await clock.advance(1_000);
    expect(await offered()).toEqual([`10.78.0.1:${bound.port}`]);
  });

  it('is none where the endpoint tells it by itself meanwhile', async () => {
    await observe();
    own.update({ bound, relayUrls: [] });
    moveTo('10.77.0.77');
    await clock.advance(500);
    const found = brandAs<SocketAddress>(`10.77.0.77:${bound.port}`);
    own.update({ bound: { ...bound, directAddresses: [found] } });
    await clock.advance(1_000);
    expect(await offered()).toEqual([]);
  });

  it('stays beside what observers see, when that is another one', async () => {
    await observe();
    await arrive();
    moveTo('10.77.0.77');
    await clock.advance(1_000);
    const unnoticed = `10.77.0.77:${bound.port}`;
    expect(await offered()).toEqual([ONE, unnoticed]);
    answers = [OTHER, OTHER];
    await clock.advance(KEEP_MAPPING_MS);
    await settle();
    expect((await offered()).toSorted()).toEqual([unnoticed, OTHER]);
  });

  it('is not looked for where the person has named addresses to bind', async () => {
    await observe(false, ['10.1.0.1']);
    own.update({ bound, relayUrls: [] });
    moveTo('10.77.0.77');
    await clock.advance(2_000);
    expect(await offered()).toEqual([]);
  });
});

describe('nobody is asked', () => {
  it('without a relay', async () => {
    await observe();
    own.update({ bound, relayUrls: [] });
    hub.tell({ event: 'network.changed', cause: 'wake' });
    await clock.advance(LOOK_AGAIN_MS);
    expect(searches).toEqual([]);
  });

  it('by a device that stays on this machine', async () => {
    await observe(true);
    await arrive();
    expect(searches).toEqual([]);
    expect(asked).toEqual([]);
  });
});
