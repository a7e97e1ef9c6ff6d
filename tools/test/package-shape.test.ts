import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isPublished, ROOT, shapeProblems, workspacePackages } from '../package-shape.ts';

const read = <T>(file: string): T => JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as T;
const { version } = read<{ version: string }>('package.json');
const packages = workspacePackages();

describe('every package', () => {
  it.each(packages.map((each) => [each.folder, each] as const))(
    '%s lacks nothing; else run `node tools/complete-package.ts`',
    (_, each) => {
      expect(shapeProblems(each, version)).toEqual([]);
    },
  );

  it('is among the references that are built', () => {
    const { references } = read<{ references: readonly { path: string }[] }>('tsconfig.json');
    const listed = references.map(({ path }) => path);
    expect(packages.map(({ folder }) => folder).filter((folder) => !listed.includes(folder))).toEqual([]);
  });

  it('that is published depends on published ones', () => {
    const kept = new Set(
      packages.filter(({ manifest }) => !isPublished(manifest)).map(({ manifest }) => manifest.name),
    );
    const wrong = packages.flatMap(({ manifest }) =>
      isPublished(manifest) ? Object.keys(manifest.dependencies ?? {}).filter((name) => kept.has(name)) : [],
    );
    expect(wrong).toEqual([]);
  });

  it('is asked for by `bowline`, which alone has to be installed', () => {
    const byName = new Map(packages.map(({ manifest }) => [manifest.name, manifest]));
    const reached = new Set<string>();
    const follow = (name: string): void => {
      if (reached.has(name) || !byName.has(name)) return;
      reached.add(name);
      for (const next of Object.keys(byName.get(name)?.dependencies ?? {})) follow(next);
    };
    follow('bowline');
    const published = packages.filter(({ manifest }) => isPublished(manifest)).map(({ manifest }) => manifest.name);
    expect(published.filter((name) => !reached.has(name))).toEqual([]);
  });
});

describe('scripts', () => {
  it('need no POSIX shell', () => {
    const scripts = [
      read<{ scripts: Record<string, string> }>('package.json'),
      ...packages.map(({ manifest }) => manifest),
    ].flatMap(({ scripts: own = {} }) => Object.values(own as Record<string, string>));
    expect(scripts.filter((script) => /^exec |[|;$`]|&&|^\w+=/.test(script))).toEqual([]);
  });
});
