/** The command line, the daemon and all workers in a few files: Node finds, reads and links some 500 files otherwise. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { ROOT } from './package-shape.ts';
import { SOURCE_CONDITION } from './source-condition.ts';

const PROGRAM = join(ROOT, 'apps/bowline');
const DIST = join(PROGRAM, 'dist');

/** As deep as `src` and `dist`: what looks for a file beside itself finds it from here, too. */
const BUNDLED_SOURCES = join(PROGRAM, '.bundled');

/** Packages of CommonJS ask for Node's modules by `require`. */
const BANNER =
  "import { createRequire as createRequireHere } from 'node:module';\nconst require = createRequireHere(import.meta.url);";

const SHARED = {
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  // They stay packages: native code, and a pool whose threads start from a file of its own. They are dependencies of
  // `bowline`, for a package manager that lets a package find its own dependencies alone. So is the keychain's, which is
  // asked for by name.
  external: ['@number0/iroh', 'piscina'],
  chunkNames: 'program-[hash]',
  define: { 'import.meta.programWorker': '"./program-worker.js"' },
  banner: { js: BANNER },
  legalComments: 'none',
  logLevel: 'warning',
} satisfies BuildOptions;

/**
 * Replaces `apps/bowline/dist/main.js`, which `tsc` has built, by a bundle. What apps import from `bowline` stays as it is.
 * The licences of what is in the bundle are beside it.
 */
export const bundleProgram = async (): Promise<void> => {
  const { metafile } = await build({
    ...SHARED,
    entryPoints: { main: join(DIST, 'main.js'), 'program-worker': join(DIST, 'worker.js') },
    outdir: DIST,
    allowOverwrite: true,
    target: 'node22.13',
    minify: true,
    metafile: true,
  });
  writeFileSync(join(DIST, 'LICENSES-OF-THE-PROGRAM.txt'), licenceTexts(packagesIn(Object.keys(metafile.inputs))));
};

/** Bundles the sources, with their names and lines, into `apps/bowline/.bundled`, which `bowline` in a checkout runs where it is told to. */
export const bundleSources = async (): Promise<void> => {
  const { outputFiles } = await build({
    ...SHARED,
    entryPoints: { main: join(PROGRAM, 'src/main.ts'), 'program-worker': join(PROGRAM, 'src/worker.ts') },
    outdir: BUNDLED_SOURCES,
    conditions: [SOURCE_CONDITION, 'module', 'node'],
    target: 'node24',
    sourcemap: true,
    write: false,
  });
  for (const { path, contents } of outputFiles) {
    // Another run may be reading what is the same.
    if (existsSync(path) && readFileSync(path).equals(contents)) continue;
    mkdirSync(dirname(path), { recursive: true });
    // Nor does one that is started meanwhile read half of it.
    const part = `${path}.${process.pid}.part`;
    writeFileSync(part, contents);
    renameSync(part, path);
  }
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
