import {
  type DeviceTrust,
  deviceIdOf,
  type KnownAddress,
  MAX_RELAY_URLS,
  type PeerDevice,
  type RelayInfo,
} from '@bowline/contracts';
import { z } from 'zod';
import { StoreDamagedError } from './errors.ts';
import { stored } from './stored-values.ts';

export const deviceRow = z.object({
  device_id: stored.deviceId,
  endpoint_id: stored.endpointId,
  name: stored.name,
  platform: stored.platform,
  pairing_state: z.enum(['pending', 'paired']),
  paired_at_ms: stored.timeMs,
  incarnation: stored.count,
  received_incarnation: stored.count.nullable(),
  received_sequence: stored.count.nullable(),
  last_seen_at_ms: stored.timeMs.nullable(),
});

/** The last journaled message of a device. */
export const receivedRow = deviceRow.pick({ received_incarnation: true, received_sequence: true });

export const relayInfoRow = z.object({
  device_id: stored.deviceId,
  home_relay_url: stored.relayUrl.nullable(),
  revision: stored.count,
  incarnation: stored.count,
});

export const relayUrlRow = z.object({ device_id: stored.deviceId, url: stored.relayUrl });

export const directAddressRow = z.object({
  device_id: stored.deviceId,
  address: stored.socketAddress,
  seen_at_ms: stored.timeMs,
});

/** A relay record as a request brings it. */
export const relayInfoInput = z.object({
  homeRelayUrl: stored.relayUrl.nullable(),
  relayUrls: z.array(stored.relayUrl).max(MAX_RELAY_URLS),
  revision: stored.count,
  incarnation: stored.count,
});

/** Direct addresses as a request brings them: more than are kept, within reason. */
export const directAddressesInput = z
  .array(z.object({ address: stored.socketAddress, seenAtMs: stored.timeMs }))
  .max(256);

/** A message's place as a request brings it; sequences start at 1. */
export const messagePositionInput = z.object({ incarnation: stored.count, sequence: stored.count.min(1) });

/** Puts a device together from its rows. @throws {@link StoreDamagedError} when the id is not the one of the endpoint. */
export const deviceOf = (
  row: z.infer<typeof deviceRow>,
  relayInfo: RelayInfo | null,
  directAddresses: readonly KnownAddress[],
  trust: DeviceTrust,
  file: string,
): PeerDevice => {
  if (deviceIdOf(row.endpoint_id) !== row.device_id) {
    throw new StoreDamagedError(file, 'a device does not have the id of its endpoint');
  }
  const { received_incarnation: incarnation, received_sequence: sequence } = row;
  return {
    id: row.device_id,
    endpointId: row.endpoint_id,
    name: row.name,
    platform: row.platform,
    pairingState: row.pairing_state,
    pairedAtMs: row.paired_at_ms,
    relayInfo,
    directAddresses,
    incarnation: row.incarnation,
    lastReceived: incarnation === null || sequence === null ? null : { incarnation, sequence },
    lastSeenAtMs: row.last_seen_at_ms,
    ...trust,
  };
};
