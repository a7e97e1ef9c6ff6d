import { resolve } from 'node:path';
import { readEnvironment } from '../env.ts';

/** What every shell takes as it is. */
const PLAIN = /^[\w%+:,./@][\w%+:,./@=-]*$/;

/** One word for a shell of the system, whatever stands in it. */
export const shellWord = (text: string, platform: NodeJS.Platform = process.platform): string => {
  // In Windows no path has a quotation mark.
  if (platform === 'win32') return /^[\w:.\\/-]+$/.test(text) ? text : `"${text}"`;
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
};

/**
 * What a person types to run a command for a device: `bowline`, and the data directory unless it is the one that is taken
 * where none is given. @param usualDataDir which that is; by default as the environment of this process has it
 */
export const ownCommand = (dataDir: string, usualDataDir = readEnvironment(process.env).dataDir): string =>
  dataDir === usualDataDir ? 'bowline' : `bowline --data-dir ${shellWord(dataDir)}`;

/** The same for another terminal, which knows neither the folder nor the variables of this one. */
export const commandElsewhere = (dataDir: string, usualDataDir: string | null): string =>
  ownCommand(resolve(dataDir), usualDataDir);
