import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../package-shape.ts';
import { appendRun, runMatrix } from './run-matrix.ts';
import { SCENARIOS } from './scenarios.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '30' },
    labs: { type: 'string', default: '20' },
    measured: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'string', default: join(ROOT, '.cache', 'network-runs.jsonl') },
  },
});
mkdirSync(join(ROOT, '.cache'), { recursive: true });
const only = new RegExp(values.only);
await runMatrix({
  scenarios: SCENARIOS.filter(({ name }) => only.test(name)),
  rounds: Number(values.rounds),
  labs: Number(values.labs),
  measuredAtOnce: Number(values.measured),
  seed: Number(values.seed),
  failureFolder: join(ROOT, '.cache', 'network-failures'),
  onRun: (run, failureFile) => {
    appendRun(values.keep, run);
    const result = run.elapsedMs === null ? 'FAILED' : `${Math.round(run.elapsedMs)} ms`;
    process.stdout.write(
      `${new Date().toISOString().slice(11, 19)} ${run.scenario} #${run.seed}: ${result} ${run.path} ${run.wasKept ? 'kept ' : ''}load ${run.load.toFixed(1)} ${run.failure ?? ''} ${failureFile ?? ''}\n`,
    );
  },
});
process.exit(0);
