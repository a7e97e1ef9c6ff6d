import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import type { Logger } from '@bowline/contracts';
import { tightenFile } from './data-directory.ts';
import { writeDurably } from './durable-file.ts';
import { StoreKeyMismatchError } from './errors.ts';
import { usingFile } from './file-errors.ts';
import type { KeySource } from './key-source.ts';

/** What the file says before the key, so that a person who finds it knows what it is. */
const HEADING = 'bowline store key 1: ';

/** Longest key file read, bytes: the heading, 64 digits, and room for line ends an editor may have added. */
const MAX_FILE_BYTES = HEADING.length + 64 + 16;

/** A key source that is one file of mode 0600 beside the database: protects backups of the database, not the machine. */
export const keyFileSource = (keyFile: string, databaseFile: string, logger: Logger): KeySource => ({
  kind: 'key-file',
  location: keyFile,
  load: () => {
    if (!existsSync(keyFile)) return undefined;
    tightenFile(keyFile, logger);
    const digits = new RegExp(`^${HEADING}([0-9a-f]{64})\\s*$`).exec(readStart(keyFile))?.[1];
    if (digits === undefined) throw new StoreKeyMismatchError(keyFile, databaseFile, 'it is not a key file of Bowline');
    return new Uint8Array(Buffer.from(digits, 'hex'));
  },
  create: (key) => writeDurably(keyFile, `${HEADING}${Buffer.from(key).toString('hex')}\n`),
});

const readStart = (file: string): string =>
  usingFile(file, () => {
    const bytes = Buffer.alloc(MAX_FILE_BYTES + 1);
    const descriptor = openSync(file, 'r');
    try {
      return bytes.toString('latin1', 0, readSync(descriptor, bytes));
    } finally {
      closeSync(descriptor);
    }
  });
