import { InvalidOptionError } from '@bowline/contracts';
import type { HeartbeatTimes } from '@bowline/link-protocol';

/** What a host may tune about links. All values are whole milliseconds, but for `maxWaitingIncoming`. */
export interface LinksOptions extends HeartbeatTimes {
  /** How long the other side may take for its greeting once the connection stands. */
  readonly handshakeTimeoutMs: number;
  /** How long the connection that beat ours may take to come up, and how long our own hello beats another one. */
  readonly duplicateWaitMs: number;
  /** How long the other side may take to close after goodbye. */
  readonly gracefulCloseMs: number;
  /** Connections of one device that may wait to say hello; one more closes the oldest. */
  readonly maxWaitingIncoming: number;
}

/**
 * A silent path is decided dead in 1.2 s, because QUIC takes 15 s for a direct path and 30 s for a connection (iroh
 * 1.0.2, measured), and a redial takes milliseconds once the old connection is closed: usable again after 1.6 s, on a busy
 * machine whose timer is late, looks a second time, and dials a tenth of a second later. It is no lost packet: two pings fit into
 * it, and QUIC repeats each after some 25, 75, 175 and 375 ms (RFC 9002 §6.2). That makes 0.4 s enough where the network has
 * changed. On an idle link the two sides ask in turns, so that each knows within 3 s that it is dead, for no
 * more bytes than a ping of each every 5 s and QUIC's own keep-alive take. Handshakes have the 10 s every other step has.
 */
export const LINKS_DEFAULTS: LinksOptions = Object.freeze({
  handshakeTimeoutMs: 10_000,
  activeIntervalMs: 500,
  idleIntervalMs: 1_250,
  activeForMs: 10_000,
  silenceMs: 1_200,
  silenceAfterChangeMs: 400,
  maxSilenceMs: 6_000,
  duplicateWaitMs: 3_000,
  gracefulCloseMs: 500,
  maxWaitingIncoming: 4,
});

/** @throws {@link InvalidOptionError} when a field is no whole number above zero, or two fields contradict each other. */
export const resolveLinksOptions = (input: Partial<LinksOptions> = {}): LinksOptions => {
  const options = { ...LINKS_DEFAULTS, ...input };
  for (const field of Object.keys(LINKS_DEFAULTS) as (keyof LinksOptions)[]) {
    const value = options[field];
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new InvalidOptionError(field, 'must be a whole number above zero', value);
    }
  }
  if (options.activeIntervalMs >= options.silenceMs) {
    throw new InvalidOptionError('activeIntervalMs', 'must be below silenceMs', options.activeIntervalMs);
  }
  if (options.silenceAfterChangeMs > options.silenceMs) {
    throw new InvalidOptionError('silenceAfterChangeMs', 'must not be above silenceMs', options.silenceAfterChangeMs);
  }
  if (options.maxSilenceMs < options.silenceMs) {
    throw new InvalidOptionError('maxSilenceMs', 'must be at least silenceMs', options.maxSilenceMs);
  }
  return Object.freeze(options);
};
