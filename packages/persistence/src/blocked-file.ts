import { readFileSync, statSync } from 'node:fs';
import { type BlockedDevice, errorCode, type Logger } from '@bowline/contracts';
import { z } from 'zod';
import { tightenFile } from './data-directory.ts';
import { writeDurably } from './durable-file.ts';
import { usingFile } from './file-errors.ts';
import { rowChecksum } from './row-checksum.ts';
import { stored } from './stored-values.ts';

/** Who is blocked, outside the database. */
export interface BlockedFile {
  /** `undefined` when there is none that can be read: the database alone knows then. */
  read(): readonly BlockedDevice[] | undefined;
  /** Survives a power failure when it returns. */
  write(blocked: readonly BlockedDevice[]): void;
}

/** So that a person who finds the file knows what it is. */
const HEADING = 'bowline blocked devices 1';

/** Far above the largest list, bytes. */
const MAX_FILE_BYTES = 4_194_304;

export const blockedDevice = z.object({
  id: stored.deviceId,
  endpointId: stored.endpointId,
  name: stored.name.nullable(),
  blockedAtMs: stored.timeMs,
});

const checksumOf = (json: string): string => Buffer.from(rowChecksum(json)).toString('hex');

export const blockedFile = (file: string, logger: Logger): BlockedFile => ({
  read: () => {
    const text = readText(file);
    if (text === undefined) return undefined;
    tightenFile(file, logger);
    const [heading, checksum, json] = text.split('\n');
    const isWhole = heading === HEADING && json !== undefined && checksum === checksumOf(json);
    const parsed = isWhole ? z.array(blockedDevice).safeParse(JSON.parse(json)) : undefined;
    if (parsed?.success === true) return parsed.data;
    logger.warn({ file }, 'list of blocked devices cannot be read, it is made anew');
    return undefined;
  },
  write: (blocked) => {
    const json = JSON.stringify(blocked);
    writeDurably(file, `${HEADING}\n${checksumOf(json)}\n${json}\n`);
  },
});

const readText = (file: string): string | undefined =>
  usingFile(file, () => {
    try {
      return statSync(file).size > MAX_FILE_BYTES ? '' : readFileSync(file, 'utf8');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  });
