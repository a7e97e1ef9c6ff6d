import { type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import {
  challengeMessageOf,
  encodeClientAuth,
  encodePong,
  endpointKeyOf,
  FRAME_TYPE,
  signingKeyOf,
} from '@bowline/relay-protocol';

/** The request of a client that wants to log in. */
export const UPGRADE = [
  'GET /relay HTTP/1.1',
  'Host: relay',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  'Sec-WebSocket-Protocol: iroh-relay-v2',
  '',
  '',
].join('\r\n');

/** WebSocket header of a server's 17-byte message, of its 1-byte message, and of its pings. */
const CHALLENGE_MESSAGE_BYTES = 2 + 17;
const CONFIRMATION_MESSAGE_BYTES = 2 + 1;
const PING_MESSAGE_BYTES = 2 + 1 + 8;

/** How a client comes. */
export interface RawClientOptions {
  /** The certificate of a relay with TLS. */
  readonly ca?: string | null;
  /** Loopback address it comes from. */
  readonly from?: string;
  /** Prepared, where very many prove their keys at once. */
  readonly keys?: RawClientKeys;
}

/** A client's keys, so that it only has to sign. */
export interface RawClientKeys {
  readonly endpointKey: Uint8Array;
  readonly signingKey: KeyObject;
}

export interface RawClient {
  readonly socket: Socket;
  readonly endpointKey: Uint8Array;
}

/**
 * A client that costs the load generator as little as can be: bytes prepared once, masked with zeros, answers counted
 * by size. A WebSocket library here would be slower than the relays it measures.
 */
export const rawClient = async (port: number, seed: number, options: RawClientOptions = {}): Promise<RawClient> => {
  const { ca = null, from, keys = keysOfSeed(seed) } = options;
  const place = { host: '127.0.0.1', port, ...(from !== undefined && { localAddress: from }) };
  // The key agreement of iroh's clients: Node's own prefers a post-quantum one, which iroh's relay does not know.
  const socket = ca === null ? connect(place) : connectTls({ ...place, ca, ecdhCurve: 'X25519' });
  socket.setNoDelay();
  await once(socket, ca === null ? 'connect' : 'secureConnect');
  const ended = once(socket, 'close').then(() => Promise.reject(new Error('the relay ended the login')));
  ended.catch(() => undefined);
  socket.write(UPGRADE);
  let received: Buffer = Buffer.alloc(0);
  /** Takes what `sizeOf` says is there, waiting until it says so. */
  const receive = async (sizeOf: (bytes: Buffer) => number | undefined): Promise<Buffer> => {
    let sizeBytes = sizeOf(received);
    while (sizeBytes === undefined || received.length < sizeBytes) {
      const [chunk] = (await Promise.race([once(socket, 'data'), ended])) as [Buffer];
      received = Buffer.concat([received, chunk]);
      sizeBytes = sizeOf(received);
    }
    const taken = received.subarray(0, sizeBytes);
    received = received.subarray(sizeBytes);
    return taken;
  };
  await receive((bytes) => (bytes.includes('\r\n\r\n') ? bytes.indexOf('\r\n\r\n') + 4 : undefined));
  const challenge = (await receive(() => CHALLENGE_MESSAGE_BYTES)).subarray(3);
  const signature = sign(null, challengeMessageOf(challenge), keys.signingKey);
  socket.write(messageOf(encodeClientAuth({ endpointKey: keys.endpointKey, signature })));
  await receive(() => CONFIRMATION_MESSAGE_BYTES);
  return { socket, endpointKey: keys.endpointKey };
};

/** Answers a relay's pings from now on: all that an idle client ever says. */
export const answerPings = ({ socket }: RawClient): void => {
  socket.on('data', (chunk: Buffer) => {
    const isPing = chunk.length === PING_MESSAGE_BYTES && chunk[2] === FRAME_TYPE.ping;
    if (isPing) socket.write(messageOf(encodePong(chunk.subarray(3))));
  });
};

/** The key a client with this seed logs in with. */
export const secretKeyOfSeed = (seed: number): Uint8Array => {
  const secretKey = new Uint8Array(32);
  new DataView(secretKey.buffer).setUint32(0, seed);
  return secretKey;
};

export const keysOfSeed = (seed: number): RawClientKeys => {
  const secretKey = secretKeyOfSeed(seed);
  return { endpointKey: endpointKeyOf(secretKey), signingKey: signingKeyOf(secretKey) };
};

/** A client's WebSocket message. @param mask one byte, repeated; zero lets a receiver that looks save the work */
export const messageOf = (frame: Uint8Array, mask = 0): Buffer => {
  const header =
    frame.length < 126
      ? Buffer.of(0x82, 0x80 | frame.length, mask, mask, mask, mask)
      : Buffer.of(0x82, 0x80 | 126, frame.length >> 8, frame.length & 0xff, mask, mask, mask, mask);
  return Buffer.concat([header, frame.map((byte) => byte ^ mask)]);
};
