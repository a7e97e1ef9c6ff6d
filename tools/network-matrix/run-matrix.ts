import { appendFileSync } from 'node:fs';
import { writeFailure } from './failure-file.ts';
import { type Lab, pairLab, startLab } from './lab.ts';
import { labTurns } from './lab-turns.ts';
import { runScenario } from './run-scenario.ts';
import type { LabScenario, ScenarioRun } from './scenario.ts';

export interface MatrixOptions {
  readonly scenarios: readonly LabScenario[];
  /** How many times a scenario is gone through. */
  readonly roundsOf: (scenario: LabScenario) => number;
  /** Labs at once: most of them wait for an outage to pass. */
  readonly labs: number;
  /** Measurements at once; beside them one lab starts at a time. */
  readonly measuredAtOnce: number;
  readonly seed: number;
  /** Whether iroh alone is measured beside the devices. @defaultValue false */
  readonly isBesideIroh?: boolean;
  /** Where files of runs go that failed, or took longer than 95 in 100 may. */
  readonly failureFolder: string;
  /** How much the devices log: what is in the files. @defaultValue 'info' */
  readonly logLevel?: string;
  readonly onRun: (run: ScenarioRun, failureFile: string | null) => void;
}

/** A lab's share of a scenario. */
interface Job {
  readonly scenario: LabScenario;
  readonly firstSeed: number;
  readonly rounds: number;
}

/** A lab does about this much waiting, and at most so many rounds, before it makes room. */
const JOB_AWAY_MS = 600_000;
const JOB_ROUNDS = 10;

const awayOf = ({ fault }: LabScenario): number => (fault !== null && 'awayMs' in fault ? fault.awayMs : 0);

const jobsOf = ({ scenarios, roundsOf, seed }: MatrixOptions): readonly Job[] =>
  scenarios
    .toSorted((a, b) => awayOf(b) - awayOf(a))
    .flatMap((scenario) => {
      const rounds = roundsOf(scenario);
      const share = Math.max(1, Math.min(JOB_ROUNDS, Math.floor(JOB_AWAY_MS / Math.max(1, awayOf(scenario)))));
      const jobs = Math.ceil(rounds / share);
      return Array.from({ length: jobs }, (_, index) => ({
        scenario,
        firstSeed: seed + index * share,
        rounds: Math.min(share, rounds - index * share),
      }));
    });

/** Whoever is to mend what is slow now and then needs to see it: it may not come again for a hundred runs. */
const isTold = ({ bound }: LabScenario, { elapsedMs, failure }: ScenarioRun): boolean =>
  failure !== null || (elapsedMs !== null && elapsedMs > bound.p95Ms);

/** Goes through scenarios in many labs at once; what is measured is measured by few at a time. */
export const runMatrix = async (options: MatrixOptions): Promise<readonly ScenarioRun[]> => {
  const turns = labTurns(options.measuredAtOnce);
  const starts = labTurns(1);
  const runs: ScenarioRun[] = [];
  const logging = options.logLevel === undefined ? {} : { logLevel: options.logLevel };
  const jobs = [...jobsOf(options)];

  const newLab = (scenario: LabScenario): Promise<Lab> =>
    starts(async () => {
      const isBesideIroh = options.isBesideIroh === true && scenario.fault !== null;
      const lab = await startLab({ ...scenario.place, isBesideIroh, ...logging });
      try {
        if (scenario.fault !== null) {
          await pairLab(lab);
          await scenario.place.afterPairing?.(lab.room);
        }
        return lab;
      } catch (error) {
        await lab[Symbol.asyncDispose]();
        throw error;
      }
    });

  const doJob = async ({ scenario, firstSeed, rounds }: Job): Promise<void> => {
    let lab: Lab | null = null;
    try {
      for (let round = 0; round < rounds; round += 1) {
        lab ??= await newLab(scenario);
        const run = await runScenario(lab, scenario, { seed: firstSeed + round, turns });
        runs.push(run);
        options.onRun(run, isTold(scenario, run) ? writeFailure(options.failureFolder, lab, scenario, run) : null);
        if (run.elapsedMs !== null && scenario.fault !== null) continue;
        const used = lab;
        lab = null;
        await used[Symbol.asyncDispose]();
      }
    } finally {
      await lab?.[Symbol.asyncDispose]();
    }
  };

  const work = async (): Promise<void> => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      // A lab that could not be built says nothing about the scenario; the rest goes on.
      await doJob(job).catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
    }
  };
  await Promise.all(Array.from({ length: options.labs }, work));
  return runs;
};

export const appendRun = (file: string, run: ScenarioRun): void => appendFileSync(file, `${JSON.stringify(run)}\n`);
