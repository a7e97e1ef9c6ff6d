import { type DeviceCheck, errorCode, errorMessage } from '@bowline/contracts';
import { errorParts } from '../output/error-parts.ts';
import { ownCommand } from '../output/own-command.ts';
import { ownVersion } from '../own-version.ts';
import { type DevicePlace, placeChecks } from './place-checks.ts';

/** What is known of a device whose daemon does not answer. */
export interface PlaceWithoutDaemon extends DevicePlace {
  /** Why it does not. */
  readonly error: unknown;
  readonly hasDevice: boolean;
  /** What opening the store would fail with; `null`: nothing, as far as was looked. */
  readonly storeError: unknown;
  /** Addresses of this machine that others could reach, each `IPv4` or `IPv6`; `null` where the system does not tell. */
  readonly families: readonly string[] | null;
}

const ok = (name: string, sentence: string): DeviceCheck => ({ name, result: 'ok', sentence, remedy: null });
const skipped = (name: string, sentence: string): DeviceCheck => ({ name, result: 'skipped', sentence, remedy: null });

/** Why nothing answers, and what to do about it. */
const daemon = ({ dataDir, error }: PlaceWithoutDaemon): DeviceCheck => {
  const own = ownCommand(dataDir);
  const name = 'daemon';
  if (errorCode(error) === 'DATA_DIR_UNUSABLE')
    return skipped(name, 'No daemon runs or can be started: its folder cannot be used.');
  if (errorCode(error) === 'DAEMON_NOT_RUNNING') {
    return {
      name,
      result: 'failed',
      sentence: `No daemon runs for ${dataDir}.`,
      remedy: `Start it with "${own} up", or install the service with "${own} service install"; then check again: relays, addresses and ways to other devices are seen by a daemon alone.`,
    };
  }
  const { sentence, remedy } = errorParts(error);
  const otherwise = `Set that right, then check again; "${own} logs" tells what a daemon in the background said last.`;
  return { name, result: 'failed', sentence, remedy: remedy ?? otherwise };
};

const device = ({ dataDir, hasDevice, problem }: PlaceWithoutDaemon): DeviceCheck => {
  if (hasDevice) return ok('device', `There is a device in ${dataDir}.`);
  if (problem !== null) return skipped('device', `No device is seen in ${dataDir}.`);
  return {
    name: 'device',
    result: 'warning',
    sentence: `There is no device in ${dataDir} yet.`,
    remedy: `"${ownCommand(dataDir)} up" makes one; another folder is named with --data-dir.`,
  };
};

/** What helps with what a store fails with. Its own sentence speaks of files; these are commands. */
const STORE_REMEDIES: Readonly<Record<string, (own: string) => string>> = {
  STORE_DAMAGED: (own) =>
    `"${own} backup list" shows what can be put back, and "${own} backup restore NAME" does it; where there is no backup, move the folder away and pair again.`,
  STORE_WENT_BACK: (own) =>
    `"${own} backup list" shows what can be put back, and "${own} backup restore NAME" does it.`,
  STORE_NEWER: () => 'Use the newer Bowline that wrote it, or update this one.',
  STORE_KEY_MISSING: () =>
    'Put the key file back: it lies beside the store in every copy of the folder. Without it, move the folder away and pair again.',
  STORE_FULL: () => 'Make room on the disk that holds the data directory.',
  KEYCHAIN_LOCKED: () => 'Log in to the desktop of this user, or unlock the keychain there.',
  STORE_INACCESSIBLE: () =>
    'Give this user its files back (owner and permissions), or run the command as the user whose device it is.',
  DEVICE_RETIRED: () => 'Use it where it was imported; a new device here needs another folder, named with --data-dir.',
};

const store = ({ dataDir, hasDevice, problem, storeError }: PlaceWithoutDaemon): DeviceCheck => {
  if (problem !== null) return skipped('store', 'The store cannot be looked at: its folder cannot be used.');
  if (!hasDevice) return skipped('store', 'There is no store yet.');
  if (storeError === null) return ok('store', 'The store is whole, as far as its start looks.');
  const code = errorCode(storeError) ?? '';
  if (code === 'STORE_LOCKED') return skipped('store', `It was not looked at: ${errorMessage(storeError)}`);
  return {
    name: 'store',
    result: 'failed',
    sentence: errorMessage(storeError),
    remedy: STORE_REMEDIES[code]?.(ownCommand(dataDir)) ?? 'Set that right, then check again.',
  };
};

const network = ({ families }: PlaceWithoutDaemon): DeviceCheck => {
  if (families === null) return skipped('network', 'The system does not tell which interfaces there are.');
  if (families.length > 0) return ok('network', `There is a network, with ${families.join(' and ')}.`);
  return {
    name: 'network',
    result: 'failed',
    sentence: 'No interface has an address.',
    remedy: 'Connect this device to a network.',
  };
};

/** Checks what can be seen of a device whose daemon does not answer. Pure. */
export const checksWithoutDaemon = (place: PlaceWithoutDaemon): readonly DeviceCheck[] => [
  daemon(place),
  ok(
    'version',
    `Bowline ${ownVersion()} runs on Node.js ${process.versions.node} on ${process.platform} (${process.arch}).`,
  ),
  ...placeChecks(place),
  device(place),
  store(place),
  network(place),
];
