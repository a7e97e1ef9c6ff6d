import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(`${root}docs/ARCHITECTURE.md`, 'utf8');

const LAYERS: Readonly<Record<string, string>> = {
  app: 'apps',
  inspector: 'inspector',
  example: 'apps',
  host: 'host',
  actor: 'actors',
  domain: 'domain, pure',
  kernel: 'kernel',
  foundation: 'foundation',
  contracts: 'contracts',
};

/** Every package of a folder with the layer that its tag says. */
const packagesIn = (folder: string): readonly (readonly [name: string, layer: string])[] =>
  readdirSync(`${root}${folder}`, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const { nx } = JSON.parse(readFileSync(`${root}${folder}/${name}/package.json`, 'utf8'));
      return [name, nx.tags.find((tag: string) => tag.startsWith('layer:')).slice('layer:'.length)] as const;
    });

const PACKAGES = [...packagesIn('apps'), ...packagesIn('packages')];

/** The packages in one row of the table of layers. */
const rowOf = (title: string): readonly string[] => {
  const row = page.split('\n').find((line) => line.startsWith(`| ${title} | \``)) ?? '';
  return [...row.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name);
};

describe('the architecture', () => {
  it.each(Object.values(LAYERS).filter((title, index, all) => all.indexOf(title) === index))(
    'names every package of the layer "%s", and no other',
    (title) => {
      const there = PACKAGES.filter(([, layer]) => LAYERS[layer] === title).map(([name]) => name);
      expect(new Set(rowOf(title))).toEqual(new Set(there));
    },
  );

  it('says of every package that is in no layer what it is for', () => {
    for (const [name] of PACKAGES.filter(([, layer]) => LAYERS[layer] === undefined))
      expect(page).toContain(`\`${name}\` is`);
  });

  it('draws every part of a running device, and the apps', () => {
    const picture = page.slice(page.indexOf('```mermaid'), page.indexOf('**Layers**'));
    // A relay runs them, and a host calls the probe once and for good.
    const notInADevice = new Set(['relay-server', 'port-mappings']);
    const drawn = PACKAGES.filter(([name, layer]) => layer === 'actor' && !notInADevice.has(name));
    for (const [name] of [...drawn, ...packagesIn('apps')]) expect(picture).toMatch(new RegExp(`["/]${name}[<"]`));
  });

  it('leads to files that are there', () => {
    for (const [, path = ''] of page.matchAll(/`(packages\/[\w./-]+)`/g)) {
      expect(() => readFileSync(`${root}${path}`)).not.toThrow(/ENOENT/);
    }
  });
});
