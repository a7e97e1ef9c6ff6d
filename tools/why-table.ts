/**
 * `npm run why-table [ROUNDS] [--add | --only TEXT | --stage TEXT]`: makes every fault of the network lab so many times (five unless
 * told), and writes what was said of them to `docs/results/why.md`. With `--only`, those faults and stages alone whose name has this
 * text, for which every network is built; with `--stage`, those networks alone whose test has it in its name. What was said is printed
 * then. Needs root; some ten minutes for each round.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type FaultRun, faultTable } from '../apps/bowline/test/support/fault-table.ts';
import { ROOT } from './package-shape.ts';

/** What is made beside each other: the devices of a stage mostly wait. */
const SHARES = 3;

const { values, positionals } = parseArgs({
  options: { add: { type: 'boolean', default: false }, only: { type: 'string' }, stage: { type: 'string' } },
  allowPositionals: true,
});
const { add, only, stage } = values;
const isWhole = only === undefined && stage === undefined;
const [given = '5'] = positionals;
const rounds = Number(given);
if (!Number.isSafeInteger(rounds) || rounds < 1) throw new RangeError('ROUNDS must be a whole number, 1 or more');
const kept = join(ROOT, '.cache', isWhole ? 'fault-runs.jsonl' : `fault-runs-${process.pid}.jsonl`);
mkdirSync(join(ROOT, '.cache'), { recursive: true });
// With `--add`, what earlier rounds have kept counts, too.
if (!add) rmSync(kept, { force: true });

const command = [join(ROOT, 'tools/run-vitest.mjs'), '--project=netns', 'apps/bowline/test/why.netns.test.ts'];
if (stage !== undefined) command.push('--testNamePattern', stage.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
await Promise.all(
  Array.from({ length: SHARES }, (_, share) => {
    const env = {
      ...process.env,
      FAULT_ROUNDS: String(rounds),
      FAULT_SHARE: `${share}/${SHARES}`,
      FAULT_RUNS: kept,
      ...(only !== undefined && { FAULT_ONLY: only }),
    };
    // A fault that is named otherwise fails its test, and is in the table as such.
    return once(spawn(process.execPath, command, { cwd: ROOT, stdio: 'inherit', env }), 'exit');
  }),
);

if (!existsSync(kept)) throw new Error('no fault was made: the lab needs root, iproute2 and nftables');
const lines = readFileSync(kept, 'utf8')
  .split('\n')
  .filter((line) => line !== '');
const table = faultTable(lines.map((line) => JSON.parse(line) as FaultRun));
if (isWhole) writeFileSync(join(ROOT, 'docs/results/why.md'), table);
else {
  rmSync(kept);
  process.stdout.write(table);
}
