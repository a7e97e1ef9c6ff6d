import { type DeviceId, displayNameKey, type EndpointId } from '@bowline/contracts';
import { DeviceAmbiguousError, DeviceNotFoundError } from '../errors.ts';

/** Shortest beginning of a device id that names a device: `d-` and two characters. */
const MIN_ID_PREFIX_CHARACTERS = 4;

/** What a device is found by. */
interface Findable {
  readonly id: DeviceId;
  /** Missing where it is not known any more. */
  readonly endpointId?: EndpointId;
  readonly name: string | null;
}

/**
 * A device by id, by the beginning of its id, or by name however it is typed. What fits the name of one device and the
 * beginning of another's id names neither. @throws DeviceNotFoundError, DeviceAmbiguousError
 */
export const findDevice = <D extends Findable>(
  devices: readonly D[],
  query: string,
  kind: 'paired' | 'blocked' = 'paired',
): D => {
  const matches = devicesThatFit(devices, query);
  const [first, ...others] = matches;
  if (first === undefined) {
    const names = devices.map(({ id, name }) => name ?? id);
    throw new DeviceNotFoundError(query, names, kind);
  }
  if (others.length > 0) {
    throw new DeviceAmbiguousError(
      query,
      matches.map(({ id, name }) => ({ id, name: name ?? '' })),
    );
  }
  return first;
};

/**
 * All that {@link findDevice} would choose from. A whole id names its device whatever others are called, for ids cannot be chosen. A name can: where it fits, and the
 * beginning of another device's id does, both are meant or neither.
 */
export const devicesThatFit = <D extends Findable>(devices: readonly D[], query: string): readonly D[] => {
  const wanted = query.trim().toLowerCase();
  const whole = devices.filter(({ id, endpointId }) => id === wanted || endpointId === wanted);
  if (whole.length > 0) return whole;
  const key = displayNameKey(query);
  return devices.filter(
    ({ id, name }) =>
      (name !== null && displayNameKey(name) === key) ||
      (wanted.length >= MIN_ID_PREFIX_CHARACTERS && id.startsWith(wanted)),
  );
};
