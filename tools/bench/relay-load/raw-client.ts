import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { encodeClientAuth, encodePong, endpointKeyOf, FRAME_TYPE, signChallenge } from '@bowline/relay-protocol';

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
  const secretKey = new Uint8Array(32);
  new DataView(secretKey.buffer).setUint32(0, seed);
  const { ca = null, from } = options;
  const place = { host: '127.0.0.1', port, ...(from !== undefined && { localAddress: from }) };
  const socket = ca === null ? connect(place) : connectTls({ ...place, ca });
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
  socket.write(messageOf(encodeClientAuth(signChallenge(secretKey, challenge))));
  await receive(() => CONFIRMATION_MESSAGE_BYTES);
  return { socket, endpointKey: endpointKeyOf(secretKey) };
};

/** Answers a relay's pings from now on: all that an idle client ever says. */
export const answerPings = ({ socket }: RawClient): void => {
  socket.on('data', (chunk: Buffer) => {
    const isPing = chunk.length === PING_MESSAGE_BYTES && chunk[2] === FRAME_TYPE.ping;
    if (isPing) socket.write(messageOf(encodePong(chunk.subarray(3))));
  });
};

/** A client's WebSocket message, masked with zeros. */
export const messageOf = (frame: Uint8Array): Buffer => {
  const header =
    frame.length < 126
      ? Buffer.of(0x82, 0x80 | frame.length, 0, 0, 0, 0)
      : Buffer.of(0x82, 0x80 | 126, frame.length >> 8, frame.length & 0xff, 0, 0, 0, 0);
  return Buffer.concat([header, frame]);
};
