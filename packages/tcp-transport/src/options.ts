import { InvalidOptionError } from '@bowline/contracts';

/** What may be tuned about TCP connections. Times in milliseconds, sizes in bytes; whole numbers above zero. */
export interface TcpTransportOptions {
  /** How long a handshake may take, from either side. */
  readonly handshakeTimeoutMs: number;
  /** Bytes that somebody may send before it is known who it is. */
  readonly maxHandshakeBytes: number;
  /** Connections of which it is not known yet who they are, at once. */
  readonly maxUnknown: number;
  /** The same from one place: an address of a linked device, any other IPv4 one, any other network of IPv6 of 64 bits. */
  readonly maxUnknownOfPlace: number;
  /** Between two signs of life while streams are on a connection. */
  readonly aliveIntervalMs: number;
  /** A connection from which nothing was heard for so long while streams are on it is closed; also the longest wait for an answer. */
  readonly silenceMs: number;
  /** A connection without streams is closed after so long. */
  readonly idleMs: number;
  /** Before a device is dialled again that could not be reached, or whose connection died: at first, and at most. */
  readonly retryMs: number;
  readonly maxRetryMs: number;
  /** Bytes of one connection that were told and not taken, from which on no more is read. */
  readonly windowBytes: number;
}

/**
 * A handshake takes two round trips; 2 s is a hundred times what a local network needs. 8 KiB: ours is below 1 KiB. 300 ms and
 * 1,200 ms: whoever is gone is noticed within 1,500 ms, as on a link in use. 4 MiB: four streams of which nothing is read at once.
 */
export const TCP_TRANSPORT_DEFAULTS: TcpTransportOptions = Object.freeze({
  handshakeTimeoutMs: 2_000,
  maxHandshakeBytes: 8_192,
  maxUnknown: 16,
  maxUnknownOfPlace: 4,
  aliveIntervalMs: 300,
  silenceMs: 1_200,
  idleMs: 30_000,
  retryMs: 2_000,
  maxRetryMs: 120_000,
  windowBytes: 4_194_304,
});

/** @throws {@link InvalidOptionError} for an unknown field and for one that breaks its rule */
export const resolveTcpTransportOptions = (input: Partial<TcpTransportOptions> = {}): TcpTransportOptions => {
  const options = { ...TCP_TRANSPORT_DEFAULTS, ...input };
  for (const [field, value] of Object.entries(options)) {
    if (!(field in TCP_TRANSPORT_DEFAULTS)) {
      throw new InvalidOptionError(field, 'is not an option of the TCP transport', value);
    }
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new InvalidOptionError(field, 'must be a whole number above zero', value);
    }
  }
  if (options.silenceMs <= options.aliveIntervalMs) {
    throw new InvalidOptionError('silenceMs', 'must be above aliveIntervalMs', options.silenceMs);
  }
  return Object.freeze(options);
};
