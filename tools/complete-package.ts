/**
 * `node tools/complete-package.ts [FOLDER…]`: gives packages, all unless some are named, what every package has:
 * exports for sources and for what is built, files, engines, licence, and a place in the root's references.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { completeManifest, isPublished, ROOT, shapeProblems, workspacePackages } from './package-shape.ts';

const asked = process.argv.slice(2).map((folder) => folder.replace(/\/$/, ''));
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const packages = workspacePackages();

for (const { folder, manifest } of packages) {
  if (asked.length > 0 && !asked.includes(folder)) continue;
  writeFileSync(
    join(ROOT, folder, 'package.json'),
    `${JSON.stringify(completeManifest(manifest, version), null, 2)}\n`,
  );
  if (isPublished(manifest)) copyFileSync(join(ROOT, 'LICENSE'), join(ROOT, folder, 'LICENSE'));
}

const references = join(ROOT, 'tsconfig.json');
const project = JSON.parse(readFileSync(references, 'utf8')) as { references: { path: string }[] };
const listed = new Set(project.references.map(({ path }) => path));
const added = packages.map(({ folder }) => ({ path: folder })).filter(({ path }) => !listed.has(path));
if (added.length > 0) {
  project.references.push(...added);
  writeFileSync(references, `${JSON.stringify(project, null, 2)}\n`);
}

const left = workspacePackages().flatMap((each) => shapeProblems(each, version));
process.stdout.write(left.length === 0 ? 'Every package is complete.\n' : `${left.join('\n')}\n`);
process.exitCode = left.length === 0 ? 0 : 1;
