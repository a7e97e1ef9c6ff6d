import {
  BowlineError,
  brandAs,
  type ChannelClient,
  type ConnectionId,
  type DeviceId,
  type SocketAddress,
  type StreamId,
  type TcpTransportChannel,
} from '@bowline/contracts';
import { type FakeListeners, fakeListeners } from '@bowline/testing';

/** One device's TCP transport, as far as services see it. */
export interface FakeTcp {
  readonly client: ChannelClient<TcpTransportChannel>;
  readonly asked: string[];
  readonly takenBytes: () => number;
}

interface Side {
  readonly deviceId: DeviceId;
  readonly listeners: FakeListeners<TcpTransportChannel>;
  readonly asked: string[];
  taken: number;
}

/** TCP between two devices: connections that the test makes and cuts, on which what one side says is heard by the other. */
export class FakeTcpPair {
  readonly near: FakeTcp;
  readonly far: FakeTcp;
  /** Whether `connect` finds a way. */
  isReachable = false as boolean;
  /** Swallows what is said from now on. */
  isSilent = false as boolean;
  readonly #sides: readonly [Side, Side];
  readonly #streams = new Map<string, StreamId>();
  readonly #open = new Set<ConnectionId>();
  #connections = 0;
  #accepted = 0;

  constructor(near: DeviceId, far: DeviceId) {
    const side = (deviceId: DeviceId): Side => ({ deviceId, listeners: fakeListeners(), asked: [], taken: 0 });
    this.#sides = [side(near), side(far)];
    this.near = this.#transport(0);
    this.far = this.#transport(1);
  }

  /** A connection that both are told of. */
  connect(): ConnectionId {
    this.#connections += 1;
    const connectionId = brandAs<ConnectionId>(`tcp-${this.#connections}`);
    this.#open.add(connectionId);
    const remoteAddress = brandAs<SocketAddress>('192.0.2.1:1');
    for (const [index, { listeners }] of this.#sides.entries()) {
      const { deviceId } = this.#sides[1 - index] as Side;
      listeners.emit('connection.opened', { connectionId, deviceId, remoteAddress, dialledBy: 'us' });
    }
    return connectionId;
  }

  /** Gone for both, or for one of them alone. */
  cut(connectionId: ConnectionId, whose: readonly ('near' | 'far')[] = ['near', 'far']): void {
    this.#open.delete(connectionId);
    for (const which of whose) {
      const index = which === 'near' ? 0 : 1;
      const { deviceId } = this.#sides[1 - index] as Side;
      (this.#sides[index] as Side).listeners.emit('connection.closed', {
        connectionId,
        deviceId,
        carried: { sentBytes: 0, receivedBytes: 0 },
      });
    }
  }

  #transport(index: 0 | 1): FakeTcp {
    const own = this.#sides[index];
    const other = this.#sides[index === 0 ? 1 : 0];
    const say = (connectionId: ConnectionId): void => {
      if (!this.#open.has(connectionId)) throw new Error('no such connection');
    };
    const thereOf = (streamId: StreamId): StreamId => {
      const there = this.#streams.get(`${index} ${streamId}`);
      if (there === undefined) throw new Error('no such stream');
      return there;
    };
    const later = (tell: () => void): void => {
      if (!this.isSilent) queueMicrotask(tell);
    };
    const handlers = {
      connect: () => {
        if (!this.isReachable)
          throw new BowlineError({ code: 'TCP_UNREACHABLE', message: '', data: { retryAfterMs: 3_000 } });
        return { connectionId: this.connect() };
      },
      openStream: ({
        connectionId,
        streamId,
        first,
      }: {
        connectionId: ConnectionId;
        streamId: StreamId;
        first: Uint8Array;
      }) => {
        say(connectionId);
        this.#accepted += 1;
        const there = brandAs<StreamId>(`in-${this.#accepted}`);
        this.#streams.set(`${index} ${streamId}`, there);
        this.#streams.set(`${1 - index} ${there}`, streamId);
        later(() => {
          other.listeners.emit('stream.opened', { connectionId, streamId: there });
          other.listeners.emit('stream.received', { connectionId, streamId: there, bytes: first });
        });
      },
      writeStream: (input: {
        connectionId: ConnectionId;
        streamId: StreamId;
        pieces: readonly Uint8Array[];
        isLast: boolean;
      }) => {
        const { connectionId, isLast } = input;
        // What is written may be changed as soon as it is acknowledged.
        const bytes = Uint8Array.from(Buffer.concat(input.pieces));
        say(connectionId);
        const streamId = thereOf(input.streamId);
        later(() => {
          if (bytes.byteLength > 0) other.listeners.emit('stream.received', { connectionId, streamId, bytes });
          if (isLast) other.listeners.emit('stream.ended', { connectionId, streamId });
        });
      },
      leaveStream: ({
        connectionId,
        streamId,
        code,
      }: {
        connectionId: ConnectionId;
        streamId: StreamId;
        code: number;
      }) => {
        const there = this.#streams.get(`${index} ${streamId}`);
        if (there !== undefined)
          later(() => other.listeners.emit('stream.left', { connectionId, streamId: there, code }));
      },
      taken: ({ bytes }: { bytes: number }) => {
        own.taken += bytes;
      },
    };
    return {
      client: {
        on: own.listeners.on,
        request: (async (name: keyof typeof handlers, input: never) => {
          own.asked.push(name);
          return handlers[name](input);
        }) as never,
      },
      asked: own.asked,
      takenBytes: () => own.taken,
    };
  }
}
