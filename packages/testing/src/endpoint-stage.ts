import {
  type AlpnPolicy,
  type BindInput,
  type BoundEndpoint,
  brandAs,
  type ChannelClient,
  type ConnectionId,
  type ConnectionInfo,
  type ConnectionStream,
  type DialInput,
  type EndpointChannel,
  type EventPayload,
  errorCode,
  type StreamId,
} from '@bowline/contracts';
import { expect } from 'vitest';
import { type EventRecorder, eventRecorder } from './event-recorder.ts';

/** Endpoint actors that can reach each other, made anew for every test. */
export interface EndpointArrangement {
  /** One more actor, started. */
  readonly endpoint: () => Promise<ChannelClient<EndpointChannel>>;
  /** Lets time go by until the promise has settled: turns a fake clock, or only waits. */
  readonly until: <T>(promise: Promise<T>) => Promise<T>;
  /** Lets half a second go by. */
  readonly pause: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** A protocol anyone may speak. */
export const OPEN: AlpnPolicy = { alpn: 'test/open/1', admit: 'anyone', maxFrameBytes: 1_000, maxIncoming: 3 };

/** A protocol for listed endpoints. */
export const LISTED: AlpnPolicy = { alpn: 'test/listed/1', admit: 'listed', maxFrameBytes: 1_000, maxIncoming: 3 };

/** A protocol with streams of bytes. */
export const STREAMS: AlpnPolicy = { ...OPEN, alpn: 'test/streams/1', maxStreams: 128 };

/** A bound endpoint with what its actor told. */
export interface StagedDevice {
  readonly client: ChannelClient<EndpointChannel>;
  readonly recorder: EventRecorder<EndpointChannel>;
  readonly bound: BoundEndpoint;
}

/** Two devices on an arrangement, and what tests do with them. `far` may be replaced by a device bound otherwise. */
export class EndpointStage {
  readonly #arrangement: EndpointArrangement;
  readonly near: StagedDevice;
  far: StagedDevice;
  #dials = 0;

  /** Sets up both devices; they hold the keys of the seeds 1 and 2. */
  static async open(arrangement: EndpointArrangement): Promise<EndpointStage> {
    return new EndpointStage(arrangement, await openDevice(arrangement, 1), await openDevice(arrangement, 2));
  }

  private constructor(arrangement: EndpointArrangement, near: StagedDevice, far: StagedDevice) {
    this.#arrangement = arrangement;
    this.near = near;
    this.far = far;
  }

  until<T>(promise: Promise<T>): Promise<T> {
    return this.#arrangement.until(promise);
  }

  /** A moment in which whatever is under way arrives. */
  pause(): Promise<void> {
    return this.#arrangement.pause();
  }

  endpoint(): Promise<ChannelClient<EndpointChannel>> {
    return this.#arrangement.endpoint();
  }

  device(seed: number, changes: Partial<BindInput> = {}): Promise<StagedDevice> {
    return openDevice(this.#arrangement, seed, changes);
  }

  dialInput(changes: Partial<DialInput> = {}): DialInput {
    this.#dials += 1;
    return {
      from: this.near.bound.endpointId,
      to: this.far.bound.endpointId,
      connectionId: brandAs<ConnectionId>(this.#dials.toString(16).padStart(32, '0')),
      alpn: OPEN.alpn,
      directAddresses: this.far.bound.directAddresses,
      throughRelay: false,
      timeoutMs: 20_000,
      ...changes,
    };
  }

  /** Dials from `near` to `far`. */
  dial(changes: Partial<DialInput> = {}): Promise<ConnectionInfo> {
    return this.until(this.near.client.request('dial', this.dialInput(changes)));
  }

  /** Both ends of a connection that has been admitted. */
  async connect(changes: Partial<DialInput> = {}): Promise<{ here: ConnectionId; there: ConnectionId }> {
    const { recorder } = this.far;
    const known = recorder.of('connection.accepted').length;
    const { connectionId } = await this.dial(changes);
    const isNew = (info: ConnectionInfo): boolean => recorder.of('connection.accepted').indexOf(info) >= known;
    const accepted = await this.until(recorder.next('connection.accepted', isNew));
    return { here: connectionId, there: accepted.connectionId };
  }

  closeOf(side: StagedDevice, connectionId: ConnectionId): Promise<EventPayload<EndpointChannel, 'connection.closed'>> {
    return this.until(side.recorder.next('connection.closed', (payload) => payload.connectionId === connectionId));
  }

  framesOf(side: StagedDevice, connectionId: ConnectionId): readonly Uint8Array[] {
    return side.recorder
      .of('frame.received')
      .filter((payload) => payload.connectionId === connectionId)
      .map(({ frame }) => frame);
  }

  async nthFrame(side: StagedDevice, connectionId: ConnectionId, index: number): Promise<Uint8Array> {
    await this.until(side.recorder.next('frame.received', () => this.framesOf(side, connectionId).length > index));
    return this.framesOf(side, connectionId)[index] as Uint8Array;
  }

  /** All that was received of one stream, as one. */
  bytesOf(side: StagedDevice, streamId: StreamId): Uint8Array {
    return Buffer.concat(
      side.recorder
        .of('stream.received')
        .filter((payload) => payload.streamId === streamId)
        .map(({ bytes }) => bytes),
    );
  }

  /** Waits until so many bytes of a stream were received. */
  async received(side: StagedDevice, streamId: StreamId, count: number): Promise<Uint8Array> {
    await this.until(side.recorder.next('stream.received', () => this.bytesOf(side, streamId).length >= count));
    return this.bytesOf(side, streamId);
  }

  /** A stream from `near` to `far`, on the connection given by its two names. */
  async openStream(
    ids: { readonly here: ConnectionId; readonly there: ConnectionId },
    streamId: StreamId,
    first = Uint8Array.of(1),
  ): Promise<{ readonly here: StreamId; readonly there: StreamId }> {
    const { recorder } = this.far;
    const known = recorder.of('stream.opened').length;
    await this.until(this.near.client.request('openStream', { connectionId: ids.here, streamId, first }));
    const isNew = (opened: ConnectionStream): boolean => recorder.of('stream.opened').indexOf(opened) >= known;
    const opened = await this.until(recorder.next('stream.opened', isNew));
    return { here: streamId, there: opened.streamId };
  }

  send(side: StagedDevice, connectionId: ConnectionId, frame: Uint8Array): Promise<void> {
    return this.until(side.client.request('send', { connectionId, frame }));
  }

  /** The other side may have closed before the send is over; either way it must not have been received. */
  async sendTooLarge(side: StagedDevice, connectionId: ConnectionId): Promise<void> {
    try {
      await this.send(side, connectionId, new Uint8Array(OPEN.maxFrameBytes + 1));
    } catch (error) {
      expect(errorCode(error)).toBe('CONNECTION_CLOSED');
    }
  }
}

/** What a staged device binds. */
export const stagedBindInput = (seed: number, changes: Partial<BindInput> = {}): BindInput => ({
  secretKey: new Uint8Array(32).fill(seed),
  protocols: [OPEN, LISTED, STREAMS],
  loopbackRelayUrl: null,
  bindAddresses: ['127.0.0.1'],
  ...changes,
});

const openDevice = async (
  arrangement: EndpointArrangement,
  seed: number,
  changes: Partial<BindInput> = {},
): Promise<StagedDevice> => {
  const client = await arrangement.endpoint();
  const recorder = eventRecorder<EndpointChannel>(client, [
    'connection.accepted',
    'connection.closed',
    'connection.pathChanged',
    'heartbeat.unanswered',
    'connection.refused',
    'frame.received',
    'stream.opened',
    'stream.received',
    'stream.ended',
    'stream.left',
    'datagram.received',
    'endpoint.addressesChanged',
  ]);
  return { client, recorder, bound: await arrangement.until(client.request('bind', stagedBindInput(seed, changes))) };
};
