import { existsSync, readFileSync, rmSync } from 'node:fs';
import { z } from 'zod';
import { syncDirectory } from '../data-directory.ts';
import { writeDurably } from '../durable-file.ts';
import { usingFile } from '../file-errors.ts';
import type { StorePaths } from '../store-paths.ts';
import { DeviceRetiredError } from './transfer-errors.ts';

const HEADING = 'bowline retired device 1\n';

/** Where an export is written until it is whole: the moment it gets its name is the one at which the device is retired. */
const markSchema = z.object({ file: z.string(), unfinished: z.string() });

export type RetiredMark = z.infer<typeof markSchema>;

/** Says that the device is retired, as soon as `unfinished` is there no more. */
export const writeRetiredMark = (paths: StorePaths, mark: RetiredMark): void =>
  writeDurably(paths.retired, `${HEADING}${JSON.stringify(mark)}\n`);

/**
 * The mark of a retirement whose export never got its name, which leaves the device what it was; `undefined` where there is none.
 * @throws {@link DeviceRetiredError} when it did
 */
export const requireNoRetirement = (paths: StorePaths): RetiredMark | undefined => {
  if (!existsSync(paths.retired)) return undefined;
  const mark = readMark(paths.retired);
  if (mark !== undefined && existsSync(mark.unfinished)) return mark;
  throw new DeviceRetiredError(paths.retired, mark?.file ?? null);
};

/**
 * Undoes a retirement whose export never got its name.
 * @throws {@link DeviceRetiredError} when it did
 */
export const requireNotRetired = (paths: StorePaths): void => {
  usingFile(paths.retired, () => rmSync(`${paths.retired}.new`, { force: true }));
  const mark = requireNoRetirement(paths);
  if (mark === undefined) return;
  // The mark first: without it, the file beside the export is nothing but a leftover.
  usingFile(paths.retired, () => rmSync(paths.retired));
  syncDirectory(paths.dataDir);
  usingFile(mark.unfinished, () => rmSync(mark.unfinished, { force: true }));
};

const readMark = (file: string): RetiredMark | undefined => {
  const text = usingFile(file, () => readFileSync(file, 'utf8'));
  try {
    return text.startsWith(HEADING) ? markSchema.safeParse(JSON.parse(text.slice(HEADING.length))).data : undefined;
  } catch {
    // It is there, which is what counts.
    return undefined;
  }
};
