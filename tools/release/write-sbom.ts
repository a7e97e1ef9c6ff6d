/**
 * `npm run sbom [FOLDER]`: what an install of `bowline` brings along, as CycloneDX, in a file named after the version. From
 * the lock file alone; nothing is asked of a registry.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, readManifest } from '../package-shape.ts';

const { version } = readManifest('apps/bowline');
const npm = process.env.npm_execpath;
if (npm === undefined) {
  process.stderr.write('Start this with `npm run sbom`: it needs to know which npm.\n');
  process.exit(1);
}
const args = ['sbom', '--workspace', 'bowline', '--omit', 'dev', '--package-lock-only', '--sbom-format', 'cyclonedx'];
const { status, stdout, stderr } = spawnSync(process.execPath, [npm, ...args], {
  cwd: ROOT,
  encoding: 'utf8',
  maxBuffer: 64 * 1_024 * 1_024,
});
if (status !== 0) {
  process.stderr.write(`npm could not make the bill of materials:\n${stderr}`);
  process.exit(1);
}
const file = join(process.argv[2] ?? ROOT, `bowline-${version}.cdx.json`);
writeFileSync(file, stdout);
const { components } = JSON.parse(stdout) as { components: readonly unknown[] };
process.stdout.write(`${file}: ${components.length} components.\n`);
