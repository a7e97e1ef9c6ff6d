import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const packages = fileURLToPath(new URL('../../packages', import.meta.url));

/** Pure building blocks, of which every user has many; and an adapter, which has to extend another library's class. */
const GIVES_CLASSES: ReadonlySet<string> = new Set(['limits', 'relay-socket', 'automerge-repo-network']);

const EXPORTED_CLASS = /^export (?:abstract )?class (\w+)/gm;

const classesGiven = (name: string): readonly string[] => {
  const source = join(packages, name, 'src');
  const index = join(source, 'index.ts');
  if (!existsSync(index)) return [];
  const given = new Set(readFileSync(index, 'utf8').match(/\w+/g));
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [...readFileSync(join(source, file), 'utf8').matchAll(EXPORTED_CLASS)])
    .flatMap(([, exported = '']) => (given.has(exported) && !exported.endsWith('Error') ? [exported] : []));
};

it('make what packages give to others; classes are errors and building blocks', () => {
  const names = readdirSync(packages);
  expect(classesGiven('limits')).toContain('TokenBucket');
  const given = names.filter((name) => !GIVES_CLASSES.has(name)).flatMap((name) => classesGiven(name));
  expect(given).toEqual([]);
});
