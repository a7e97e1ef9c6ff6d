import type { StoreKeyKind } from '@bowline/contracts';
import { InvalidArgumentError } from 'commander';

/** How a device may keep its key, as it is typed. */
export const KEY_KINDS = ['keychain', 'file', 'passphrase'] as const satisfies readonly StoreKeyKind[];

export type TypedKeyKind = (typeof KEY_KINDS)[number];

/** Most descriptors that a process may have by default on any system of today. */
const MAX_DESCRIPTOR = 1_048_576;

/** A file descriptor that can be read: standard input, or one that whoever started the command has opened for it. */
export const descriptorArgument = (text: string): number => {
  const descriptor = Number(text);
  if (!/^[0-9]{1,7}$/.test(text) || descriptor > MAX_DESCRIPTOR || descriptor === 1 || descriptor === 2) {
    throw new InvalidArgumentError('It must be the number of an open file descriptor: 0, or 3 and above.');
  }
  return descriptor;
};
