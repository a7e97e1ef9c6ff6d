import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from './lab.ts';
import { type LabTimeline, timelineText } from './lab-timeline.ts';
import type { LabScenario, ScenarioRun } from './scenario.ts';

/** What of a file of a run that failed it takes to do it again. */
export interface FailureHead {
  readonly scenario: string;
  readonly seed: number;
}

/** @throws when it is no such file */
export const readFailure = (file: string): FailureHead => {
  const { scenario, seed } = JSON.parse(readFileSync(file, 'utf8').split('\n')[0] ?? '') as FailureHead;
  if (typeof scenario !== 'string' || !Number.isSafeInteger(seed)) throw new Error(`${file} tells of no failed run`);
  return { scenario, seed };
};

/** Writes all that is known of a run that failed, readable, and enough to do it again; gives the file's path. */
export const writeFailure = (folder: string, lab: Lab, scenario: LabScenario, run: ScenarioRun): string => {
  const { place, fault, path, bound } = scenario;
  const head = {
    scenario: scenario.name,
    seed: run.seed,
    again: 'npm run test:netns:replay FILE',
    failure: run.failure,
    at: new Date(run.atMs).toISOString(),
    load: run.load,
    fault,
    expected: { path, ...bound },
    topology: place.topology,
    options: place.options ?? [],
  };
  const name = `${scenario.name.replaceAll(/[^a-z0-9]+/gi, '-')}-${run.seed}`;
  return writeTimeline(folder, name, head, lab.timeline);
};

/** Writes what is known of a failure, and under it all that happened; gives the file's path. */
export const writeTimeline = (folder: string, name: string, head: object, timeline: LabTimeline): string => {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.txt`);
  writeFileSync(file, `${JSON.stringify(head)}\n\n${timelineText(timeline.moments())}\n`);
  return file;
};
