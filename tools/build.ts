/**
 * `npm run build`: every package's `dist`, from nothing, so that no file of a source that is gone is left in it.
 * `--check` has publint look at what would be published.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundleProgram } from './bundle-program.ts';
import { isPublished, ROOT, workspacePackages } from './package-shape.ts';

const packages = workspacePackages();
for (const { folder } of packages) {
  rmSync(join(ROOT, folder, 'dist'), { recursive: true, force: true });
  for (const file of readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.tsbuildinfo'))) {
    rmSync(join(ROOT, folder, file));
  }
}

/** Programs of ours, run by this Node: no shell, so that it is the same on every system. */
const run = (program: string, args: readonly string[], cwd = ROOT): boolean => {
  const file = [join(ROOT, 'node_modules', program)].find(existsSync);
  if (file === undefined) throw new Error(`${program} is not installed; run \`npm ci\`.`);
  return spawnSync(process.execPath, [file, ...args], { cwd, stdio: 'inherit' }).status === 0;
};

if (!run('typescript/bin/tsc', ['-b']) || !run('../tools/build-page.mjs', ['--force'])) {
  process.stderr.write('Nothing can be published: what was said above keeps it from being built.\n');
  process.exit(1);
}
await bundleProgram();
if (process.argv.includes('--check')) {
  const wrong = packages
    .filter(({ manifest }) => isPublished(manifest))
    .filter(({ folder }) => !run('publint/src/cli.js', ['run', '--strict', '--pack', 'false', join(ROOT, folder)]));
  if (wrong.length > 0) {
    process.stderr.write(`publint objects to ${wrong.map(({ folder }) => folder).join(', ')}.\n`);
    process.exit(1);
  }
}
