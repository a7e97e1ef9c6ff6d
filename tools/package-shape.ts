import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The part of a package.json that its shape is about; everything else is kept as it is. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description?: string | undefined;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string | ExportTarget>>;
  readonly files?: readonly string[];
  readonly bin?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly nx?: { readonly tags?: readonly string[]; readonly targets?: unknown };
  readonly [field: string]: unknown;
}

/** Where one module of a package is: its source for whoever names our condition, what was built for everybody else. */
export interface ExportTarget {
  readonly 'bowline-source': string;
  readonly types: string;
  readonly default: string;
}

/** One package of the workspace, where it stands. */
export interface WorkspacePackage {
  /** Below the root of the repository, as `packages/links`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What runs on: node:sqlite without a flag, and `require` of ES modules. */
export const NEEDED_NODE = '>=22.13';

/** Layers that are no part of what people install. */
const KEPT_HERE = ['layer:testing', 'layer:example'] as const;

/** Licence, README and package.json are in every npm package anyway. */
const PUBLISHED_FILES = ['dist', 'src', '!**/*.tsbuildinfo'] as const;

/** What is done in it is said once, in nx.json. */
const PUBLISHED_TARGETS = { 'nx-release-publish': {} };

const TEST_SCRIPT = 'node ../../tools/run-vitest.mjs';

export const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest;

/** Every package of the workspace, by folder. */
export const workspacePackages = (): readonly WorkspacePackage[] =>
  ['packages', 'apps']
    .flatMap((parent) => readdirSync(join(ROOT, parent)).map((name) => `${parent}/${name}`))
    .filter((folder) => existsSync(join(ROOT, folder, 'package.json')))
    .toSorted()
    .map((folder) => ({ folder, manifest: readManifest(folder) }));

/** Whether people may install it. */
export const isPublished = ({ nx }: Manifest): boolean => !KEPT_HERE.some((layer) => nx?.tags?.includes(layer));

/** The packages that come with `name`: itself, and what it depends on of ours, however far. */
export const packagesBehind = (name: string): readonly Manifest[] => {
  const byName = new Map(workspacePackages().map(({ manifest }) => [manifest.name, manifest]));
  const reached = new Set<Manifest>();
  const follow = (each: string): void => {
    const manifest = byName.get(each);
    if (manifest === undefined || reached.has(manifest)) return;
    reached.add(manifest);
    for (const next of Object.keys(manifest.dependencies ?? {})) follow(next);
  };
  follow(name);
  return [...reached];
};

/**
 * The manifest as it has to be: what it says of itself is kept, what all have in common is filled in.
 *
 * @param version the one version all packages have
 */
export const completeManifest = (manifest: Manifest, version: string): Manifest => {
  const { exports, files: _files, private: _private, publishConfig: _config, version: _version, ...rest } = manifest;
  const { name, description, license: _license, type: _type, bin, engines: _engines, ...others } = rest;
  const published = isPublished(manifest);
  return {
    name,
    version,
    ...(published ? {} : { private: true }),
    description,
    license: 'MIT',
    type: 'module',
    ...(bin === undefined ? {} : { bin }),
    ...(exports === undefined ? {} : { exports: mapValues(exports, exportTarget) }),
    ...(published
      ? {
          files: [...PUBLISHED_FILES, ...(bin === undefined ? [] : ['bin'])],
          engines: { node: NEEDED_NODE },
          publishConfig: { access: 'public' },
        }
      : { engines: { node: NEEDED_NODE } }),
    ...others,
    nx: { ...rest.nx, ...(published ? { targets: PUBLISHED_TARGETS } : {}) },
    ...(rest.scripts === undefined ? {} : { scripts: mapValues(rest.scripts, portableScript) }),
    ...('dependencies' in rest ? { dependencies: atVersion(rest.dependencies ?? {}, version) } : {}),
    ...('devDependencies' in rest ? { devDependencies: atVersion(rest.devDependencies ?? {}, version) } : {}),
  };
};

const exportTarget = (target: string | ExportTarget): string | ExportTarget => {
  const source = typeof target === 'string' ? target : target['bowline-source'];
  const module = /^\.\/src\/(.+)\.ts$/.exec(source)?.[1];
  if (module === undefined) return target;
  return { 'bowline-source': source, types: `./dist/${module}.d.ts`, default: `./dist/${module}.js` };
};

/** `exec` is of a POSIX shell alone. */
const portableScript = (script: string): string =>
  /run-vitest/.test(script) ? TEST_SCRIPT : script.replace(/^exec /, '');

const atVersion = (dependencies: Readonly<Record<string, string>>, version: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(dependencies).map(([name, range]) => [name, isOurs(name) ? version : range] as const),
  );

const isOurs = (name: string): boolean => name === 'bowline' || name.startsWith('@bowline/');

const mapValues = <V, W>(record: Readonly<Record<string, V>>, map: (value: V) => W): Readonly<Record<string, W>> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));

/** What is wrong with a package, a sentence each; `node tools/complete-package.ts` mends what can be mended so. */
export const shapeProblems = ({ folder, manifest }: WorkspacePackage, version: string): readonly string[] => {
  const told: string[] = [];
  const wanted = completeManifest(manifest, version);
  for (const field of Object.keys({ ...manifest, ...wanted })) {
    if (JSON.stringify(manifest[field]) !== JSON.stringify(wanted[field])) {
      told.push(`package.json: "${field}" must be ${field in wanted ? JSON.stringify(wanted[field]) : 'left out'}`);
    }
  }
  if (typeof manifest.description !== 'string') told.push('package.json: "description" is missing');
  if (isPublished(manifest) && readIfPresent(folder, 'LICENSE') !== readIfPresent('.', 'LICENSE')) {
    told.push('LICENSE must be a copy of the one at the root');
  }
  if (readIfPresent(folder, 'README.md') === undefined) told.push('README.md is missing');
  for (const target of Object.values(manifest.exports ?? {})) {
    const source = typeof target === 'string' ? target : target['bowline-source'];
    // Files that are built and have no source of the same name.
    if (source.endsWith('/*')) continue;
    if (!existsSync(join(ROOT, folder, source)))
      told.push(`package.json: "exports" names ${source}, which is not there`);
  }
  for (const name of ['vitest', '@types/node', 'typescript'] as const) {
    if (isPublished(manifest) && name in (manifest.dependencies ?? {}) && name !== '@types/node') {
      told.push(`package.json: "${name}" is no dependency of what people install`);
    }
  }
  return told.map((problem) => `${folder}: ${problem}`);
};

const readIfPresent = (folder: string, file: string): string | undefined => {
  const path = join(ROOT, folder, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
};
