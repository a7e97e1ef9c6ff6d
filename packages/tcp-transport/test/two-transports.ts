import {
  brandAs,
  type ConnectionId,
  type DeviceId,
  type EventName,
  type EventPayload,
  type SocketAddress,
  type StreamId,
  type TcpKey,
  type TcpTransportChannel,
} from '@bowline/contracts';
import { type ActorHarness, actorHarness } from '@bowline/testing';
import { type TcpTransportOptions, tcpTransport } from '../src/index.ts';

/** What both ends of a link know; another one for each life of it. */
export interface Life {
  readonly nearDialled: TcpKey;
  readonly farDialled: TcpKey;
}

const keyOf = (seed: number, digit: string): TcpKey => ({
  identity: `${digit}${String(seed).padStart(31, '0')}`,
  secret: new Uint8Array(32).fill(seed + digit.charCodeAt(0)),
});

export const life = (seed: number): Life => ({ nearDialled: keyOf(seed, 'a'), farDialled: keyOf(seed, 'b') });

export const NEAR = brandAs<DeviceId>('near');
export const FAR = brandAs<DeviceId>('far');

export type Transport = ActorHarness<TcpTransportChannel>;

/** Waits for the next event that fits, or takes one that was told already. */
export const told = <E extends EventName<TcpTransportChannel>>(
  transport: Transport,
  event: E,
  fits: (payload: EventPayload<TcpTransportChannel, E>) => boolean = () => true,
): Promise<EventPayload<TcpTransportChannel, E>> => {
  const before = transport.toldOf(event).find(fits);
  if (before !== undefined) return Promise.resolve(before);
  return new Promise((resolve) => {
    const cancel = transport.client.on(event, (payload) => {
      if (!fits(payload)) return;
      cancel();
      resolve(payload);
    });
  });
};

/** Two real transports on 127.0.0.1, each with a clock that the test turns. */
export class TwoTransports implements AsyncDisposable {
  readonly near: Transport;
  readonly far: Transport;
  #streams = 0;

  static async start(options: Partial<TcpTransportOptions> = {}): Promise<TwoTransports> {
    const both = new TwoTransports(options);
    await Promise.all([both.near.actor.start(), both.far.actor.start()]);
    return both;
  }

  private constructor(options: Partial<TcpTransportOptions>) {
    this.near = actorHarness<TcpTransportChannel>(tcpTransport(options));
    this.far = actorHarness<TcpTransportChannel>(tcpTransport(options));
  }

  /** Links the two. Answers where `far` listens. @param nearDials where `near` believes it to be */
  async link(
    { nearDialled, farDialled }: Life,
    nearDials?: (listening: readonly SocketAddress[]) => readonly SocketAddress[],
  ): Promise<readonly SocketAddress[]> {
    const changed = told(this.far, 'listening.changed', ({ addresses }) => addresses.length > 0);
    await this.far.client.request('setLinks', {
      links: [{ deviceId: NEAR, dialled: farDialled, accepted: nearDialled, addresses: [] }],
      listenAt: ['127.0.0.1'],
      dialFrom: [],
    });
    const { addresses } = await changed;
    await this.near.client.request('setLinks', {
      links: [
        { deviceId: FAR, dialled: nearDialled, accepted: farDialled, addresses: nearDials?.(addresses) ?? addresses },
      ],
      listenAt: [],
      dialFrom: [],
    });
    return addresses;
  }

  /** A connection, by its id on each side. */
  async connect(): Promise<{ readonly here: ConnectionId; readonly there: ConnectionId }> {
    const known = new Set(this.far.toldOf('connection.opened').map(({ connectionId }) => connectionId));
    const { connectionId: here } = await this.near.client.request('connect', { deviceId: FAR });
    const accepted = await told(this.far, 'connection.opened', ({ connectionId }) => !known.has(connectionId));
    return { here, there: accepted.connectionId };
  }

  streamId(): StreamId {
    this.#streams += 1;
    return brandAs<StreamId>(`out-${this.#streams}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.near.actor.stop(), this.far.actor.stop()]);
  }
}

/** Everything that a transport was told of a stream. */
export const bytesOf = (transport: Transport, streamId: StreamId): Buffer =>
  Buffer.concat(
    transport
      .toldOf('stream.received')
      .filter((each) => each.streamId === streamId)
      .map(({ bytes }) => bytes),
  );
