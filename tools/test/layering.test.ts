import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Project {
  readonly name: string;
  readonly root: string;
  readonly layer: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Which layers a layer may build on. Skipping one is fine, pointing up is not. */
const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  foundation: ['contracts', 'foundation'],
  kernel: ['contracts', 'foundation', 'kernel'],
  domain: ['contracts', 'foundation', 'domain'],
  actor: ['contracts', 'foundation', 'kernel', 'domain'],
  // Shows whatever offers itself to be inspected; a host does.
  inspector: ['contracts', 'foundation', 'kernel', 'domain', 'actor'],
  host: ['contracts', 'foundation', 'kernel', 'domain', 'actor', 'inspector'],
  // Lets a library of other people run on a host.
  adapter: ['contracts', 'foundation', 'kernel', 'domain', 'host'],
  app: ['contracts', 'foundation', 'kernel', 'domain', 'actor', 'host', 'inspector'],
  example: ['app', 'adapter'],
  testing: ['contracts', 'foundation', 'kernel', 'domain', 'actor'],
};

/** Every vendor library has one importing package; these few have more, each for the reason given. */
const SHARED_VENDORS: Readonly<Record<string, string>> = {
  xstate: 'machines are declared in one package and run in another',
  zod: 'every border parses',
  ws: 'the relay is a WebSocket server, the switchboard a server and a client',
  '@number0/iroh': 'its own package imports it; the bundled program finds it as its own dependency',
  piscina: 'its own package imports it; the bundled program finds it as its own dependency',
};

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bowline-graph-'));
let projects: ReadonlyMap<string, Project>;
let edges: readonly (readonly [from: string, to: string])[];

beforeAll(() => {
  const file = join(folder, 'graph.json');
  execFileSync(join(root, 'node_modules/.bin/nx'), ['graph', `--file=${file}`], {
    cwd: root,
    stdio: 'ignore',
    env: { ...process.env, NX_DAEMON: 'false', CI: 'true' },
  });
  const { graph } = JSON.parse(readFileSync(file, 'utf8')) as {
    graph: {
      nodes: Record<string, { data: { root: string; tags: string[] } }>;
      dependencies: Record<string, { source: string; target: string }[]>;
    };
  };
  projects = new Map(
    Object.entries(graph.nodes)
      .filter(([, { data }]) => /^(packages|apps)\//.test(data.root))
      .map(([name, { data }]) => {
        const manifest = JSON.parse(readFileSync(join(root, data.root, 'package.json'), 'utf8')) as {
          dependencies?: Record<string, string>;
        };
        const layer = data.tags.find((tag) => tag.startsWith('layer:'))?.slice('layer:'.length) ?? 'none';
        return [name, { name, root: data.root, layer, dependencies: manifest.dependencies ?? {} }];
      }),
  );
  edges = [...projects.values()].flatMap(({ name, dependencies }) =>
    Object.keys(dependencies)
      .filter((dependency) => projects.has(dependency))
      .map((dependency) => [name, dependency] as const),
  );
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('layering', () => {
  it('gives every package one known layer', () => {
    expect(projects.size).toBeGreaterThan(20);
    const unknown = [...projects.values()].filter(({ layer }) => !(layer in MAY_USE)).map(({ name }) => name);
    expect(unknown).toEqual([]);
  });

  it('only points downward', () => {
    const upward = edges.filter(([from, to]) => {
      const allowed = MAY_USE[projects.get(from)?.layer ?? ''] ?? [];
      return !allowed.includes(projects.get(to)?.layer ?? '');
    });
    expect(upward).toEqual([]);
  });

  it('has no cycles', () => {
    const below = new Map<string, string[]>();
    for (const [from, to] of edges) below.set(from, [...(below.get(from) ?? []), to]);
    const finished = new Set<string>();
    const cycleFrom = (name: string, path: readonly string[]): readonly string[] | undefined => {
      if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
      if (finished.has(name)) return undefined;
      for (const next of below.get(name) ?? []) {
        const cycle = cycleFrom(next, [...path, name]);
        if (cycle !== undefined) return cycle;
      }
      finished.add(name);
      return undefined;
    };
    const cycles = [...projects.keys()].map((name) => cycleFrom(name, [])).filter((cycle) => cycle !== undefined);
    expect(cycles).toEqual([]);
  });

  it('keeps each vendor library behind one package', () => {
    const users = new Map<string, string[]>();
    for (const { name, dependencies, layer } of projects.values()) {
      if (layer === 'testing') continue;
      for (const vendor of Object.keys(dependencies).filter((dependency) => !projects.has(dependency))) {
        users.set(vendor, [...(users.get(vendor) ?? []), name]);
      }
    }
    const shared = [...users].filter(([vendor, names]) => names.length > 1 && !(vendor in SHARED_VENDORS));
    expect(shared).toEqual([]);
  });

  it('references in each tsconfig what its package.json declares', () => {
    const differing = [...projects.values()].filter(({ root: at, dependencies }) => {
      const { references = [] } = JSON.parse(readFileSync(join(root, at, 'tsconfig.json'), 'utf8')) as {
        references?: { path: string }[];
      };
      const referenced = new Set(references.map(({ path }) => join(at, path)));
      const declared = new Set(
        Object.keys(dependencies)
          .map((dependency) => projects.get(dependency)?.root)
          .filter((place) => place !== undefined),
      );
      return referenced.symmetricDifference(declared).size > 0;
    });
    expect(differing.map(({ name }) => name)).toEqual([]);
  });

  it('is seen alike by the source code: nx finds no import that is not declared', () => {
    const graph = JSON.parse(readFileSync(join(folder, 'graph.json'), 'utf8')) as {
      graph: { dependencies: Record<string, { target: string; type: string }[]> };
    };
    const declared = new Set(edges.map(([from, to]) => `${from} -> ${to}`));
    const sourceImports = [...projects.values()].flatMap(({ name }) =>
      (graph.graph.dependencies[name] ?? [])
        .filter(({ target }) => projects.has(target))
        .map(({ target }) => `${name} -> ${target}`),
    );
    expect(sourceImports.length).toBeGreaterThan(20);
    const onlyInTests = (edge: string) => !declared.has(edge) && !isImportedInSource(edge);
    expect(sourceImports.filter((edge) => !declared.has(edge) && !onlyInTests(edge))).toEqual([]);
  });
});

/** Whether the importing package's `src` itself names the other package; tests may import whatever they check against. */
const isImportedInSource = (edge: string): boolean => {
  const [from = '', to = ''] = edge.split(' -> ');
  const at = projects.get(from)?.root ?? '';
  try {
    execFileSync('grep', ['-rqE', `from '${to}(/[a-z-]+)?'`, join(root, at, 'src')]);
    return true;
  } catch {
    return false;
  }
};
