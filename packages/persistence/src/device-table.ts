import {
  type Clock,
  cleanDisplayName,
  type DeviceId,
  type DeviceTrustChange,
  type DeviceUpdate,
  deviceIdOf,
  type EndpointId,
  type MessagePosition,
  type PeerDevice,
  type PersistenceChannel,
  type RequestInput,
} from '@bowline/contracts';
import type { BlockedTable } from './blocked-table.ts';
import { DEVICE_CHECKSUM } from './checksums.ts';
import type { CountedDatabase } from './counted-database.ts';
import { deviceOf, deviceRow, messagePositionInput, receivedRow } from './device-rows.ts';
import { DeviceAlreadyPairedError, DeviceUnknownError, StoreLimitError } from './errors.ts';
import { reachabilityTables } from './reachability-tables.ts';
import type { RelayTokenTable } from './relay-token-table.ts';
import { checkInput, countRow, parseRow, stored } from './stored-values.ts';
import { trustChangeInput, trustTable } from './trust-table.ts';

/** Most devices kept, pending ones included: far beyond a person's own, and what the scheduler is measured with. */
const MAX_DEVICES = 10_000;

/** The change without what is undefined: what is not said stays. */
const trustOf = (input: { readonly [K in keyof DeviceTrustChange]: DeviceTrustChange[K] | undefined }) =>
  checkInput(
    trustChangeInput,
    Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)),
    'trust',
  ) as DeviceTrustChange;

/** The peer devices and all that is known of them. */
export interface DeviceTable {
  list(): readonly PeerDevice[];
  addPending(input: RequestInput<PersistenceChannel, 'addPending'>): PeerDevice;
  promote(input: DeviceUpdate & { readonly pairingId?: string }): PeerDevice;
  renew(input: RequestInput<PersistenceChannel, 'renew'>): PeerDevice;
  remove(deviceId: DeviceId): void;
  rename(deviceId: DeviceId, name: string): void;
  changeTrust(deviceId: DeviceId, change: DeviceTrustChange): void;
  update(input: DeviceUpdate): void;
  /** Moves `lastReceived` forward; `false` when the position is not ahead of it. Runs within the caller's transaction. */
  advanceReceived(deviceId: DeviceId, position: MessagePosition): boolean;
}

const COLUMNS = `device_id, endpoint_id, name, platform, pairing_state, paired_at_ms, incarnation,
  received_incarnation, received_sequence, last_seen_at_ms`;

export interface DeviceTableComponents {
  readonly database: CountedDatabase;
  readonly clock: Clock;
  readonly relayTokens: Pick<RelayTokenTable, 'replace'>;
  readonly blocked: Pick<BlockedTable, 'requireFree'>;
}

export const deviceTable = ({ database, clock, relayTokens, blocked }: DeviceTableComponents): DeviceTable => {
  const trust = trustTable(database);
  const reachability = reachabilityTables(database, clock);
  const selectAll = database.prepare(`SELECT ${COLUMNS} FROM devices ORDER BY pairing_order`);
  const selectOne = database.prepare(`SELECT ${COLUMNS} FROM devices WHERE device_id = :deviceId`);
  const countAll = database.prepare('SELECT count(*) AS count FROM devices');
  // A new pairing starts the device's counters anew: it may have been set up again and count from the beginning.
  const setRenewed = database.prepare(`
    UPDATE devices SET platform = :platform, paired_at_ms = :nowMs, incarnation = 0,
      received_incarnation = NULL, received_sequence = NULL
    WHERE device_id = :deviceId AND pairing_state = 'paired'`);
  const putPending = database.prepare(`
    INSERT INTO devices (device_id, endpoint_id, name, platform, pairing_state, pairing_order, paired_at_ms)
    VALUES (:deviceId, :endpointId, :name, :platform, 'pending', (SELECT coalesce(max(pairing_order), 0) + 1 FROM devices), :nowMs)
    ON CONFLICT (device_id) DO UPDATE SET name = excluded.name, platform = excluded.platform, pairing_state = 'pending',
      pairing_order = excluded.pairing_order, paired_at_ms = excluded.paired_at_ms,
      incarnation = 0, received_incarnation = NULL, received_sequence = NULL`);
  const setPaired = database.prepare(`
    UPDATE devices SET pairing_state = 'paired', paired_at_ms = :nowMs,
      pairing_order = (SELECT max(pairing_order) + 1 FROM devices)
    WHERE device_id = :deviceId AND pairing_state = 'pending'`);
  const setChecksum = database.prepare(`UPDATE devices SET checksum = ${DEVICE_CHECKSUM} WHERE device_id = :deviceId`);
  const deleteOne = database.prepare('DELETE FROM devices WHERE device_id = :deviceId');
  const setName = database.prepare('UPDATE devices SET name = :name WHERE device_id = :deviceId');
  const setSeen = database.prepare(`
    UPDATE devices SET incarnation = max(incarnation, coalesce(:incarnation, 0)),
      last_seen_at_ms = coalesce(:lastSeenAtMs, last_seen_at_ms)
    WHERE device_id = :deviceId`);
  const selectReceived = database.prepare(
    'SELECT received_incarnation, received_sequence FROM devices WHERE device_id = :deviceId',
  );
  const setReceived = database.prepare(`
    UPDATE devices SET received_incarnation = :incarnation, received_sequence = :sequence WHERE device_id = :deviceId`);

  const nowMs = (): number => Math.trunc(clock.nowMs());
  const rowOf = (row: unknown) => parseRow(deviceRow, row, 'devices', database.file);

  const findRow = (deviceId: DeviceId) => {
    const row = selectOne.get({ deviceId });
    return row === undefined ? undefined : rowOf(row);
  };
  const require = (deviceId: DeviceId): PeerDevice => {
    const row = findRow(deviceId);
    if (row === undefined) throw new DeviceUnknownError(deviceId);
    const { relayInfo, directAddresses } = reachability.of(deviceId);
    return deviceOf(row, relayInfo, directAddresses, trust.of(deviceId), database.file);
  };
  const requireRoom = (): void => {
    const { count } = parseRow(countRow, countAll.get(), 'devices', database.file);
    if (count >= MAX_DEVICES) throw new StoreLimitError('devices', MAX_DEVICES);
  };

  /** Checks all that is plain before the transaction is opened; answers what writes it, `false` for an unknown device. */
  const writeOf = ({ deviceId, relayInfo, directAddresses, incarnation, lastSeenAtMs }: DeviceUpdate) => {
    const seen = {
      incarnation: checkInput(stored.count.optional(), incarnation, 'incarnation') ?? null,
      lastSeenAtMs: checkInput(stored.timeMs.optional(), lastSeenAtMs, 'lastSeenAtMs') ?? null,
    };
    return (): boolean => {
      if (setSeen.run({ deviceId, ...seen }) === 0) return false;
      if (relayInfo !== undefined) reachability.putRelayInfo(deviceId, relayInfo);
      if (directAddresses !== undefined) reachability.addDirectAddresses(deviceId, directAddresses);
      setChecksum.run({ deviceId });
      return true;
    };
  };

  return {
    list: () => {
      const known = reachability.ofAll();
      const trusted = trust.ofAll();
      return selectAll.all().map((row) => {
        const device = rowOf(row);
        const { relayInfo, directAddresses } = known.of(device.device_id);
        const decided = trusted.get(device.device_id) ?? {};
        return deviceOf(device, relayInfo, directAddresses, decided, database.file);
      });
    },
    addPending: (input) => {
      const endpointId: EndpointId = checkInput(stored.endpointId, input.endpointId, 'endpointId');
      const name = checkInput(stored.name, cleanDisplayName(input.name), 'name');
      const platform = checkInput(stored.platform, input.platform, 'platform');
      const deviceId = deviceIdOf(endpointId);
      blocked.requireFree(endpointId);
      // Nobody is paired by it: `promote` follows, and what an end in between leaves of it heals or is paired anew.
      return database.preliminary(() => {
        const present = findRow(deviceId);
        if (present?.pairing_state === 'paired') throw new DeviceAlreadyPairedError(deviceId, present.name);
        if (present === undefined) requireRoom();
        putPending.run({ deviceId, endpointId, name, platform, nowMs: nowMs() });
        setChecksum.run({ deviceId });
        return require(deviceId);
      });
    },
    promote: ({ pairingId, ...input }) => {
      const { deviceId } = input;
      const write = writeOf(input);
      const change = trustOf({ pairingId });
      return database.lasting(() => {
        write();
        setPaired.run({ deviceId, nowMs: nowMs() });
        setChecksum.run({ deviceId });
        const device = require(deviceId);
        if (change.pairingId === undefined) return device;
        trust.put(deviceId, change);
        return require(deviceId);
      });
    },
    renew: ({ deviceId, relayUrls, directAddresses, tokens, pairingId, ...input }) => {
      const platform = checkInput(stored.platform, input.platform, 'platform');
      const change = trustOf({ pairingId });
      return database.lasting(() => {
        if (setRenewed.run({ deviceId, platform, nowMs: nowMs() }) === 0) throw new DeviceUnknownError(deviceId);
        reachability.startAnew(deviceId, relayUrls, directAddresses);
        setChecksum.run({ deviceId });
        if (tokens.length > 0) relayTokens.replace(deviceId, tokens);
        trust.put(deviceId, change);
        return require(deviceId);
      });
    },
    remove: (deviceId) => {
      database.removing(() => deleteOne.run({ deviceId }));
    },
    rename: (deviceId, name) => {
      const clean = checkInput(stored.name, cleanDisplayName(name), 'name');
      database.lasting(() => {
        if (setName.run({ deviceId, name: clean }) === 0) throw new DeviceUnknownError(deviceId);
        setChecksum.run({ deviceId });
      });
    },
    changeTrust: (deviceId, input) => {
      const change = trustOf(input);
      database.lasting(() => {
        require(deviceId);
        trust.put(deviceId, change);
      });
    },
    update: (input) => {
      database.transaction(writeOf(input));
    },
    advanceReceived: (deviceId, position) => {
      const { incarnation, sequence } = checkInput(messagePositionInput, position, 'received');
      const row = selectReceived.get({ deviceId });
      if (row === undefined) throw new DeviceUnknownError(deviceId);
      const known = parseRow(receivedRow, row, 'devices', database.file);
      const knownIncarnation = known.received_incarnation ?? -1;
      const knownSequence = known.received_sequence ?? 0;
      const isAhead = incarnation > knownIncarnation || (incarnation === knownIncarnation && sequence > knownSequence);
      if (isAhead) {
        setReceived.run({ deviceId, incarnation, sequence });
        setChecksum.run({ deviceId });
      }
      return isAhead;
    },
  };
};
