import { InvalidOptionError } from '@bowline/contracts';

/** Limits and deadlines of the endpoint actor. All sizes in bytes, all times in milliseconds. */
export interface EndpointOptions {
  /** An incoming handshake that has not finished by then is dropped. */
  readonly handshakeTimeoutMs: number;
  /** Incoming handshakes under way at once, over all bound endpoints; the next is refused. From half of it on, addresses must be validated first. */
  readonly maxPendingHandshakes: number;
  /** Of those, how many from one IP address (IPv6: one network of 64 bits) or, through a relay, one endpoint. */
  readonly maxPendingHandshakesPerSource: number;
  /** Incoming connections of one protocol that one remote may have open at once; the next is closed with `busy`. */
  readonly maxIncomingPerRemote: number;
  /** Native connection attempts under way at once, cancelled ones included; the next dial fails at once. By hearsay, three quarters of it. */
  readonly maxPendingDials: number;
  /** Frame limit of a dialled connection whose protocol is not among those the dialling endpoint was bound with. */
  readonly defaultMaxFrameBytes: number;
  /** Largest frame that can be sent, and the most `allowFrames` can allow. */
  readonly frameCeilingBytes: number;
  /** Frames waiting to be written on one connection, together; a send beyond it rejects. A single frame always fits. */
  readonly maxQueuedSendBytes: number;
  /** Sends waiting on one connection. */
  readonly maxQueuedSends: number;
  /** How often paths and addresses are looked at. */
  readonly pollMs: number;
  /** How often while young: right after a connection or an endpoint came to be, when paths change most. */
  readonly youngPollMs: number;
  /** How long something counts as young. */
  readonly youngForMs: number;
  /** How long `unbind` and `stop` wait for iroh to close an endpoint. */
  readonly closeTimeoutMs: number;
}

/**
 * - handshake 12 s: a QUIC handshake takes one round trip; iroh's own limit of 30 s lets stalled ones pile up. A dial lives for 10 s,
 *   and iroh repeats a packet that got lost 10 s after its beginning (measured: 10.1): what comes of that is not to be thrown away.
 * - 256 handshakes, 256 dials: a pending attempt costs about 70 KiB in iroh (measured), so about 18 MiB each.
 * - 32 handshakes from one source: an eighth, and more than the devices behind one NAT need at once, as one takes some
 *   milliseconds.
 * - 16 per remote: one link, one pairing session and their successors while a lost one times out.
 * - 16 KiB by default: what Bowline's protocols may send before anything is proven.
 * - 16 MiB frames: a write of that size costs about 850 MiB in the binding (measured), were it not cut into pieces.
 * - poll 750 ms, 75 ms for the first 2 s: a hole punch succeeds 2 to 30 ms after the connect (measured), and looking at
 *   1,000 connections at 10 Hz costs 10 % of a core.
 * - close 4 s: iroh takes up to 3.0 s when an unanswered dial is pending (measured).
 */
export const ENDPOINT_DEFAULTS: EndpointOptions = Object.freeze({
  handshakeTimeoutMs: 12_000,
  maxPendingHandshakes: 256,
  maxPendingHandshakesPerSource: 32,
  maxIncomingPerRemote: 16,
  maxPendingDials: 256,
  defaultMaxFrameBytes: 16_384,
  frameCeilingBytes: 16_777_216,
  maxQueuedSendBytes: 4_194_304,
  maxQueuedSends: 1_024,
  pollMs: 750,
  youngPollMs: 75,
  youngForMs: 2_000,
  closeTimeoutMs: 4_000,
});

/** @throws {@link InvalidOptionError} for an unknown field and for one that is not a whole number above zero. */
export const resolveEndpointOptions = (input: Partial<EndpointOptions> = {}): EndpointOptions => {
  const options = { ...ENDPOINT_DEFAULTS, ...input };
  for (const [field, value] of Object.entries(options)) {
    if (!(field in ENDPOINT_DEFAULTS)) throw new InvalidOptionError(field, 'is not an option of the endpoint', value);
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new InvalidOptionError(field, 'must be a whole number above zero', value);
    }
  }
  return Object.freeze(options);
};
