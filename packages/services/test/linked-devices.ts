import {
  brandAs,
  type ConnectionId,
  type ConnectionPath,
  type DeviceId,
  deviceIdOf,
  type EndpointId,
  endpointIdOf,
  LINK_ALPN,
  type LinksChannel,
  type ServiceOffer,
  type ServiceStreamId,
  type ServicesChannel,
  STREAMS_FEATURE,
} from '@bowline/contracts';
import {
  type ActorHarness,
  actorHarness,
  type FakeClock,
  type FakeEndpoint,
  type FakeListeners,
  fakeClock,
  fakeEndpointNetwork,
  fakeListeners,
  seededRandom,
} from '@bowline/testing';
import { type ServicesOptions, services } from '../src/index.ts';
import { type FakeTcp, FakeTcpPair } from './fake-tcp.ts';

/** One device: a fake endpoint, links that say what the test tells them to, and the real services. */
export interface LinkedDevice {
  readonly id: DeviceId;
  readonly endpointId: EndpointId;
  readonly endpoint: FakeEndpoint;
  readonly links: FakeListeners<LinksChannel>;
  readonly services: ActorHarness<ServicesChannel>;
  readonly uses: boolean[];
}

export const NOTES: ServiceOffer = { name: 'notes/1', allow: 'paired', relay: 'allow', maxStreams: 8 };

/** Two paired devices whose links come and go as the test wants it. */
export class LinkedDevices {
  readonly clock: FakeClock = fakeClock();
  readonly network = fakeEndpointNetwork({ clock: this.clock });
  readonly tcp = new FakeTcpPair(idOf(1), idOf(2));
  readonly near: LinkedDevice;
  readonly far: LinkedDevice;
  connection: { readonly here: ConnectionId; readonly there: ConnectionId } | null = null;
  #dials = 0;
  #streams = 0;

  static async open(options: Partial<ServicesOptions> = {}): Promise<LinkedDevices> {
    const devices = new LinkedDevices(options);
    for (const device of [devices.near, devices.far]) {
      await device.services.actor.start();
      await devices.bind(device);
    }
    await devices.introduce();
    await devices.far.services.client.request('setServices', { services: [NOTES] });
    return devices;
  }

  private constructor(options: Partial<ServicesOptions>) {
    this.near = this.#device(1, options, this.tcp.near);
    this.far = this.#device(2, options, this.tcp.far);
  }

  #device(seed: number, options: Partial<ServicesOptions>, tcp: FakeTcp): LinkedDevice {
    const endpoint = this.network.endpoint();
    const links = fakeListeners<LinksChannel>();
    const uses: boolean[] = [];
    const client = {
      on: links.on,
      request: (async (name: string, input: { readonly wasHeard: boolean }) => {
        if (name === 'noteUse') uses.push(input.wasHeard);
      }) as never,
    };
    const harness = actorHarness<ServicesChannel>(
      (components) => services(options)({ ...components, endpoint, links: client, tcp: tcp.client }),
      { fakeClock: this.clock, random: seededRandom(seed) },
    );
    const endpointId = endpointIdOf(new Uint8Array(32).fill(seed));
    return { id: deviceIdOf(endpointId), endpointId, endpoint, links, services: harness, uses };
  }

  async bind(device: LinkedDevice): Promise<void> {
    const seed = device === this.near ? 1 : 2;
    await device.endpoint.request('bind', {
      secretKey: new Uint8Array(32).fill(seed),
      protocols: [{ alpn: LINK_ALPN, admit: 'anyone', maxFrameBytes: 1_000, maxIncoming: 10, maxStreams: 320 }],
      loopbackRelayUrl: 'http://127.0.0.1:1/',
      bindAddresses: [],
    });
  }

  async introduce(pairing = 1): Promise<void> {
    await this.near.services.client.request('setPeers', { scope: 'all', peers: [{ deviceId: this.far.id, pairing }] });
    await this.far.services.client.request('setPeers', { scope: 'all', peers: [{ deviceId: this.near.id, pairing }] });
  }

  /** A connection, and links on both sides that say so. */
  async link(
    path: ConnectionPath['kind'] = 'direct',
    features: readonly string[] = [STREAMS_FEATURE],
    whenUp: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    this.#dials += 1;
    const here = brandAs<ConnectionId>(`dial-${this.#dials}`);
    const accepted = new Promise<ConnectionId>((resolve) => {
      const cancel = this.far.endpoint.on('connection.accepted', ({ connectionId }) => {
        cancel();
        resolve(connectionId);
      });
    });
    const { directAddresses } = await this.far.endpoint.request('readBound', { endpointId: this.far.endpointId });
    await this.near.endpoint.request('dial', {
      from: this.near.endpointId,
      to: this.far.endpointId,
      connectionId: here,
      alpn: LINK_ALPN,
      directAddresses,
      throughRelay: false,
      timeoutMs: 1_000,
    });
    const there = await accepted;
    this.connection = { here, there };
    const up = { path: pathOf(path), incarnation: 1, name: 'x', directAddresses: [], observedAddress: null };
    const relayInfo = { homeRelayUrl: null, relayUrls: [], revision: 1, incarnation: 1 };
    for (const [device, other, connectionId, dialledBy] of [
      [this.near, this.far, here, 'us'],
      [this.far, this.near, there, 'peer'],
    ] as const) {
      device.links.emit('link.up', { ...up, relayInfo, deviceId: other.id, connectionId, dialledBy });
    }
    await whenUp();
    for (const [device, other, connectionId] of [
      [this.near, this.far, here],
      [this.far, this.near, there],
    ] as const) {
      device.links.emit('features.received', { deviceId: other.id, connectionId, features });
    }
    await this.settle();
  }

  /** The link is gone for both, and what was under way with it. */
  async unlink(): Promise<void> {
    const { connection } = this;
    if (connection === null) return;
    this.connection = null;
    await this.near.endpoint.request('close', { connectionId: connection.here, name: 'not-responding', reason: '' });
    this.near.links.emit('link.down', { deviceId: this.far.id, reason: 'notResponding' });
    this.far.links.emit('link.down', { deviceId: this.near.id, reason: 'connectionLost' });
    await this.settle();
  }

  movePath(kind: ConnectionPath['kind']): void {
    const path = pathOf(kind);
    this.near.links.emit('link.pathChanged', { deviceId: this.far.id, path });
    this.far.links.emit('link.pathChanged', { deviceId: this.near.id, path });
  }

  streamId(): ServiceStreamId {
    this.#streams += 1;
    return brandAs<ServiceStreamId>(`stream-${this.#streams}`);
  }

  /** A stream from `near` to `far`, by its name on each side. */
  async openStream(
    service = NOTES.name,
    isResumable = true,
    isLarge = false,
  ): Promise<{ readonly here: ServiceStreamId; readonly there: ServiceStreamId }> {
    const here = this.streamId();
    const known = this.far.services.toldOf('stream.opened').length;
    await this.until(
      this.near.services.client.request('open', {
        deviceId: this.far.id,
        service,
        streamId: here,
        isResumable,
        isLarge,
      }),
    );
    const there = this.far.services.toldOf('stream.opened')[known]?.streamId;
    if (there === undefined) throw new Error('not opened');
    return { here, there };
  }

  /** Lets time go by until the promise has settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const done = (): void => {
      isSettled = true;
    };
    promise.then(done, done);
    for (let step = 0; !isSettled; step += 1) {
      if (step > 10_000) throw new Error('never settled');
      await this.clock.advance(step < 20 ? 0 : 10);
    }
    return promise;
  }

  async settle(): Promise<void> {
    for (let step = 0; step < 10; step += 1) await this.clock.advance(0);
  }
}

const idOf = (seed: number): DeviceId => deviceIdOf(endpointIdOf(new Uint8Array(32).fill(seed)));

const pathOf = (kind: ConnectionPath['kind']): ConnectionPath => ({ kind, remoteAddress: null, rttMs: 1 });
