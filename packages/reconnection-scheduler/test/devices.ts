import { brandAs, type DeviceId } from '@bowline/contracts';

/** Devices `d-0`, `d-1`, ... */
export const deviceNumber = (index: number): DeviceId => brandAs<DeviceId>(`d-${index}`);

export const devicesUpTo = (count: number): readonly DeviceId[] =>
  Array.from({ length: count }, (_, index) => deviceNumber(index));
