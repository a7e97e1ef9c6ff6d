import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One command of a fenced block, as a reader would copy it. */
export interface DocumentCommand {
  /** From the root of the repository. */
  readonly file: string;
  readonly command: string;
  /** The device it is for, where the block says so: such blocks are a walk, run in their order. */
  readonly where: string | null;
}

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

const BLOCK = /^```(?:sh|bash|console|shell)(?: (\w+))?\n([\s\S]*?)^```$/gm;

/** Without the remark behind it; a `#` within a word or quotes is none. */
const withoutRemark = (line: string): string => line.replace(/(?:^|\s+)#\s.*$/, '').trim();

/** A line that ends in a backslash goes on; one that begins with white space belongs to the one before. */
const commandsOf = (block: string): readonly string[] =>
  block
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => withoutRemark(line.replace(/^\$ /, '')))
    .filter((line) => line !== '');

/** Every command that the page of the repository and its guides show in a block, in their order. */
export const documentCommands = (): readonly DocumentCommand[] => {
  const guides = readdirSync(`${ROOT}docs/guides`).toSorted();
  return ['README.md', ...guides.map((name) => `docs/guides/${name}`)].flatMap((file) =>
    [...readFileSync(`${ROOT}${file}`, 'utf8').matchAll(BLOCK)].flatMap(([, where = null, block = '']) =>
      commandsOf(block).map((command) => ({ file, command, where })),
    ),
  );
};
