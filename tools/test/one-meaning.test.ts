import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const DEFINITION = /^export (?:abstract )?(?:const|function|class|interface|type|enum) ([A-Za-z_]\w*)/gm;

/** The same thing, defined in packages that may not import each other, with the reason. What is defined once is to be taken out. */
const DEFINED_TWICE: ReadonlyMap<string, string> = new Map([
  ['ConnectionClosedError', 'one code: thrown where the connection is, and by the view of it that other actors have'],
  ['DeviceUnknownError', 'one code: each actor is told of the devices itself, and none may import another'],
]);

/** Whether a package gives a name to others: the names a reader meets in more than one place. */
const isGiven = (name: string): boolean => given.includes(name);

const given = ['packages', 'apps']
  .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(root, folder, name, 'src/index.ts')))
  .filter((file) => existsSync(file))
  .flatMap((file) => readFileSync(file, 'utf8').match(/\w+/g) ?? []);

/** Where each exported name is defined; an export of another package's own is no definition. */
const definitions = (): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>();
  for (const folder of ['packages', 'apps']) {
    for (const name of readdirSync(join(root, folder))) {
      const source = join(root, folder, name, 'src');
      if (!existsSync(source)) continue;
      for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
        if (!file.endsWith('.ts')) continue;
        for (const [, exported = ''] of readFileSync(join(source, file), 'utf8').matchAll(DEFINITION)) {
          found.set(exported, [...(found.get(exported) ?? []), `${folder}/${name}/src/${file}`]);
        }
      }
    }
  }
  return found;
};

it('no name that a package gives to others has a second meaning', () => {
  const twice = [...definitions()].filter(([name, files]) => files.length > 1 && isGiven(name));
  expect(twice.filter(([name]) => !DEFINED_TWICE.has(name))).toEqual([]);
  const names = twice.map(([name]) => name);
  expect([...DEFINED_TWICE.keys()].filter((name) => !names.includes(name))).toEqual([]);
});
