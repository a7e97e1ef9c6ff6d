import { createHash } from 'node:crypto';
import {
  brandAs,
  type DeviceId,
  deviceIdOf,
  type EndpointId,
  type KnownAddress,
  type RelayInfo,
  type RelayUrl,
  type SocketAddress,
} from '@bowline/contracts';

/** The same name always gives the same endpoint. */
export const endpointIdNamed = (name: string): EndpointId =>
  brandAs<EndpointId>(createHash('sha256').update(name).digest('hex'));

export const deviceIdNamed = (name: string): DeviceId => deviceIdOf(endpointIdNamed(name));

/** What `addPending` takes for a device of this name. */
export const pendingNamed = (name: string) => ({ endpointId: endpointIdNamed(name), name, platform: 'linux' });

export const relayInfoOf = (urls: readonly string[], revision = 1, incarnation = 1): RelayInfo => {
  const relayUrls = urls.map((url) => brandAs<RelayUrl>(url));
  return { homeRelayUrl: relayUrls[0] ?? null, relayUrls, revision, incarnation };
};

export const knownAddress = (address: string, seenAtMs: number): KnownAddress => ({
  address: brandAs<SocketAddress>(address),
  seenAtMs,
});
