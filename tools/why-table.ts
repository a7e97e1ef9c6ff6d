/**
 * `npm run why-table [RUNS]`: makes every fault of the network lab so many times (once unless told), and writes what was said of
 * them to `docs/results/why.md`. Needs root, and some minutes for each run.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FaultRun, faultTable } from '../apps/bowline/test/support/fault-table.ts';
import { ROOT } from './package-shape.ts';

const runs = Number(process.argv[2] ?? 1);
if (!Number.isSafeInteger(runs) || runs < 1) throw new RangeError('RUNS must be a whole number, 1 or more');
const kept = join(ROOT, '.cache', 'fault-runs.jsonl');
mkdirSync(join(ROOT, '.cache'), { recursive: true });
// With `--add`, what earlier runs have kept counts, too.
if (!process.argv.includes('--add')) rmSync(kept, { force: true });

for (let run = 1; run <= runs; run += 1) {
  process.stdout.write(`Run ${run} of ${runs}\n`);
  const command = [join(ROOT, 'tools/run-vitest.mjs'), '--project=netns', 'apps/bowline/test/why.netns.test.ts'];
  // A fault that is named otherwise fails its test, and is in the table as such.
  spawnSync(process.execPath, command, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, FAULT_RUNS: kept } });
}

const lines = readFileSync(kept, 'utf8')
  .split('\n')
  .filter((line) => line !== '');
writeFileSync(join(ROOT, 'docs/results/why.md'), faultTable(lines.map((line) => JSON.parse(line) as FaultRun)));
