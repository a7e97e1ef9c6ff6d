import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Options of Node, and not of any app. */
const NODE_OPTIONS: ReadonlySet<string> = new Set(['--expose-gc', '--conditions']);

const OPTION = /(?<![\w-])--[a-z][a-z-]+/g;
const VARIABLE = /\bBOWLINE_[A-Z_]+/g;
const COMMAND =
  /\bbowline (?:up|pair|join|devices|status|events|relay (?:status|set|pin|budget|serve|switchboard)|send|ping|rename|unpair|reconnect|worker|demo)\b/g;

const withoutComments = (code: string): string => code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');

it('below the apps, nothing names an option, a command or a variable of theirs', () => {
  const files = globSync('packages/*/src/**/*.ts', { cwd: root }).filter(
    (file) => !file.startsWith('packages/testing/'),
  );
  expect(files.length).toBeGreaterThan(300);
  const named = files.flatMap((file) => {
    const code = withoutComments(readFileSync(join(root, file), 'utf8'));
    return [OPTION, VARIABLE, COMMAND]
      .flatMap((words) => code.match(words) ?? [])
      .filter((word) => !NODE_OPTIONS.has(word))
      .map((word) => `${file}: ${word}`);
  });
  expect(named).toEqual([]);
});
