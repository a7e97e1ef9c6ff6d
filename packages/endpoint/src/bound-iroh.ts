import { networkInterfaces } from 'node:os';
import {
  type BindInput,
  type BoundEndpoint,
  brandAs,
  type Clock,
  type EndpointId,
  errorMessage,
  type SocketAddress,
} from '@bowline/contracts';
import {
  Endpoint,
  type Endpoint as NativeEndpoint,
  presetMinimal,
  RelayMap,
  RelayMode,
  SecretKey,
} from '@number0/iroh/index.js';
import { type BindPlan, planBindAddresses } from './bind-addresses.ts';
import { checkLoopbackRelayUrl } from './check-bind-input.ts';
import { plainSocketAddress } from './connection-path.ts';
import { cleanNativeText } from './dial-failure.ts';
import { EndpointBindError, EndpointWithoutRelayError } from './errors.ts';
import { type ImpostorGuard, impostorGuard } from './impostor-guard.ts';
import { nativeBytesToHex, textToNativeBytes, toNativeBytes } from './native-bytes.ts';
import { outcomeWithin } from './outcome-within.ts';

/** Addresses of address observation kept at once; the oldest is withdrawn. A NAT that changes more often is symmetric. */
const MAX_EXTERNAL_ADDRESSES = 8;

/** One bound iroh endpoint, with the traps of the binding handled. */
export interface BoundIroh {
  readonly endpointId: EndpointId;
  readonly native: NativeEndpoint;
  /** Beside the endpoint, because what it guards against is kept by the endpoint. */
  readonly impostors: ImpostorGuard;
  /** The relay to dial through, `null` without one. */
  relayUrl(): string | null;
  describe(): BoundEndpoint;
  replaceRelay(loopbackRelayUrl: string): Promise<void>;
  addExternalAddress(address: SocketAddress): Promise<void>;
  removeExternalAddress(address: SocketAddress): Promise<void>;
  /** Resolves when iroh has closed, or after the limit. `false` when the limit came first. */
  close(clock: Clock, limitMs: number): Promise<boolean>;
}

/** The endpoint id that belongs to a secret key. */
export const endpointIdOf = (secretKey: Uint8Array): EndpointId =>
  brandAs<EndpointId>(nativeBytesToHex(SecretKey.fromBytes(toNativeBytes(secretKey)).public().toBytes()));

/** @throws {@link EndpointBindError} when the sockets cannot be opened. */
export const bindIroh = async (input: BindInput): Promise<BoundIroh> => {
  const plan = planBindAddresses(input.bindAddresses, input.port);
  const native = await bindPlanned(input, plan);
  return boundIroh(native, endpointIdOf(input.secretKey), input.loopbackRelayUrl);
};

const bindPlanned = async (input: BindInput, plan: BindPlan): Promise<NativeEndpoint> => {
  const all = [...plan.given, ...plan.implied];
  try {
    return await bindOnce(input, all);
  } catch (error) {
    // Without any address of the implied family there is nothing to keep closed, and nothing of it can be bound.
    const isFamilyAbsent = plan.implied.length > 0 && !hasFamily(plan.implied[0]?.startsWith('[') ? 'IPv6' : 'IPv4');
    if (isFamilyAbsent) return bindOnce(input, plan.given).catch((last: unknown) => failBind(last, plan.given));
    return failBind(error, all);
  }
};

const failBind = (error: unknown, addresses: readonly string[]): never => {
  throw new EndpointBindError(cleanNativeText(errorMessage(error)), addresses, error);
};

const hasFamily = (family: 'IPv4' | 'IPv6'): boolean =>
  Object.values(networkInterfaces()).some((addresses) => addresses?.some((address) => address.family === family));

/** A fresh builder for every try: one that failed, or was bound, aborts the process when it is touched again. */
const bindOnce = (input: BindInput, addresses: readonly string[]): Promise<NativeEndpoint> => {
  const builder = Endpoint.builder();
  presetMinimal(builder);
  const seed = toNativeBytes(input.secretKey);
  builder.secretKey(seed);
  seed.fill(0);
  builder.alpns(input.protocols.map(({ alpn }) => textToNativeBytes(alpn)));
  builder.relayMode(relayModeOf(input.loopbackRelayUrl));
  for (const address of addresses) builder.bindAddr(address);
  return builder.bind();
};

/** Disabled rather than an empty map: with an empty map iroh dials any relay it is told of. */
const relayModeOf = (loopbackRelayUrl: string | null): RelayMode => {
  if (loopbackRelayUrl === null) return RelayMode.disabled();
  const relays = RelayMap.empty();
  // Inserted rather than `fromUrls`, which takes every relay for one with QUIC address discovery: iroh would wait 3 s
  // for its answer before it logs in (measured: 3.0 s, and 0.2 s this way).
  relays.insert({ url: loopbackRelayUrl });
  return RelayMode.custom(relays);
};

const boundIroh = (native: NativeEndpoint, endpointId: EndpointId, firstRelayUrl: string | null): BoundIroh => {
  const external: SocketAddress[] = [];
  let relayUrl = firstRelayUrl;
  let relayChange: Promise<void> = Promise.resolve();

  const moveRelay = async (to: string): Promise<void> => {
    if (relayUrl === null) throw new EndpointWithoutRelayError(endpointId);
    if (to === relayUrl) return;
    const from = relayUrl;
    relayUrl = to;
    // In this order iroh does not probe the old relay, which is probably dead, before it takes the new one (0.2 s saved).
    await native.removeRelay(from);
    await native.insertRelay({ url: to });
  };

  return {
    endpointId,
    native,
    impostors: impostorGuard(),
    relayUrl: () => relayUrl,
    describe: () => {
      const sockets = native.boundSockets().map((socket) => plainSocketAddress(socket));
      const socket = sockets.find((address) => address?.startsWith('[') === false) ?? sockets[0];
      const addresses = native
        .addr()
        .directAddresses()
        .map((address) => plainSocketAddress(address));
      const directAddresses = [...new Set(addresses.filter((address) => address !== undefined))];
      return { endpointId, port: Number(socket?.split(':').at(-1) ?? 0), directAddresses };
    },
    replaceRelay: (loopbackRelayUrl) => {
      checkLoopbackRelayUrl(loopbackRelayUrl);
      const change = relayChange.then(() => moveRelay(loopbackRelayUrl));
      // The next change waits for this one, however it ended.
      relayChange = change.catch(() => undefined);
      return change;
    },
    addExternalAddress: async (address) => {
      if (external.includes(address)) return;
      external.push(address);
      const oldest = external.length > MAX_EXTERNAL_ADDRESSES ? external.shift() : undefined;
      await native.addExternalAddr(address);
      if (oldest !== undefined) await native.removeExternalAddr(oldest);
    },
    removeExternalAddress: async (address) => {
      const index = external.indexOf(address);
      if (index < 0) return;
      external.splice(index, 1);
      await native.removeExternalAddr(address);
    },
    close: async (clock, limitMs) => (await outcomeWithin(clock, limitMs, native.close())).kind === 'done',
  };
};
