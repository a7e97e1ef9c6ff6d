import { type DeviceSummary, displayNameKey } from '@bowline/contracts';
import { shownName } from '../output/shown-name.ts';

/**
 * What a person should know after pairing a device that is called like another one: it may be the same, set up anew. The
 * old entry is its owner's to remove. `null` when no other device has that name.
 */
export const namesakeNote = (paired: DeviceSummary, devices: readonly DeviceSummary[]): string | null => {
  const isNamesake = ({ id, name }: DeviceSummary) =>
    id !== paired.id && displayNameKey(name) === displayNameKey(paired.name);
  const ids = devices.filter(isNamesake).map(({ id }) => id);
  if (ids.length === 0) return null;
  return `Another device is called ${shownName(paired.name)}, too: ${ids.join(', ')}. If that was this one before it was set up anew, remove it: bowline unpair ${ids[0]}`;
};
