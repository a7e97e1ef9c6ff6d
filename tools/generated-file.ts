import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A document that is made from code. `path` is below the root of the repository. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

const locate = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** The paths whose files differ from what the code says now. */
export const staleFiles = (files: readonly GeneratedFile[]): readonly string[] =>
  files.filter(({ path, content }) => readIfPresent(locate(path)) !== content).map(({ path }) => path);

export const writeFiles = (files: readonly GeneratedFile[]): void => {
  for (const { path, content } of files) {
    mkdirSync(dirname(locate(path)), { recursive: true });
    writeFileSync(locate(path), content);
  }
};

const readIfPresent = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};
