/**
 * Replaces `apps/bowline/dist/main.js`, which `tsc` has built, by a bundle: the command line, the daemon and all workers in
 * a few files. Node then starts in half the time, since it finds, reads and links some 500 files otherwise.
 *
 * What apps import from `bowline` stays as it is. Native code and what finds files of its own beside itself stays a
 * package; the licences of what is in the bundle are beside it.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './package-shape.ts';

const DIST = join(ROOT, 'apps/bowline/dist');

/**
 * Stay packages: native code, and a pool whose threads start from a file of its own. They are dependencies of `bowline`,
 * for a package manager that lets a package find its own dependencies alone. So is the keychain's, which is asked for by name.
 */
const EXTERNAL = ['@number0/iroh', 'piscina'];

/** Packages of CommonJS ask for Node's modules by `require`. */
const BANNER =
  "import { createRequire as createRequireHere } from 'node:module';\nconst require = createRequireHere(import.meta.url);";

export const bundleProgram = async (): Promise<void> => {
  const { metafile } = await build({
    entryPoints: { main: join(DIST, 'main.js'), 'program-worker': join(DIST, 'worker.js') },
    outdir: DIST,
    allowOverwrite: true,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.13',
    external: EXTERNAL,
    chunkNames: 'program-[hash]',
    define: { 'import.meta.programWorker': '"./program-worker.js"' },
    banner: { js: BANNER },
    minify: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  writeFileSync(join(DIST, 'LICENSES-OF-THE-PROGRAM.txt'), licenceTexts(packagesIn(Object.keys(metafile.inputs))));
};

/** Folders of packages of others from which something is in the bundle. */
const packagesIn = (files: readonly string[]): readonly string[] => {
  const folders = files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort((a, b) => a.localeCompare(b));
};

const licenceTexts = (folders: readonly string[]): string => {
  const texts = folders.map((folder) => {
    const at = join(ROOT, folder);
    const { name, version, license } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as Record<
      string,
      string
    >;
    const file = readdirSync(at).find((each) => /^licen[cs]e/i.test(each));
    const text = file === undefined ? `Licence: ${license}` : readFileSync(join(at, file), 'utf8').trim();
    return `${name} ${version}\n\n${text}\n`;
  });
  return `The program contains these packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
};
