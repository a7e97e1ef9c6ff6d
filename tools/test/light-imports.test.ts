import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const sources = globSync('packages/*/src/**/*.ts', { cwd: root });

/** Whether an import of `node:http` is more than its types, and so runs. */
const importsHttp = (source: string): boolean =>
  [...source.matchAll(/^import (?!type )([^;]*?) from 'node:http'/gm)].some(
    ([, what = '']) => !/^\{( *type [^,}]+,?)+ *\}$/.test(what.replace(/\s+/g, ' ')),
  );

describe('the sources of the packages', () => {
  it('are found', () => expect(sources.length).toBeGreaterThan(100));

  it('import types alone of node:http, which otherwise loads fetch and WebSocket in every process', () => {
    expect(sources.filter((file) => importsHttp(readFileSync(`${root}${file}`, 'utf8')))).toEqual([]);
    expect(importsHttp("import { type Server, createServer } from 'node:http';")).toBe(true);
    expect(importsHttp("import http from 'node:http';")).toBe(true);
    expect(importsHttp("import { type Server } from 'node:http';")).toBe(false);
  });
});
