import {
  type AddressDiscoveryRelay,
  type BindInput,
  type Clock,
  type EndpointId,
  NOBODY_ENDPOINT_ID,
} from '@bowline/contracts';
import {
  EndpointAddr,
  type Endpoint as NativeEndpoint,
  EndpointId as NativeEndpointId,
  RelayMap,
  RelayMode,
} from '@number0/iroh/index.js';
import { checkAddressDiscovery, checkLoopbackRelayUrl } from './check-bind-input.ts';
import { EndpointWithoutRelayError } from './errors.ts';
import { loopbackTouch } from './loopback-touch.ts';
import { textToNativeBytes, toNativeBytes } from './native-bytes.ts';

/** Spoken by nobody. */
const TOUCH_ALPN = 'bowline/touch';

/** iroh gives an unanswered dial up after this long by itself, milliseconds. */
const TOUCH_LASTS_MS = 30_000;

type RelayInput = Pick<BindInput, 'loopbackRelayUrl' | 'addressDiscovery'>;

/**
 * Which relays iroh knows: the loopback relay, and at most one that tells it its public address.
 *
 * iroh makes the relay its home that answers about the address, and is logged in at its home alone. As long as there is
 * one, the endpoint is therefore kept at loopback by touching it.
 */
export interface RelayArrangement {
  /** The relay to dial through, `null` without one. */
  loopbackUrl(): string | null;
  moveLoopback(to: string): Promise<void>;
  discover(relay: AddressDiscoveryRelay | null): Promise<void>;
  /** Whether a touch may be on its way, for which iroh would wait when it closes. */
  isTouching(): boolean;
  stop(): void;
}

/** Disabled rather than an empty map: with an empty map iroh dials any relay it is told of. */
export const relayModeOf = ({ loopbackRelayUrl, addressDiscovery = null }: RelayInput): RelayMode => {
  if (loopbackRelayUrl === null) return RelayMode.disabled();
  const relays = RelayMap.empty();
  // Inserted rather than `fromUrls`, which takes every relay for one with QUIC address discovery: iroh would wait 3 s
  // for its answer before it logs in (measured: 3.0 s, and 0.2 s this way).
  relays.insert({ url: loopbackRelayUrl });
  if (addressDiscovery !== null) relays.insert({ ...addressDiscovery });
  return RelayMode.custom(relays);
};

/** For an endpoint bound with {@link relayModeOf} the same input. */
export const relayArrangement = (
  native: NativeEndpoint,
  endpointId: EndpointId,
  input: RelayInput,
  clock: Clock,
): RelayArrangement => {
  let loopbackUrl = input.loopbackRelayUrl;
  let discovery: AddressDiscoveryRelay | null = null;
  /** The last attempt: iroh gives it up when it is collected. */
  let attempt: unknown = null;
  let touchedAtMs = -Infinity;
  let changes: Promise<void> = Promise.resolve();
  const touch = loopbackTouch(clock, () => {
    if (native.isClosed()) return;
    touchedAtMs = clock.monotonicMs();
    const nobody = NativeEndpointId.fromBytes(toNativeBytes(Buffer.from(NOBODY_ENDPOINT_ID, 'hex')));
    attempt = native.connectPending(new EndpointAddr(nobody, loopbackUrl, []), textToNativeBytes(TOUCH_ALPN)).then(
      (pending) => {
        attempt = pending;
      },
      // Only an endpoint that closes meanwhile cannot begin to dial.
      () => undefined,
    );
  });

  /** Each change waits for the one before it, however that ended. */
  const change = (apply: () => Promise<void>): Promise<void> => {
    const applied = changes.then(apply);
    changes = applied.catch(() => undefined);
    return applied;
  };

  const moveLoopback = async (to: string): Promise<void> => {
    if (loopbackUrl === null) throw new EndpointWithoutRelayError(endpointId);
    if (to === loopbackUrl) return;
    const from = loopbackUrl;
    loopbackUrl = to;
    if (discovery !== null) touch.now();
    // In this order iroh does not probe the old relay, which is probably dead, before it takes the new one (0.2 s saved).
    await native.removeRelay(from);
    await native.insertRelay({ url: to });
  };

  const discover = async (relay: AddressDiscoveryRelay | null): Promise<void> => {
    if (loopbackUrl === null) throw new EndpointWithoutRelayError(endpointId);
    const before = discovery;
    if (before?.url === relay?.url && before?.quicPort === relay?.quicPort) return;
    discovery = relay;
    // It has to be at loopback while iroh moves its home to another relay, and until it is back.
    touch.now();
    if (relay === null) touch.rest();
    if (before !== null) await native.removeRelay(before.url);
    if (relay !== null) await native.insertRelay({ ...relay });
  };

  if (input.addressDiscovery !== undefined && input.addressDiscovery !== null && loopbackUrl !== null) {
    discovery = input.addressDiscovery;
    touch.now();
  }

  return {
    loopbackUrl: () => loopbackUrl,
    moveLoopback: (to) => {
      checkLoopbackRelayUrl(to);
      return change(() => moveLoopback(to));
    },
    discover: (relay) => {
      if (relay !== null) checkAddressDiscovery(relay);
      return change(() => discover(relay));
    },
    isTouching: () => attempt !== null && clock.monotonicMs() - touchedAtMs < TOUCH_LASTS_MS,
    stop: () => touch.stop(),
  };
};
