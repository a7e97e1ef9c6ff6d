import type { PeerDevice } from '@bowline/contracts';
import { DeviceAmbiguousError, DeviceNotFoundError } from '../errors.ts';

/** Shortest beginning of a device id that names a device: `d-` and two characters. */
const MIN_ID_PREFIX_CHARACTERS = 4;

/** A device by id, by the beginning of its id, or by name in any case. @throws DeviceNotFoundError, DeviceAmbiguousError */
export const findDevice = (devices: readonly PeerDevice[], query: string): PeerDevice => {
  const matches = matching(devices, query);
  const [first, ...others] = matches;
  if (first === undefined) {
    const names = devices.map(({ name }) => name);
    throw new DeviceNotFoundError(query, names);
  }
  if (others.length > 0) {
    const ids = matches.map(({ id }) => id);
    throw new DeviceAmbiguousError(query, ids);
  }
  return first;
};

/** The narrowest reading that fits anything: the whole id, the endpoint id, the name, then the beginning of an id. */
const matching = (devices: readonly PeerDevice[], query: string): readonly PeerDevice[] => {
  const wanted = query.trim().toLowerCase();
  const readings: readonly ((device: PeerDevice) => boolean)[] = [
    ({ id }) => id === wanted,
    ({ endpointId }) => endpointId === wanted,
    ({ name }) => name.toLowerCase() === wanted,
    ({ id }) => wanted.length >= MIN_ID_PREFIX_CHARACTERS && id.startsWith(wanted),
  ];
  return readings.map((reading) => devices.filter(reading)).find((found) => found.length > 0) ?? [];
};
