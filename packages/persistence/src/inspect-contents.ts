import { statSync } from 'node:fs';
import { inspectDatabase, type LargeTable } from './database.ts';
import { usingFile } from './file-errors.ts';
import { EMPTY_CONTENTS, readContents, type StoreContents } from './store-contents.ts';

/** What a store holds, and the tables that were too large to be looked at. */
export interface InspectedContents extends StoreContents {
  readonly unchecked: readonly LargeTable[];
}

/** Nothing is written, so that whatever is refused stays as it was found. @throws as `inspectDatabase` */
export const inspectContents = (file: string, knownVersion: number): InspectedContents => {
  const hasContent = usingFile(file, () => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0);
  if (!hasContent) return { ...EMPTY_CONTENTS, unchecked: [] };
  return inspectDatabase(
    file,
    knownVersion,
    (database, unchecked) => ({ ...readContents(database), unchecked }),
    'atStart',
  );
};
