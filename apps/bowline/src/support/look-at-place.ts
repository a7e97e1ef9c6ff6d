import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import { checkDataDirectory } from '../data-directory.ts';
import { type ErrorParts, errorParts } from '../output/error-parts.ts';
import { ownUserId, untrustedPartIn } from '../trust/untrusted-part.ts';
import type { DevicePlace } from './place-checks.ts';
import { roomAt } from './room-at.ts';

/** Looks at the folder of a device as every command does before it uses it, and at its disk. Never throws. */
export const lookAtPlace = (dataDir: string): DevicePlace => {
  const problem = problemOf(dataDir);
  return {
    dataDir,
    problem,
    untrusted: problem === null ? untrustedPartIn(resolve(dataDir), ownUserId()) : null,
    isThere: existsSync(dataDir),
    room: roomAt(dataDir),
  };
};

const problemOf = (dataDir: string): ErrorParts | null => {
  try {
    checkDataDirectory(dataDir);
    return null;
  } catch (error) {
    return errorParts(error);
  }
};

/** Kinds of addresses of this machine that others could reach, `IPv4` and `IPv6`; `null` where the system does not tell. */
export const lookAtFamilies = (): readonly string[] | null => {
  try {
    const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    const outer = addresses.filter(({ internal, address }) => !internal && !/^(?:fe[89ab]|169\.254\.)/i.test(address));
    return ['IPv4', 'IPv6'].filter((family) => outer.some((address) => address.family === family));
  } catch {
    // A sandbox that lets nobody ask.
    return null;
  }
};
