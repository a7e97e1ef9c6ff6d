import { randomBytes } from 'node:crypto';
import {
  brandAs,
  type EndpointId,
  type EventPayload,
  type RelaySettings,
  type RelaySwitchboardChannel,
  type RelayUrl,
} from '@bowline/contracts';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { type ActorHarness, actorHarness, freePort } from '@bowline/testing';
import {
  type Connection,
  Endpoint,
  EndpointAddr,
  EndpointId as NativeEndpointId,
  presetMinimal,
  RelayMap,
  RelayMode,
} from '@number0/iroh/index.js';
import { type RelaySwitchboardOptionsInput, relaySwitchboard } from '../../src/index.ts';

export const ECHO_ALPN = [...Buffer.from('bowline/test-echo')];

/** Addresses of loopback, and addresses that can be bound but are never reached: between the two no direct path exists. */
export const LOOPBACK_ADDRESSES = ['127.0.0.1:0', '[::1]:0'] as const;
export const DEAF_ADDRESSES = ['239.255.77.77:0', '[ff00::4d4d]:0'] as const;

export const settingsOf = (...urls: readonly RelayUrl[]): readonly RelaySettings[] =>
  urls.map((url) => ({ url, token: null, tier: 0 }));

export type SwitchboardHarness = ActorHarness<RelaySwitchboardChannel>;

/** A switchboard on real sockets and the real clock. */
export const startedSwitchboard = async (options: RelaySwitchboardOptionsInput = {}): Promise<SwitchboardHarness> => {
  const harness = actorHarness<RelaySwitchboardChannel>(
    (components) => relaySwitchboard({ allowsThisMachine: true, ...options })(components),
    {
      clock: systemClock,
      random: systemRandom,
    },
  );
  await harness.actor.start();
  return harness;
};

/** Resolves with the first payload, told already or later, that `accepts` likes. */
export const eventOf = <E extends keyof RelaySwitchboardChannel['events'] & string>(
  harness: SwitchboardHarness,
  event: E,
  accepts: (payload: EventPayload<RelaySwitchboardChannel, E>) => boolean = () => true,
): Promise<EventPayload<RelaySwitchboardChannel, E>> => {
  const past = harness.toldOf(event).find(accepts);
  if (past !== undefined) return Promise.resolve(past);
  return new Promise((resolve) => {
    const cancel = harness.client.on(event, (payload) => {
      if (!accepts(payload)) return;
      cancel();
      resolve(payload);
    });
  });
};

/** A device of a test: an iroh endpoint behind a switchboard of its own. */
export class TestDevice {
  readonly switchboard: SwitchboardHarness;
  readonly secretKey: Uint8Array;
  readonly endpointId: EndpointId;
  readonly loopbackUrl: string;
  readonly endpoint: Endpoint;
  /** Held so that nothing of them is collected while a test runs. */
  readonly #connections: Connection[] = [];

  private constructor(
    switchboard: SwitchboardHarness,
    secretKey: Uint8Array,
    endpointId: EndpointId,
    loopbackUrl: string,
    endpoint: Endpoint,
  ) {
    this.switchboard = switchboard;
    this.secretKey = secretKey;
    this.endpointId = endpointId;
    this.loopbackUrl = loopbackUrl;
    this.endpoint = endpoint;
  }

  /** @param wayTo makes the URL by which the endpoint knows the loopback relay */
  static async start(
    relayUrls: readonly RelayUrl[],
    bindAddresses: readonly string[] = LOOPBACK_ADDRESSES,
    wayTo: (loopbackUrl: string) => Promise<string> | string = (url) => url,
  ): Promise<TestDevice> {
    const switchboard = await startedSwitchboard();
    // Nobody else may take it while the switchboard is down.
    const listening = await switchboard.client.request('listen', { port: await freePort('tcp') });
    const loopbackUrl = await wayTo(listening.loopbackUrl);
    const secretKey = Uint8Array.from(randomBytes(32));
    const { endpointId } = await switchboard.client.request('admit', { secretKey });
    await switchboard.client.request('configureRelays', { relays: settingsOf(...relayUrls) });
    if (relayUrls.length > 0) await eventOf(switchboard, 'relay.homeChanged');
    const endpoint = await bindEndpoint(secretKey, [loopbackUrl], bindAddresses);
    return new TestDevice(switchboard, secretKey, endpointId, loopbackUrl, endpoint);
  }

  /** Connects to another device by the loopback relay alone. */
  async dial(peer: EndpointId): Promise<Connection> {
    const id = NativeEndpointId.fromBytes([...Buffer.from(peer, 'hex')]);
    const connection = await this.endpoint.connect(new EndpointAddr(id, this.loopbackUrl, []), ECHO_ALPN);
    this.#connections.push(connection);
    return connection;
  }

  /** Echoes every stream of every connection that comes in, until the endpoint closes. */
  serveEcho(): void {
    echoConnections(this.endpoint, this.#connections);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.close(0n, []);
    await this.endpoint.close();
    await this.switchboard.actor.stop();
  }
}

/** Echoes every stream of every connection that comes in; `kept` holds them, since a collected connection is closed. */
export const echoConnections = (endpoint: Endpoint, kept: Connection[]): void => {
  const accept = async (): Promise<void> => {
    for (;;) {
      const incoming = await endpoint.acceptNext();
      if (incoming === null) return;
      const connection = await (await incoming.accept()).connect();
      kept.push(connection);
      echoStreams(connection).catch(() => undefined);
    }
  };
  accept().catch(() => undefined);
};

export const bindEndpoint = async (
  secretKey: Uint8Array,
  relayUrls: readonly string[],
  bindAddresses: readonly string[],
): Promise<Endpoint> => {
  const builder = Endpoint.builder();
  presetMinimal(builder);
  builder.secretKey([...secretKey]);
  builder.alpns([ECHO_ALPN]);
  // Inserted without a QUIC port: made by `fromUrls` the relay would count as one with address discovery, and iroh would
  // wait three seconds for that before it logs in.
  const relays = RelayMap.empty();
  for (const url of relayUrls) relays.insert({ url });
  builder.relayMode(RelayMode.custom(relays));
  for (const address of bindAddresses) builder.bindAddr(address);
  return await builder.bind();
};

const echoStreams = async (connection: Connection): Promise<void> => {
  for (;;) {
    const stream = await connection.acceptBi();
    const echo = async (): Promise<void> => {
      for (;;) {
        const bytes = await stream.recv.read(4_096);
        if (bytes.length === 0) return;
        await stream.send.writeAll(bytes);
      }
    };
    echo().catch(() => undefined);
  }
};

export const urlFor = (text: string): RelayUrl => brandAs<RelayUrl>(text);
