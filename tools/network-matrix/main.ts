/**
 * Every scenario of the network matrix, in labs of real daemons (Linux, root):
 *
 * - `npm run test:netns:long [-- --rounds 30] [--long-rounds 30] [--meet-rounds 30] [--only TEXT]... [--labs 24] [--measured 1] [--seed 1]
 *   [--add] [--no-iroh] [--log info]` goes through all whose names contain one of the texts, and writes `docs/results/network.md` when none was left out; the other
 *   rounds are those of outages of five minutes and more, and of first meetings;
 * - `npm run test:netns:replay FILE [-- --rounds 1]` does a run again that failed, by the file it left;
 * - `--page` writes the page from the runs that are kept, and runs nothing.
 *
 * A run that failed, or took longer than 95 in 100 may, leaves a file with all that its devices told and logged in
 * `.cache/network-failures`. Runs are kept in `.cache/network-runs.jsonl`, `--add` adds to those of before. Exits with 1 when a run failed.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../package-shape.ts';
import { readFailure } from './failure-file.ts';
import { machineLine } from './machine-line.ts';
import { prepareLabs } from './prepare-labs.ts';
import { resultsOf, resultsPage } from './results-page.ts';
import { resultsPicture } from './results-picture.ts';
import { appendRun, runMatrix } from './run-matrix.ts';
import type { LabScenario, ScenarioRun } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

const CACHE = join(ROOT, '.cache');
const KEPT = join(CACHE, 'network-runs.jsonl');
const RESULTS = join(ROOT, 'docs/results');

/** What `--long-rounds` is about, milliseconds away. */
const LONG_MS = 300_000;

const wholeNumber = (text: string, name: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`--${name} must be a whole number`);
  return value;
};

const tellRun = (run: ScenarioRun, failureFile: string | null): void => {
  const { scenario, seed, elapsedMs, irohMs, path, wasKept, load, failure } = run;
  const result = elapsedMs === null ? 'never' : `${Math.round(elapsedMs)} ms`;
  const more = failureFile === null ? '' : `  ${failure === null ? 'slow' : `FAILED: ${failure}`}, see ${failureFile}`;
  const kept = wasKept ? ', kept' : '';
  const iroh = irohMs === undefined ? '' : `, iroh ${irohMs === null ? 'never' : `${Math.round(irohMs)} ms`}`;
  process.stdout.write(
    `${scenario} (${seed}): ${result}, ${path ?? 'no path'}${kept}${iroh}, load ${load.toFixed(1)}${more}\n`,
  );
};

const writePage = (command: string): void => {
  const lines = readFileSync(KEPT, 'utf8').split('\n').filter(Boolean);
  const runs = lines.map((line) => JSON.parse(line) as ScenarioRun);
  const results = resultsOf(SCENARIOS, runs);
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, 'network.md'), resultsPage(results, runs, { command, machine: machineLine() }));
  writeFileSync(join(RESULTS, 'network.svg'), resultsPicture(results));
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string' },
    'long-rounds': { type: 'string' },
    'meet-rounds': { type: 'string' },
    labs: { type: 'string', default: '24' },
    measured: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    add: { type: 'boolean', default: false },
    log: { type: 'string', default: 'info' },
    page: { type: 'boolean', default: false },
    iroh: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const [mode, file] = positionals;
const replayed = mode === 'replay' ? readFailure(file ?? '') : null;
const isChosen = ({ name }: LabScenario): boolean =>
  replayed !== null
    ? name === replayed.scenario
    : values.only.length === 0 || values.only.some((text) => name.includes(text));
const scenarios = SCENARIOS.filter(isChosen);
const rounds = values.rounds ?? (replayed === null ? '30' : '1');
const longRounds = values['long-rounds'] ?? rounds;
const meetRounds = values['meet-rounds'] ?? rounds;
const priority = getPriority();
const nice = priority === 0 ? '' : `nice -n ${priority} `;
const options = `--rounds ${rounds} --long-rounds ${longRounds} --meet-rounds ${meetRounds} --labs ${values.labs}`;
const command = `${nice}npm run test:netns:long -- ${options} --seed ${values.seed}`;

const roundsOf = ({ fault }: LabScenario): number => {
  if (fault === null) return wholeNumber(meetRounds, 'meet-rounds');
  const isLong = 'awayMs' in fault && fault.awayMs >= LONG_MS;
  return isLong ? wholeNumber(longRounds, 'long-rounds') : wholeNumber(rounds, 'rounds');
};

if (values.page) {
  writePage(command);
  process.exit(0);
}
await prepareLabs();
if (scenarios.length === 0) throw new RangeError('no scenario has this name');
mkdirSync(CACHE, { recursive: true });
if (!values.add && replayed === null) rmSync(KEPT, { force: true });
const runs = await runMatrix({
  scenarios,
  roundsOf,
  labs: wholeNumber(values.labs, 'labs'),
  measuredAtOnce: wholeNumber(values.measured, 'measured'),
  seed: replayed?.seed ?? wholeNumber(values.seed, 'seed'),
  isBesideIroh: values.iroh,
  logLevel: values.log,
  failureFolder: join(CACHE, 'network-failures'),
  onRun: (run, failureFile) => {
    if (replayed === null) appendRun(KEPT, run);
    tellRun(run, failureFile);
  },
});
if (replayed === null && values.only.length === 0) writePage(command);
process.exit(runs.every(({ failure }) => failure === null) ? 0 : 1);
