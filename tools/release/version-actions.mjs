// How `nx release` writes a version: into every package.json, wherever one package names another, and, when all have
// theirs, into the root and the lock file. All packages have one version, and name each other by exactly that one.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VersionActions } from 'nx/release';

const DEPENDENCY_FIELDS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];

const isOurs = (name) => name === 'bowline' || name.startsWith('@bowline/');

/** The manifest, or a workspace's entry in the lock file, with every package of ours at `version`. */
const atVersion = (manifest, version) => {
  const changed = { ...manifest, ...('version' in manifest ? { version } : {}) };
  for (const field of DEPENDENCY_FIELDS.filter((each) => each in manifest)) {
    changed[field] = Object.fromEntries(
      Object.entries(manifest[field]).map(([name, range]) => [name, isOurs(name) ? version : range]),
    );
  }
  return changed;
};

const format = (value) => `${JSON.stringify(value, null, 2)}\n`;

export default class PackageVersions extends VersionActions {
  validManifestFilenames = ['package.json'];
  excludeManifestsFromFormatting = true;

  async readCurrentVersionFromSourceManifest(tree) {
    const manifestPath = join(this.projectGraphNode.data.root, 'package.json');
    return { manifestPath, currentVersion: JSON.parse(tree.read(manifestPath, 'utf8')).version };
  }

  async readCurrentVersionFromRegistry() {
    return null;
  }

  async readCurrentVersionOfDependency(tree, projectGraph, project) {
    const { name } = JSON.parse(tree.read(join(projectGraph.nodes[project].data.root, 'package.json'), 'utf8'));
    const own = JSON.parse(tree.read(join(this.projectGraphNode.data.root, 'package.json'), 'utf8'));
    const field = DEPENDENCY_FIELDS.find((each) => own[each]?.[name] !== undefined);
    return { currentVersion: field === undefined ? null : own[field][name], dependencyCollection: field ?? null };
  }

  async updateProjectVersion(tree, version) {
    for (const { manifestPath } of this.manifestsToUpdate) {
      tree.write(manifestPath, format(atVersion(JSON.parse(tree.read(manifestPath, 'utf8')), version)));
    }
    return [`${this.projectGraphNode.name} and what it names of ours: ${version}`];
  }

  /** Done with the version itself: there is only one. */
  async updateProjectDependencies() {
    return [];
  }
}

/** The root's version is what new packages get; packages that are not released keep step in the lock file, too. */
export const afterAllProjectsVersioned = async (root, { dryRun }) => {
  const read = (file) => JSON.parse(readFileSync(join(root, file), 'utf8'));
  const { version } = read('apps/bowline/package.json');
  const changed = new Map([['package.json', { ...read('package.json'), version }]]);
  const lock = read('package-lock.json');
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path.includes('node_modules/')) continue;
    lock.packages[path] = path === '' ? { ...entry, version } : atVersion(entry, version);
    if (path !== '') changed.set(`${path}/package.json`, atVersion(read(`${path}/package.json`), version));
  }
  lock.version = version;
  changed.set('package-lock.json', lock);
  if (dryRun !== true) for (const [file, content] of changed) writeFileSync(join(root, file), format(content));
  return { changedFiles: [...changed.keys()], deletedFiles: [] };
};
