import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@bowline/testing';
import { describeInLab } from '@bowline/testing/network-lab';
import { expect, it } from 'vitest';
import { goThroughHour } from '../network-matrix/go-through-hour.ts';
import { LAN_IPV6_ONLY, TWO_RELAYS } from '../network-matrix/places.ts';
import { resultsOf } from '../network-matrix/results-page.ts';
import { runMatrix } from '../network-matrix/run-matrix.ts';
import type { LabScenario } from '../network-matrix/scenario.ts';
import { MEETINGS, RETURNS } from '../network-matrix/scenarios.ts';

/** Faults that last no longer are made here; the others take the long run. */
const SHORT_MS = 5_000;

const ROUNDS = 10;

/** Most labs at once: nearly all of them wait. */
const LABS = 10;

/** Goes on for a while on a machine that does other things as well. */
const TEST_TIMEOUT_MS = 900_000;

const HOUR_MS = 60_000;

const failureFolder = join(tmpdir(), 'bowline-network-failures');

/** Much like others that are made here. */
const LEFT_TO_THE_LONG_RUN = [LAN_IPV6_ONLY, TWO_RELAYS];

const isShort = ({ fault, path, place }: LabScenario): boolean => {
  if (fault === null || LEFT_TO_THE_LONG_RUN.includes(place)) return false;
  // Connected at once, and relayed: the direct path is looked for by iroh's own clock, now and then more than a minute later.
  if (fault.kind === 'roam') return path === 'relay';
  if (fault.kind === 'silentPathDeath') return fault.isInUse;
  return !('awayMs' in fault) || fault.awayMs <= SHORT_MS;
};

/** Runs that failed with the file that tells of each, and the scenarios whose usual run took longer than the worst may. */
const shortcomings = async (scenarios: readonly LabScenario[], rounds: number) => {
  const failed: string[] = [];
  const runs = await runMatrix({
    scenarios,
    roundsOf: () => rounds,
    labs: LABS,
    measuredAtOnce: 1,
    seed: 1,
    failureFolder,
    onRun: ({ scenario, elapsedMs, failure }, failureFile) => {
      // What took long is judged by the usual run: others may use the machine. Who never came back is a failure.
      if (elapsedMs === null) failed.push(`${scenario}: ${failure}, see ${failureFile}`);
    },
  });
  const results = resultsOf(scenarios, runs);
  for (const { scenario, count, p50Ms, p95Ms, worstMs } of results) {
    const times = [p50Ms, p95Ms, worstMs].map((time) => `${Math.round(time)} ms`).join(', ');
    console.info(`${scenario.name}: p50, p95, worst of ${count}: ${times}`);
  }
  const slow = results
    .filter(({ scenario, p50Ms }) => p50Ms > scenario.bound.worstMs)
    .map(({ scenario }) => scenario.name);
  const missing = scenarios.filter(({ name }) => runs.filter(({ scenario }) => scenario === name).length < rounds);
  return { failed, slow, missing: missing.map(({ name }) => name) };
};

const NONE = { failed: [], slow: [], missing: [] };

describeInLab(
  'two devices',
  () => {
    it.concurrent('are connected again after every short fault', { timeout: TEST_TIMEOUT_MS }, async () => {
      expect(await shortcomings(RETURNS.filter(isShort), ROUNDS)).toEqual(NONE);
    });

    it.concurrent('lose no message in a minute of all faults together, and none comes twice or out of order', {
      timeout: TEST_TIMEOUT_MS,
    }, async () => {
      const outcome = await goThroughHour({
        durationMs: HOUR_MS,
        seed: 1,
        randoms: [seededRandom(1), seededRandom(2)],
        failureFolder,
      });
      console.info(`a minute of faults: ${JSON.stringify(outcome)}`);
      expect(outcome.failure).toBeNull();
    });

    it('meet in every kind of network, by the path there is', { timeout: TEST_TIMEOUT_MS }, async () => {
      expect(await shortcomings(MEETINGS, 1)).toEqual(NONE);
    });
  },
  { python3: 'python3-minimal' },
);
