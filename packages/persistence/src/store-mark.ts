import { closeSync, fdatasyncSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { type EndpointId, errorCode, errorMessage, type Logger } from '@bowline/contracts';
import { z } from 'zod';
import { tightenFile } from './data-directory.ts';
import { writeDurably } from './durable-file.ts';
import { usingFile } from './file-errors.ts';
import { rowChecksum } from './row-checksum.ts';
import { stored } from './stored-values.ts';

/**
 * What the database must hold at least. It lies in a file of its own, because a write-ahead log that was cut or altered
 * is to SQLite one that ends earlier: the database inside goes back to an older state, and cannot know.
 */
export interface StoreMark {
  /** `null` from the first moment of a data directory until its identity is stored. */
  readonly endpointId: EndpointId | null;
  /** Changes of what must never be lost: identity, devices, settings. */
  readonly generation: number;
  /** Peer devices at that generation. */
  readonly deviceCount: number;
  /** All changes. */
  readonly changes: number;
}

/** The file of a {@link StoreMark}. */
export interface StoreMarkFile {
  /** `undefined` when there is none that can be read. */
  read(): StoreMark | undefined;
  /** Survives a power failure when it returns. The first one makes the file anew. */
  writeLasting(mark: StoreMark): void;
  /** Survives the end of the process; a power failure may leave the one before. Takes no room on the disk. */
  writeSoon(mark: StoreMark): void;
  close(): void;
}

/**
 * The file holds the mark twice, and the two places are written in turn: a write that is cut short leaves the other one.
 * Each begins with these words, so that a person who finds the file knows what it is.
 */
const HEADING = 'bowline store mark 1';
const SLOT_BYTES = 256;

const markSchema = z.object({
  endpointId: stored.endpointId.nullable(),
  generation: stored.count,
  deviceCount: stored.count,
  changes: stored.count,
});

export const storeMarkFile = (file: string, logger: Logger): StoreMarkFile => {
  let descriptor: number | undefined;
  let nextSlot = 0;

  const close = (): void => {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  };
  const writeSlot = (slot: number, text: string): number =>
    usingFile(file, () => {
      descriptor ??= openSync(file, 'r+');
      writeSync(descriptor, text, slot * SLOT_BYTES);
      return descriptor;
    });
  /** Whether the file that is open is the one of that name: somebody may have taken it away. */
  const isInPlace = (): boolean =>
    descriptor !== undefined && usingFile(file, () => fstatSync(descriptor ?? -1).nlink > 0);
  const writeNext = (text: string): number => {
    const written = writeSlot(nextSlot, text);
    nextSlot = 1 - nextSlot;
    return written;
  };
  const writeAnew = (text: string): void => {
    try {
      close();
      writeDurably(file, text + text);
      descriptor = usingFile(file, () => openSync(file, 'r+'));
    } catch (error) {
      logger.warn({ file, reason: errorMessage(error) }, 'mark of the store written in place');
      overwriteLasting(text);
    }
  };
  /** Where there is no room for a second file: the places of the present one are there already. */
  const overwriteLasting = (text: string): void => {
    for (const slot of [nextSlot, 1 - nextSlot]) {
      const written = writeSlot(slot, text);
      usingFile(file, () => fsyncSync(written));
    }
  };

  return {
    read: () => {
      const text = readText(file, logger);
      if (text === undefined) return undefined;
      const marks = [text.slice(0, SLOT_BYTES), text.slice(SLOT_BYTES)].flatMap((slot) => parseSlot(slot) ?? []);
      const newest = marks.toSorted((a, b) => b.changes - a.changes)[0];
      if (newest === undefined) logger.warn({ file }, 'mark of the store cannot be read, it is made anew');
      return newest;
    },
    writeLasting: (mark) => {
      const text = slotText(mark);
      if (!isInPlace()) {
        writeAnew(text);
        return;
      }
      const written = writeNext(text);
      usingFile(file, () => fdatasyncSync(written));
    },
    writeSoon: (mark) => {
      writeNext(slotText(mark));
    },
    close,
  };
};

const slotText = (mark: StoreMark): string => {
  const json = JSON.stringify(mark);
  return `${HEADING} ${checksumOf(json)} ${json}`.padEnd(SLOT_BYTES - 1).concat('\n');
};

const checksumOf = (json: string): string => Buffer.from(rowChecksum(json)).toString('hex');

const parseSlot = (slot: string): StoreMark | undefined => {
  const [, checksum, json] = new RegExp(`^${HEADING} ([0-9a-f]{16}) (\\{.*\\}) *\n$`).exec(slot) ?? [];
  if (json === undefined || checksum !== checksumOf(json)) return undefined;
  return markSchema.safeParse(JSON.parse(json)).data;
};

const readText = (file: string, logger: Logger): string | undefined => {
  const bytes = Buffer.alloc(2 * SLOT_BYTES);
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    return usingFile(file, () => {
      throw error;
    });
  }
  try {
    return usingFile(file, () => bytes.toString('latin1', 0, readSync(descriptor, bytes)));
  } finally {
    closeSync(descriptor);
    tightenFile(file, logger);
  }
};
