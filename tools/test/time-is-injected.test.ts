import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

const ASKED_OF_THE_MACHINE =
  /\b(?:Date\.now|Math\.random|performance\.now|randomBytes|getRandomValues)\b|\bnew Date\(\)|(?<![.\w])set(?:Timeout|Interval)\(/g;

const withoutComments = (code: string): string => code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');

it('below the apps, only the system ports ask the machine for time and randomness', () => {
  const files = globSync('packages/*/src/**/*.ts', { cwd: root }).filter(
    (file) => !/^packages\/(?:testing|system-ports)\//.test(file),
  );
  expect(files.length).toBeGreaterThan(300);
  const asking = files.flatMap((file) =>
    (withoutComments(readFileSync(join(root, file), 'utf8')).match(ASKED_OF_THE_MACHINE) ?? []).map(
      (what) => `${file}: ${what}`,
    ),
  );
  // The interface of a clock that XState is given.
  expect(asking).toEqual(['packages/machines/src/machine-clock.ts: setTimeout(']);
});
