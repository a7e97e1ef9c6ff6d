import { createReadStream, fstatSync } from 'node:fs';
import { errorMessage } from '@bowline/contracts';
import { WrongUseError } from '../errors.ts';
import { readText } from '../read-text.ts';

/** Far above the longest passphrase that is taken. */
const MAX_BYTES = 4_096;

/**
 * The first line of what comes on a file descriptor, without its end; the descriptor is closed then. Arguments and the
 * environment are read by others on the machine, a descriptor is not.
 *
 * @throws WrongUseError
 */
export const readPassphrase = async (descriptor: number, flag: string): Promise<string> => {
  try {
    fstatSync(descriptor);
  } catch (error) {
    throw new WrongUseError(`${flag}: descriptor ${descriptor} cannot be read: ${errorMessage(error)}.`);
  }
  const input = createReadStream('', { fd: descriptor });
  const text = await readText(input, MAX_BYTES, `What ${flag} names`);
  const [line = ''] = text.split(/\r?\n/);
  if (line === '') throw new WrongUseError(`${flag}: descriptor ${descriptor} says nothing in its first line.`);
  return line;
};
