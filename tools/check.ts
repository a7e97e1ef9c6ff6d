/**
 * `npm run check`: everything that can be said about the code without running it. Every check runs, so that one call
 * names every problem; the last lines tell which failed.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const CHECKS: readonly (readonly [name: string, command: readonly [string, ...string[]]])[] = [
  ['format and lint', ['biome', 'ci', '--error-on-warnings', '.']],
  ['types of the packages', ['tsc', '-b']],
  ['types of the page', ['tsc', '-p', 'apps/inspector/page']],
  ['types of the tests', ['tsc', '-p', 'tsconfig.tests.json']],
  ['examples in the documents', ['node', 'tools/check-examples.ts']],
  ['dead code', ['knip']],
  ['layering', ['vitest', 'run', 'tools/test/layering.test.ts']],
  ['lock file', ['node', 'tools/complete-lock-file.mjs', '--check']],
];

const results = CHECKS.map(([name, [command, ...args]]) => {
  process.stdout.write(`\n== ${name}\n`);
  const startedAt = performance.now();
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  return { name, passed: status === 0, seconds: ((performance.now() - startedAt) / 1_000).toFixed(1) };
});

process.stdout.write('\n');
for (const { name, passed, seconds } of results) {
  process.stdout.write(`${passed ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
}
process.exit(results.every(({ passed }) => passed) ? 0 : 1);
