import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isPublished, type Manifest, workspacePackages } from '../package-shape.ts';
import { PackageTestError } from './step.ts';

/** What no production install brings along. */
const NEVER_INSTALLED = ['vitest', 'verdaccio', 'nx', 'typescript', '@bowline/testing', 'fast-check'];

/** Looks at what npm has installed: all packages are there, nothing else is, and every source map leads to a file. */
export const checkPublishedFiles = (folder: string): void => {
  const modules = join(folder, 'node_modules');
  const problems = NEVER_INSTALLED.filter((name) => existsSync(join(modules, name))).map(
    (name) => `${name} is installed`,
  );
  for (const { manifest } of workspacePackages().filter((each) => isPublished(each.manifest))) {
    const at = join(modules, manifest.name);
    if (!existsSync(at)) problems.push(`${manifest.name} is not installed with bowline`);
    else problems.push(...problemsOf(at, manifest.name));
  }
  if (problems.length > 0)
    throw new PackageTestError(`What was published is not right: ${problems.slice(0, 8).join('; ')}.`);
};

const problemsOf = (at: string, name: string): readonly string[] => {
  const files = readdirSync(at, { recursive: true, encoding: 'utf8' });
  const { version, dependencies = {} } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as Manifest;
  const inexact = Object.entries(dependencies).filter(
    ([each, range]) => each.startsWith('@bowline/') && range !== version,
  );
  return [
    ...['LICENSE', 'README.md', 'dist'].filter((file) => !files.includes(file)).map((file) => `${name} has no ${file}`),
    ...files
      .filter((file) => /(^|[/\\])test[/\\]|\.test\.|tsbuildinfo|tsconfig/.test(file))
      .map((file) => `${name} has ${file}`),
    ...inexact.map(([each, range]) => `${name} ${version} asks for ${each} ${range}`),
    ...files
      .filter((file) => file.endsWith('.map'))
      .flatMap((file) => brokenMap(at, file).map((source) => `${name}/${file} leads to ${source}`)),
  ];
};

const brokenMap = (at: string, file: string): readonly string[] => {
  const { sources = [] } = JSON.parse(readFileSync(join(at, file), 'utf8')) as { sources?: readonly string[] };
  return sources.filter((source) => !existsSync(join(at, dirname(file), source)));
};
