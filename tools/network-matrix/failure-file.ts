import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from './lab.ts';
import { timelineText } from './lab-timeline.ts';
import type { LabScenario, ScenarioRun } from './scenario.ts';

/** Writes all that is known of a run that failed, readable, and enough to do it again; gives the file's path. */
export const writeFailure = (folder: string, lab: Lab, scenario: LabScenario, run: ScenarioRun): string => {
  mkdirSync(folder, { recursive: true });
  const { place, fault, path, bound } = scenario;
  const head = {
    scenario: scenario.name,
    seed: run.seed,
    failure: run.failure,
    at: new Date(run.atMs).toISOString(),
    load: run.load,
    fault,
    expected: { path, ...bound },
    topology: place.topology,
    options: place.options ?? [],
  };
  const name = `${scenario.name.replaceAll(/[^a-z0-9]+/gi, '-')}-${run.seed}.txt`;
  const file = join(folder, name);
  writeFileSync(file, `${JSON.stringify(head)}\n\n${timelineText(lab.timeline.moments())}\n`);
  return file;
};
