import { type DeviceId, type DeviceTrustChange, InvalidOptionError, type PeerDevice } from '@bowline/contracts';
import { DeviceNotFoundError } from '../errors.ts';
import type { System } from '../system.ts';

/** Longest note as the store takes it, UTF-16 code units. */
const MAX_NOTE_CHARACTERS = 500;

/** The record of a paired device. @throws DeviceNotFoundError */
export const pairedDevice = ({ peers }: Pick<System, 'peers'>, deviceId: DeviceId): PeerDevice => {
  const device = peers.get(deviceId)?.device;
  if (device === undefined) {
    throw new DeviceNotFoundError(
      deviceId,
      peers.list().map(({ name }) => name),
    );
  }
  return device;
};

/** Stores what a person decided or noted of a device, and then goes by it. Rejects, and changes nothing, when the store does. */
export const changeTrust = async (system: System, deviceId: DeviceId, change: DeviceTrustChange): Promise<void> => {
  pairedDevice(system, deviceId);
  await system.parts.persistence.client.request('changeTrust', { deviceId, change });
  const before = system.peers.get(deviceId)?.device;
  if (before === undefined) return;
  const { note, comparedAtMs, ...others } = change;
  const changed: { note?: string | undefined; comparedAtMs?: number | undefined } = {};
  if (note !== undefined) changed.note = note ?? undefined;
  if (comparedAtMs !== undefined) changed.comparedAtMs = comparedAtMs ?? undefined;
  system.peers.updateRecord(deviceId, { ...others, ...changed } as Partial<PeerDevice>);
};

/** @throws {@link InvalidOptionError} for a note that cannot be kept */
export const checkedNote = (note: string | null): string | null => {
  const text = note?.trim() ?? '';
  if (text.length > MAX_NOTE_CHARACTERS) {
    throw new InvalidOptionError('note', `must have at most ${MAX_NOTE_CHARACTERS} characters`, text.length);
  }
  return text === '' ? null : text;
};
