import {
  type DeviceId,
  displayNameKey,
  type EndpointId,
  type PeerDevice,
  type SocketAddress,
} from '@bowline/contracts';
import { DeviceAmbiguousError, DeviceNotFoundError } from './errors.ts';

/** Sightings on the local network kept for each device: enough for one address on every interface it may have. */
const MAX_SIGHTED_ADDRESSES = 8;

/** Shortest beginning of a device id that names a device: `d-` and two characters. */
const MIN_ID_PREFIX_CHARACTERS = 4;

/** The peer devices of a running host, as last read from or written to the store, and where they were seen since. */
export interface DeviceDirectory {
  list(): readonly PeerDevice[];
  get(deviceId: DeviceId): PeerDevice | undefined;
  getByEndpoint(endpointId: EndpointId): PeerDevice | undefined;
  put(device: PeerDevice): void;
  remove(deviceId: DeviceId): void;
  /**
   * A device by id, by the beginning of its id, or by name however it is typed. What fits the name of one device and the
   * beginning of another's id names neither. @throws DeviceNotFoundError, DeviceAmbiguousError
   */
  find(query: string): PeerDevice;
  noteSighting(deviceId: DeviceId, addresses: readonly SocketAddress[]): void;
  /** Where to dial: sighted addresses first, then known ones, without repeats. */
  addressesOf(deviceId: DeviceId): readonly SocketAddress[];
}

export const deviceDirectory = (): DeviceDirectory => {
  const devices = new Map<DeviceId, PeerDevice>();
  const sightings = new Map<DeviceId, readonly SocketAddress[]>();
  return {
    list: () => [...devices.values()],
    get: (deviceId) => devices.get(deviceId),
    getByEndpoint: (endpointId) => [...devices.values()].find((device) => device.endpointId === endpointId),
    put: (device) => {
      devices.set(device.id, device);
    },
    remove: (deviceId) => {
      devices.delete(deviceId);
      sightings.delete(deviceId);
    },
    find: (query) => {
      const matches = matching([...devices.values()], query);
      const [first, ...others] = matches;
      if (first === undefined) {
        const names = [...devices.values()].map(({ name }) => name);
        throw new DeviceNotFoundError(query, names);
      }
      if (others.length > 0) {
        throw new DeviceAmbiguousError(query, matches);
      }
      return first;
    },
    noteSighting: (deviceId, addresses) => {
      const merged = new Set([...addresses, ...(sightings.get(deviceId) ?? [])]);
      sightings.set(deviceId, [...merged].slice(0, MAX_SIGHTED_ADDRESSES));
    },
    addressesOf: (deviceId) => {
      const known = devices.get(deviceId)?.directAddresses.map(({ address }) => address) ?? [];
      return [...new Set([...(sightings.get(deviceId) ?? []), ...known])];
    },
  };
};

/**
 * A whole id names its device whatever others are called, for ids cannot be chosen. A name can: where it fits, and the
 * beginning of another device's id does, both are meant or neither.
 */
const matching = (devices: readonly PeerDevice[], query: string): readonly PeerDevice[] => {
  const wanted = query.trim().toLowerCase();
  const whole = devices.filter(({ id, endpointId }) => id === wanted || endpointId === wanted);
  if (whole.length > 0) return whole;
  const key = displayNameKey(query);
  return devices.filter(
    ({ id, name }) =>
      displayNameKey(name) === key || (wanted.length >= MIN_ID_PREFIX_CHARACTERS && id.startsWith(wanted)),
  );
};
