import { existsSync, statfsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname } from 'node:path';
import { type DeviceCheck, errorCode, errorMessage } from '@bowline/contracts';
import { byteCount } from '../output/byte-count.ts';
import { ownCommand } from '../output/own-command.ts';
import { ownVersion } from '../own-version.ts';

/** What is known of a device whose daemon does not answer. */
export interface PlaceWithoutDaemon {
  readonly dataDir: string;
  /** Why it does not. */
  readonly error: unknown;
  readonly hasDevice: boolean;
  /** Room on the disk for this user, bytes; `null` where the system does not tell. */
  readonly freeBytes: number | null;
  /** Addresses of this machine that others could reach, each `IPv4` or `IPv6`. */
  readonly families: readonly string[];
}

/** A device that starts makes a backup and a log; a message may have 256 KiB. */
const LEAST_FREE_BYTES = 16_777_216;

const ok = (name: string, sentence: string): DeviceCheck => ({ name, result: 'ok', sentence, remedy: null });

/** Why nothing answers, and what to do about it. */
const daemon = ({ dataDir, error }: PlaceWithoutDaemon): DeviceCheck => {
  const own = ownCommand(dataDir);
  if (errorCode(error) === 'DAEMON_NOT_RUNNING') {
    return {
      name: 'daemon',
      result: 'failed',
      sentence: `No daemon runs for ${dataDir}.`,
      remedy: `Start it with "${own} up", or install the service with "${own} service install"; then check again: relays, addresses and ways to other devices are seen by a daemon alone.`,
    };
  }
  return {
    name: 'daemon',
    result: 'failed',
    sentence: errorMessage(error),
    remedy:
      errorCode(error) === 'DATA_DIR_UNUSABLE'
        ? 'Set that right, then check again.'
        : `Set that right, then check again; "${own} logs" tells what a daemon in the background said last.`,
  };
};

const device = ({ dataDir, hasDevice, error }: PlaceWithoutDaemon): DeviceCheck => {
  if (errorCode(error) === 'DATA_DIR_UNUSABLE') {
    return { name: 'device', result: 'skipped', sentence: `What is in ${dataDir} cannot be seen.`, remedy: null };
  }
  if (hasDevice) return ok('device', `There is a device in ${dataDir}.`);
  return {
    name: 'device',
    result: 'warning',
    sentence: `There is no device in ${dataDir} yet.`,
    remedy: `"${ownCommand(dataDir)} up" makes one; another folder is named with --data-dir.`,
  };
};

const disk = ({ freeBytes }: PlaceWithoutDaemon): DeviceCheck => {
  if (freeBytes === null) {
    return {
      name: 'disk',
      result: 'skipped',
      sentence: 'The system does not tell how full the disk is.',
      remedy: null,
    };
  }
  if (freeBytes >= LEAST_FREE_BYTES) return ok('disk', `There is room on the disk (${byteCount(freeBytes)}).`);
  return {
    name: 'disk',
    result: 'failed',
    sentence: `The disk is full, or nearly (${byteCount(freeBytes)} left).`,
    remedy: 'Make room on the disk that holds the data directory.',
  };
};

const network = ({ families }: PlaceWithoutDaemon): DeviceCheck =>
  families.length > 0
    ? ok('network', `There is a network, with ${families.join(' and ')}.`)
    : {
        name: 'network',
        result: 'failed',
        sentence: 'No interface has an address.',
        remedy: 'Connect this device to a network.',
      };

/** Checks what can be seen of a device whose daemon does not answer. Pure. */
export const checksWithoutDaemon = (place: PlaceWithoutDaemon): readonly DeviceCheck[] => [
  daemon(place),
  ok(
    'version',
    `Bowline ${ownVersion()} runs on Node.js ${process.versions.node} on ${process.platform} (${process.arch}).`,
  ),
  device(place),
  disk(place),
  network(place),
];

/** Looks at the machine for {@link checksWithoutDaemon}. */
export const lookAround = (): Pick<PlaceWithoutDaemon, 'families'> => {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const outer = addresses.filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
  return { families: ['IPv4', 'IPv6'].filter((family) => outer.some((address) => address.family === family)) };
};

/** Room on the disk that holds a folder, or would hold it. */
export const freeBytesAt = (folder: string): number | null => {
  const there = existsSync(folder) || dirname(folder) === folder ? folder : null;
  if (there === null) return freeBytesAt(dirname(folder));
  try {
    const { bavail, bsize } = statfsSync(there);
    return bavail * bsize;
  } catch {
    // A folder that this user may not look at: another check says so.
    return null;
  }
};
