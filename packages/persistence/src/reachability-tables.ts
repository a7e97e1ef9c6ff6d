import {
  type Clock,
  type DeviceId,
  type KnownAddress,
  MAX_DIRECT_ADDRESSES,
  MAX_RELAY_URLS,
  type RelayInfo,
  type RelayUrl,
} from '@bowline/contracts';
import type { SqlParameters, StoreDatabase } from './database.ts';
import { directAddressesInput, directAddressRow, relayInfoInput, relayInfoRow, relayUrlRow } from './device-rows.ts';
import { checkInput, parseRow } from './stored-values.ts';

/** Where a device may be found. */
export interface Reachability {
  readonly relayInfo: RelayInfo | null;
  readonly directAddresses: readonly KnownAddress[];
}

/** Relays and direct addresses of the devices. Writing runs within the caller's transaction. */
export interface ReachabilityTables {
  of(deviceId: DeviceId): Reachability;
  /** Reads every device's at once. */
  ofAll(): { readonly of: (deviceId: DeviceId) => Reachability };
  putRelayInfo(deviceId: DeviceId, relayInfo: RelayInfo): void;
  /** A new pairing: the device counts its records from the beginning, and only where it was found now is right. No relays keep those known. */
  startAnew(deviceId: DeviceId, relayUrls: readonly RelayUrl[], addresses: readonly KnownAddress[]): void;
  /** Adds to those known: each with the latest time it was seen at, the newest kept. */
  addDirectAddresses(deviceId: DeviceId, addresses: readonly KnownAddress[]): void;
}

export const reachabilityTables = (database: StoreDatabase, clock: Clock): ReachabilityTables => {
  const everyone = selections(database, '');
  const oneDevice = selections(database, 'WHERE device_id = :deviceId');
  const deleteInfo = database.prepare('DELETE FROM relay_info WHERE device_id = :deviceId');
  const insertInfo = database.prepare(`
    INSERT INTO relay_info (device_id, home_relay_url, revision, incarnation, updated_at_ms)
    VALUES (:deviceId, :homeRelayUrl, :revision, :incarnation, :updatedAtMs)`);
  const insertUrl = database.prepare('INSERT INTO relay_urls (device_id, rank, url) VALUES (:deviceId, :rank, :url)');
  const putAddress = database.prepare(`
    INSERT INTO direct_addresses (device_id, address, seen_at_ms) VALUES (:deviceId, :address, :seenAtMs)
    ON CONFLICT DO UPDATE SET seen_at_ms = max(seen_at_ms, excluded.seen_at_ms)`);
  const trimAddresses = database.prepare(`
    DELETE FROM direct_addresses WHERE device_id = :deviceId AND address NOT IN (
      SELECT address FROM direct_addresses WHERE device_id = :deviceId
      ORDER BY seen_at_ms DESC, address LIMIT ${MAX_DIRECT_ADDRESSES})`);

  const deleteAddresses = database.prepare('DELETE FROM direct_addresses WHERE device_id = :deviceId');

  const putRelayInfo = (deviceId: DeviceId, relayInfo: RelayInfo): void => {
    const { relayUrls, ...rest } = checkInput(relayInfoInput, relayInfo, 'relayInfo');
    deleteInfo.run({ deviceId });
    insertInfo.run({ deviceId, ...rest, updatedAtMs: Math.trunc(clock.nowMs()) });
    for (const [rank, url] of relayUrls.entries()) insertUrl.run({ deviceId, rank, url });
  };
  const addDirectAddresses = (deviceId: DeviceId, addresses: readonly KnownAddress[]): void => {
    const known = checkInput(directAddressesInput, addresses, 'directAddresses');
    for (const { address, seenAtMs } of known) putAddress.run({ deviceId, address, seenAtMs });
    trimAddresses.run({ deviceId });
  };

  const read = (select: typeof everyone, parameters: SqlParameters): ReadonlyMap<DeviceId, Reachability> => {
    const known = new Map<DeviceId, { relayInfo: RelayInfo | null; directAddresses: KnownAddress[] }>();
    const at = (id: DeviceId) => {
      const present = known.get(id) ?? { relayInfo: null, directAddresses: [] };
      known.set(id, present);
      return present;
    };
    const urls = new Map<DeviceId, RelayInfo['relayUrls'][number][]>();
    for (const row of select.urls.all(parameters)) {
      const { device_id, url } = parseRow(relayUrlRow, row, 'relay_urls', database.file);
      urls.set(device_id, [...(urls.get(device_id) ?? []), url].slice(0, MAX_RELAY_URLS));
    }
    for (const row of select.info.all(parameters)) {
      const info = parseRow(relayInfoRow, row, 'relay_info', database.file);
      at(info.device_id).relayInfo = {
        homeRelayUrl: info.home_relay_url,
        relayUrls: urls.get(info.device_id) ?? [],
        revision: info.revision,
        incarnation: info.incarnation,
      };
    }
    for (const row of select.addresses.all(parameters)) {
      const { device_id, address, seen_at_ms } = parseRow(directAddressRow, row, 'direct_addresses', database.file);
      const { directAddresses } = at(device_id);
      if (directAddresses.length < MAX_DIRECT_ADDRESSES) directAddresses.push({ address, seenAtMs: seen_at_ms });
    }
    return known;
  };

  const nothing: Reachability = Object.freeze({ relayInfo: null, directAddresses: [] });
  return {
    of: (deviceId) => read(oneDevice, { deviceId }).get(deviceId) ?? nothing,
    ofAll: () => {
      const known = read(everyone, {});
      return { of: (deviceId) => known.get(deviceId) ?? nothing };
    },
    putRelayInfo,
    addDirectAddresses,
    startAnew: (deviceId, told, addresses) => {
      const relayUrls =
        told.length > 0 ? told : (read(oneDevice, { deviceId }).get(deviceId)?.relayInfo?.relayUrls ?? []);
      putRelayInfo(deviceId, { homeRelayUrl: relayUrls[0] ?? null, relayUrls, revision: 0, incarnation: 0 });
      deleteAddresses.run({ deviceId });
      addDirectAddresses(deviceId, addresses);
    },
  };
};

const selections = (database: StoreDatabase, where: string) => ({
  info: database.prepare(`SELECT device_id, home_relay_url, revision, incarnation FROM relay_info ${where}`),
  urls: database.prepare(`SELECT device_id, url FROM relay_urls ${where} ORDER BY device_id, rank`),
  addresses: database.prepare(
    `SELECT device_id, address, seen_at_ms FROM direct_addresses ${where} ORDER BY device_id, seen_at_ms DESC, address`,
  ),
});
