import { once } from 'node:events';
import { endpointIdOf } from '@bowline/contracts';
import {
  decodeRelayFrame,
  decodeServerHandshakeFrame,
  encodeClientAuth,
  encodeClientFrame,
  endpointKeyOf,
  type ProtocolVersion,
  RELAY_SUBPROTOCOLS,
  type RelayFrame,
  signChallenge,
  versionOfSubprotocol,
} from '@bowline/relay-protocol';
import { WebSocket } from 'ws';

export interface TestClientOptions {
  readonly seed?: number;
  readonly subprotocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Appended to the path, e.g. `?token=x`. */
  readonly query?: string;
  readonly ca?: string;
  readonly answersPings?: boolean;
}

/** Hands values to whoever awaits them, in order. */
class Inbox<T> {
  readonly #values: T[] = [];
  readonly #waiting: ((value: T) => void)[] = [];

  put(value: T): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#values.push(value);
    else next(value);
  }

  get size(): number {
    return this.#values.length;
  }

  next(): Promise<T> {
    const value = this.#values.shift();
    return value === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(value);
  }
}

export const secretKeyOf = (seed: number): Uint8Array => {
  const secretKey = new Uint8Array(32);
  new DataView(secretKey.buffer).setUint32(0, seed);
  return secretKey;
};

/** A relay client of our own: one WebSocket, frames in and out, nothing clever. */
export class TestClient {
  readonly secretKey: Uint8Array;
  readonly endpointKey: Uint8Array;
  readonly endpointId: string;
  readonly socket: WebSocket;
  readonly frames = new Inbox<RelayFrame>();
  readonly raw = new Inbox<Buffer>();
  readonly closed: Promise<number>;
  version: ProtocolVersion = 2;
  #isLoggedIn: boolean = false;

  constructor(url: string, options: TestClientOptions = {}) {
    this.secretKey = secretKeyOf(options.seed ?? 1);
    this.endpointKey = endpointKeyOf(this.secretKey);
    this.endpointId = endpointIdOf(this.secretKey);
    const target = `${url.replace(/^http/, 'ws')}relay${options.query ?? ''}`;
    this.socket = new WebSocket(target, [...(options.subprotocols ?? RELAY_SUBPROTOCOLS)], {
      perMessageDeflate: false,
      headers: { ...options.headers },
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    });
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer) => {
      if (!this.#isLoggedIn) {
        this.raw.put(data);
        return;
      }
      const frame = decodeRelayFrame(data, this.version);
      if (frame.type === 'ping') {
        if (options.answersPings !== false)
          this.socket.send(encodeClientFrame({ type: 'pong', payload: frame.payload }));
        return;
      }
      this.frames.put(frame);
    });
  }

  /** Opens and logs in; rejects with the status, or the reason the relay gave. */
  static async login(url: string, options: TestClientOptions = {}): Promise<TestClient> {
    const client = new TestClient(url, options);
    await client.opened();
    await client.logIn();
    return client;
  }

  async opened(): Promise<void> {
    const refused = once(this.socket, 'unexpected-response').then(([, response]) => {
      throw new Error(`status ${(response as { statusCode: number }).statusCode}`);
    });
    refused.catch(() => undefined);
    await Promise.race([once(this.socket, 'open'), refused]);
    this.version = versionOfSubprotocol(this.socket.protocol) ?? 2;
  }

  async logIn(): Promise<void> {
    const first = decodeServerHandshakeFrame(await this.raw.next());
    if (first.type === 'challenge') {
      this.socket.send(encodeClientAuth(signChallenge(this.secretKey, first.challenge)));
      const pending = this.raw.next();
      await this.#finish(decodeServerHandshakeFrame(await pending));
      return;
    }
    await this.#finish(first);
  }

  async #finish(outcome: ReturnType<typeof decodeServerHandshakeFrame>): Promise<void> {
    if (outcome.type === 'denied') throw new Error(`denied: ${outcome.reason}`);
    if (outcome.type !== 'confirmed') throw new Error(`unexpected ${outcome.type}`);
    this.#isLoggedIn = true;
    while (this.raw.size > 0) this.frames.put(decodeRelayFrame(await this.raw.next(), this.version));
  }

  sendTo(peer: Pick<TestClient, 'endpointKey'>, contents: string | Uint8Array): void {
    const bytes = typeof contents === 'string' ? Buffer.from(contents) : contents;
    this.socket.send(
      encodeClientFrame({
        type: 'datagrams',
        endpointKey: peer.endpointKey,
        ecn: 0,
        segmentBytes: null,
        contents: bytes,
      }),
    );
  }

  ping(fill: number): void {
    this.socket.send(encodeClientFrame({ type: 'ping', payload: new Uint8Array(8).fill(fill) }));
  }

  /** Resolves once everything sent before has been handled by the relay. */
  async settled(): Promise<void> {
    this.ping(0xee);
    for (;;) {
      const frame = await this.frames.next();
      if (frame.type === 'pong' && frame.payload[0] === 0xee) return;
      throw new Error(`unexpected ${frame.type} before the pong`);
    }
  }

  /** The next datagram as text; fails on another frame. */
  async text(): Promise<string> {
    const frame = await this.frames.next();
    if (frame.type !== 'datagrams') throw new Error(`expected datagrams, got ${frame.type}`);
    return Buffer.from(frame.contents).toString();
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}
