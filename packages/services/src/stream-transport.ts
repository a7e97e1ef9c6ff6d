import type {
  ChannelClient,
  ConnectionStream,
  EndpointChannel,
  StreamTransportKind,
  TcpTransportChannel,
} from '@bowline/contracts';

/** What carries streams of bytes between two devices: QUIC by the endpoint, or TCP. */
export interface StreamTransport {
  readonly kind: StreamTransportKind;
  /** Rejects when its connection is gone, or no more streams are allowed now. */
  open(ids: ConnectionStream, first: Uint8Array): Promise<void>;
  /** Bytes that follow each other. Resolves when there is room for more. */
  write(ids: ConnectionStream, pieces: readonly Uint8Array[], isLast: boolean): Promise<void>;
  /** So many bytes of the stream were dealt with. */
  allow(ids: ConnectionStream, bytes: number): void;
  leave(ids: ConnectionStream, code: number): void;
}

/** What is said of a stream that is gone meanwhile is told by events as well. */
const quietly = (request: Promise<unknown>): void => void request.catch(() => undefined);

export const quicTransport = (endpoint: ChannelClient<EndpointChannel>): StreamTransport => ({
  kind: 'quic',
  open: (ids, first) => endpoint.request('openStream', { ...ids, first }),
  write: (ids, pieces, isLast) => endpoint.request('writeStream', { ...ids, bytes: joined(pieces), isLast }),
  allow: (ids, bytes) => quietly(endpoint.request('allowStream', { ...ids, bytes })),
  leave: (ids, code) => quietly(endpoint.request('leaveStream', { ...ids, code })),
});

/** There, what was taken counts for all streams of a connection, and whoever hears of it says so. */
export const tcpStreams = (tcp: ChannelClient<TcpTransportChannel>): StreamTransport => ({
  kind: 'tcp',
  open: (ids, first) => tcp.request('openStream', { ...ids, first }),
  write: (ids, pieces, isLast) => tcp.request('writeStream', { ...ids, pieces, isLast }),
  allow: () => undefined,
  leave: (ids, code) => quietly(tcp.request('leaveStream', { ...ids, code })),
});

const joined = (pieces: readonly Uint8Array[]): Uint8Array => {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only;
  const bytes = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  return bytes;
};
