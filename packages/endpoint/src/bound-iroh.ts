import { networkInterfaces } from 'node:os';
import {
  type BindInput,
  type BoundEndpoint,
  type Clock,
  type EndpointId,
  endpointIdOf,
  errorMessage,
  ipOf,
  type PortMapping,
  portOf,
} from '@bowline/contracts';
import {
  type Connection,
  Endpoint,
  type EndpointAddr,
  type Endpoint as NativeEndpoint,
  presetMinimal,
  SecretKey,
} from '@number0/iroh/index.js';
import { type BindPlan, planBindAddresses } from './bind-addresses.ts';
import { bindOnceFree } from './bind-once-free.ts';
import { plainSocketAddress } from './connection-path.ts';
import { detectNativeBytesForm } from './detect-native-bytes-form.ts';
import { cleanNativeText } from './dial-failure.ts';
import { EndpointBindError } from './errors.ts';
import { type ExternalAddresses, externalAddresses } from './external-addresses.ts';
import { type ImpostorGuard, impostorGuard } from './impostor-guard.ts';
import { textToNativeBytes, toNativeBytes, useNativeBytesForm } from './native-bytes.ts';
import { outcomeWithin } from './outcome-within.ts';
import { type RelayArrangement, relayArrangement, relayModeOf } from './relay-arrangement.ts';

/**
 * iroh closes only 3 s after it has given up a dial that was never answered (measured), and a touch is one. What it has
 * to say to its peers is out within 2 ms (measured); the rest it does without anybody waiting.
 */
const CLOSE_WHILE_DIALLING_MS = 250;

/** One bound iroh endpoint, with the traps of the binding handled. */
export interface BoundIroh {
  readonly endpointId: EndpointId;
  readonly native: NativeEndpoint;
  /** Beside the endpoint, because what it guards against is kept by the endpoint. */
  readonly impostors: ImpostorGuard;
  readonly relays: RelayArrangement;
  /** A second endpoint with the same key and without relay, for one dial. It remembers nothing and accepts nothing. */
  bindAside(): Promise<NativeEndpoint>;
  describe(): BoundEndpoint;
  portMapping(): PortMapping;
  readonly setExternalAddresses: ExternalAddresses;
  /** Connects, as iroh does it; cannot be cancelled. */
  connect(address: EndpointAddr, alpn: number[]): Promise<Connection>;
  /** Whether a dial is under way that nobody may ever answer. */
  isDialling(): boolean;
  /** Resolves when iroh has closed, or after the limit; `false` when the limit came first. A dial is not waited for. */
  close(clock: Clock, limitMs: number): Promise<boolean>;
}

/** @throws {@link EndpointBindError} when the sockets cannot be opened. */
export const bindIroh = async (input: BindInput, clock: Clock): Promise<BoundIroh> => {
  const plan = planBindAddresses(input.bindAddresses, input.port);
  const native = await bindPlanned(input, plan, clock);
  const endpointId = endpointIdOf(input.secretKey);
  return boundIroh(native, endpointId, relayArrangement(native, endpointId, input, clock), input, clock);
};

const bindPlanned = async (input: BindInput, plan: BindPlan, clock: Clock): Promise<NativeEndpoint> => {
  const all = [...plan.given, ...plan.implied];
  try {
    return await bindOnce(input, all);
  } catch (error) {
    // Without any address of the implied family there is nothing to keep closed, and nothing of it can be bound.
    const isFamilyAbsent = plan.implied.length > 0 && !hasFamily(plan.implied[0]?.startsWith('[') ? 'IPv6' : 'IPv4');
    if (!isFamilyAbsent) return failBind(error, all);
    return bindOnceFree(() => bindOnce(input, plan.given), clock).catch((last: unknown) => failBind(last, plan.given));
  }
};

const failBind = (error: unknown, addresses: readonly string[]): never => {
  throw new EndpointBindError(cleanNativeText(errorMessage(error)), addresses, error);
};

const hasFamily = (family: 'IPv4' | 'IPv6'): boolean =>
  Object.values(networkInterfaces()).some((addresses) => addresses?.some((address) => address.family === family));

/** A fresh builder for every try: one that failed, or was bound, aborts the process when it is touched again. */
const bindOnce = (input: BindInput, addresses: readonly string[]): Promise<NativeEndpoint> => {
  useNativeBytesForm(detectNativeBytesForm(SecretKey));
  const builder = Endpoint.builder();
  presetMinimal(builder);
  const seed = toNativeBytes(input.secretKey);
  builder.secretKey(seed);
  seed.fill(0);
  builder.alpns(input.protocols.map(({ alpn }) => textToNativeBytes(alpn)));
  builder.relayMode(relayModeOf(input));
  for (const address of addresses) builder.bindAddr(address);
  return builder.bind();
};

const boundIroh = (
  native: NativeEndpoint,
  endpointId: EndpointId,
  relays: RelayArrangement,
  { bindAddresses }: BindInput,
  clock: Clock,
): BoundIroh => {
  let dials = 0;
  const isDialling = (): boolean => dials > 0 || relays.isTouching();
  return {
    endpointId,
    native,
    impostors: impostorGuard(),
    relays,
    bindAside: async () => {
      const secretKey = Uint8Array.from(native.secretKey().toBytes());
      try {
        return await bindPlanned(
          { secretKey, protocols: [], loopbackRelayUrl: null, bindAddresses },
          planBindAddresses(bindAddresses),
          clock,
        );
      } finally {
        secretKey.fill(0);
      }
    },
    describe: () => {
      const sockets = native.boundSockets().map((socket) => plainSocketAddress(socket));
      const socket = sockets.find((address) => address?.startsWith('[') === false) ?? sockets[0];
      const addresses = native
        .addr()
        .directAddresses()
        .map((address) => plainSocketAddress(address));
      const directAddresses = [...new Set(addresses.filter((address) => address !== undefined))];
      // One on loopback keeps the other family closed, see the bind plan.
      const ipv6 = sockets.find((address) => address?.startsWith('[') && ipOf(address) !== '::1');
      return {
        endpointId,
        port: socket === undefined ? 0 : portOf(socket),
        ipv6Port: ipv6 === undefined ? null : portOf(ipv6),
        directAddresses,
      };
    },
    portMapping: () => {
      const counted = native.stats();
      const countOf = (name: string): number => counted[`net_report:${name}`]?.value ?? 0;
      return { attempts: countOf('portmap_attempts'), successes: countOf('portmap_external_address_updated') };
    },
    setExternalAddresses: externalAddresses(native),
    connect: async (address, alpn) => {
      dials += 1;
      try {
        return await native.connect(address, alpn);
      } finally {
        dials -= 1;
      }
    },
    isDialling,
    close: async (clock, limitMs) => {
      relays.stop();
      const waitMs = isDialling() ? Math.min(limitMs, CLOSE_WHILE_DIALLING_MS) : limitMs;
      return (await outcomeWithin(clock, waitMs, native.close())).kind === 'done';
    },
  };
};
