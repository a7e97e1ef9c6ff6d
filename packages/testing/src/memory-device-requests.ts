import {
  BowlineError,
  type ChannelHandlers,
  type Clock,
  type DeviceId,
  type DeviceTrustChange,
  type DeviceUpdate,
  deviceIdOf,
  type KnownAddress,
  MAX_DIRECT_ADDRESSES,
  type PeerDevice,
  type PersistenceChannel,
} from '@bowline/contracts';
import type { MemoryDisk } from './memory-disk.ts';

type DeviceRequest =
  | 'listDevices'
  | 'addPending'
  | 'promote'
  | 'renew'
  | 'removeDevice'
  | 'renameDevice'
  | 'updateDevice'
  | 'changeTrust'
  | 'listBlocked'
  | 'blockDevice'
  | 'unblockDevice'
  | 'putRelayTokens'
  | 'listRelayTokens'
  | 'putPresence'
  | 'listPresence'
  | 'putDeviceFacts'
  | 'listDeviceFacts';

/** The device as stored. @throws `DEVICE_UNKNOWN` */
export const requireDevice = ({ devices }: MemoryDisk, deviceId: DeviceId): PeerDevice => {
  const device = devices.get(deviceId);
  if (device === undefined) throw new BowlineError({ code: 'DEVICE_UNKNOWN', message: 'No such device.' });
  return device;
};

/** What is asked of a store about devices, answered from a disk in memory. Long because it is a list of requests. */
export const memoryDeviceRequests = (
  disk: MemoryDisk,
  clock: Clock,
): Pick<ChannelHandlers<PersistenceChannel>, DeviceRequest> => {
  const { devices, blocked, tokens, presences, facts } = disk;

  const change = (deviceId: DeviceId, changes: Partial<PeerDevice>): PeerDevice => {
    const changed = { ...requireDevice(disk, deviceId), ...changes };
    devices.set(deviceId, changed);
    return changed;
  };
  const update = ({ deviceId, relayInfo, directAddresses, incarnation, lastSeenAtMs }: DeviceUpdate): void => {
    const device = devices.get(deviceId);
    if (device === undefined) return;
    change(deviceId, {
      relayInfo: relayInfo ?? device.relayInfo,
      directAddresses:
        directAddresses === undefined ? device.directAddresses : merged(device.directAddresses, directAddresses),
      incarnation: Math.max(device.incarnation, incarnation ?? 0),
      lastSeenAtMs: lastSeenAtMs ?? device.lastSeenAtMs,
    });
  };
  const remove = (deviceId: DeviceId): void => {
    for (const kept of [devices, tokens, presences, facts, disk.receivedIds]) kept.delete(deviceId);
    for (const [position, message] of disk.outbox) if (message.deviceId === deviceId) disk.outbox.delete(position);
    disk.timeline = disk.timeline.filter((record) => record.deviceId !== deviceId);
  };
  /** The order is that of pairing, and this one is paired last. */
  const toTheEnd = (device: PeerDevice): PeerDevice => {
    devices.delete(device.id);
    devices.set(device.id, device);
    return device;
  };

  return {
    listDevices: () => ({ devices: [...devices.values()] }),
    addPending: ({ endpointId, name, platform }) => {
      const id = deviceIdOf(endpointId);
      const known = devices.get(id);
      if (blocked.has(id)) throw new BowlineError({ code: 'DEVICE_BLOCKED', message: 'The device is blocked.' });
      if (known?.pairingState === 'paired') {
        const message = 'The device is paired already.';
        throw new BowlineError({ code: 'DEVICE_ALREADY_PAIRED', message, data: { deviceId: id } });
      }
      const nothingKnown = { relayInfo: null, directAddresses: [], lastSeenAtMs: null };
      const counters = { incarnation: 0, lastReceived: null };
      const pairing = { pairingState: 'pending', pairedAtMs: clock.nowMs() } as const;
      const device = { ...nothingKnown, ...known, id, endpointId, name, platform, ...pairing, ...counters };
      return { device: toTheEnd(device) };
    },
    promote: ({ pairingId, ...input }) => {
      const { pairingState } = requireDevice(disk, input.deviceId);
      update(input);
      const device = change(input.deviceId, pairingId === undefined ? {} : { pairingId });
      if (pairingState === 'paired') return { device };
      return { device: toTheEnd({ ...device, pairingState: 'paired', pairedAtMs: clock.nowMs() }) };
    },
    renew: ({ deviceId, platform, relayUrls, directAddresses, tokens: given, pairingId }) => {
      const { pairingState, relayInfo } = requireDevice(disk, deviceId);
      if (pairingState !== 'paired') throw new BowlineError({ code: 'DEVICE_UNKNOWN', message: 'It is not paired.' });
      const urls = relayUrls.length > 0 ? relayUrls : (relayInfo?.relayUrls ?? []);
      if (given.length > 0) tokens.set(deviceId, given);
      const device = change(deviceId, {
        platform,
        pairedAtMs: clock.nowMs(),
        incarnation: 0,
        lastReceived: null,
        relayInfo: { homeRelayUrl: urls[0] ?? null, relayUrls: urls, revision: 0, incarnation: 0 },
        directAddresses,
        ...(pairingId === undefined ? {} : { pairingId }),
      });
      return { device };
    },
    removeDevice: ({ deviceId }) => remove(deviceId),
    renameDevice: ({ deviceId, name }) => void change(deviceId, { name }),
    updateDevice: update,
    changeTrust: ({ deviceId, change: decided }) => {
      devices.set(deviceId, decidedOf(requireDevice(disk, deviceId), decided));
    },
    listBlocked: () => ({ blocked: [...blocked.values()] }),
    blockDevice: ({ endpointId }) => {
      const id = deviceIdOf(endpointId);
      const known = blocked.get(id);
      if (known !== undefined) return { blocked: known };
      const entry = { id, endpointId, name: devices.get(id)?.name ?? null, blockedAtMs: clock.nowMs() };
      blocked.set(id, entry);
      remove(id);
      return { blocked: entry };
    },
    unblockDevice: ({ deviceId }) => ({ wasBlocked: blocked.delete(deviceId) }),
    putRelayTokens: ({ deviceId, tokens: given }) => {
      if (devices.has(deviceId)) tokens.set(deviceId, given);
    },
    listRelayTokens: () => ({
      peers: [...devices.values()].flatMap(({ id, endpointId }) => {
        const kept = tokens.get(id) ?? [];
        return kept.length === 0 ? [] : [{ endpointId, tokens: kept }];
      }),
    }),
    putPresence: (presence) => {
      if (devices.has(presence.deviceId)) presences.set(presence.deviceId, presence);
    },
    listPresence: () => ({ peers: [...presences.values()] }),
    putDeviceFacts: ({ deviceId, atMs, facts: told }) => {
      if (devices.has(deviceId)) facts.set(deviceId, { atMs, facts: told });
    },
    listDeviceFacts: () => ({ facts: [...facts].map(([deviceId, kept]) => ({ deviceId, ...kept })) }),
  };
};

/** What is not said stays; `null` takes away. */
const decidedOf = (device: PeerDevice, { note, comparedAtMs, ...rest }: DeviceTrustChange): PeerDevice => {
  const { note: noteBefore, comparedAtMs: comparedBefore, ...others } = device;
  const keptNote = note === undefined ? noteBefore : note;
  const compared = comparedAtMs === undefined ? comparedBefore : comparedAtMs;
  return {
    ...others,
    ...rest,
    ...(keptNote == null ? {} : { note: keptNote }),
    ...(compared == null ? {} : { comparedAtMs: compared }),
  };
};

/** Each with the latest time it was seen at, the newest kept. */
const merged = (known: readonly KnownAddress[], told: readonly KnownAddress[]): readonly KnownAddress[] => {
  const seen = new Map(known.map(({ address, seenAtMs }) => [address, seenAtMs]));
  for (const { address, seenAtMs } of told) seen.set(address, Math.max(seenAtMs, seen.get(address) ?? 0));
  return [...seen]
    .map(([address, seenAtMs]) => ({ address, seenAtMs }))
    .toSorted((one, other) => other.seenAtMs - one.seenAtMs)
    .slice(0, MAX_DIRECT_ADDRESSES);
};
