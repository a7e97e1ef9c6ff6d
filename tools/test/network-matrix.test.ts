import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readFailure, writeTimeline } from '../network-matrix/failure-file.ts';
import { labTimeline, timelineText } from '../network-matrix/lab-timeline.ts';
import { labTurns } from '../network-matrix/lab-turns.ts';
import { tallyOf } from '../network-matrix/numbered-messages.ts';
import { percentile } from '../network-matrix/percentile.ts';
import { resultsOf, resultsPage } from '../network-matrix/results-page.ts';
import { resultsPicture } from '../network-matrix/results-picture.ts';
import type { ScenarioRun } from '../network-matrix/scenario.ts';
import { RETURNS, SCENARIOS } from '../network-matrix/scenarios.ts';

const [scenario] = RETURNS;
if (scenario === undefined) throw new Error('there are no scenarios');

const run = (elapsedMs: number | null, more: Partial<ScenarioRun> = {}): ScenarioRun => ({
  scenario: scenario.name,
  atMs: 0,
  seed: 1,
  elapsedMs,
  path: 'direct',
  wasKept: false,
  failure: elapsedMs === null ? 'waited in vain' : null,
  load: 1,
  ...more,
});

describe('scenarios', () => {
  it('have names of their own, by which one is done again', () => {
    expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length);
  });
});

describe('a percentile', () => {
  it.each([
    [[3, 1, 2], 0.5, 2],
    [Array.from({ length: 20 }, (_, index) => index + 1), 0.95, 19],
    [[7], 0.95, 7],
    [[], 0.5, Number.NaN],
  ])('of %j at %d is %d', (values, ratio, expected) => {
    expect(percentile(values, ratio)).toBe(expected);
  });
});

describe('the results', () => {
  it('count a run that never ended as the worst, and say that the goal is missed', () => {
    const [result] = resultsOf(SCENARIOS, [run(300), run(400), run(null)]);
    expect(result).toMatchObject({ count: 3, failures: 1, p50Ms: 400, worstMs: Number.POSITIVE_INFINITY });
    expect(result?.isWithinBounds).toBe(false);
    const page = resultsPage(result === undefined ? [] : [result], [run(300)], { command: 'c', machine: 'm' });
    expect(page).toContain('| 3 | 0.40 | never | never |');
    expect(page).toContain('**missed**');
  });

  it('are within their goals up to the goal itself', () => {
    const at = (elapsedMs: number) => resultsOf(SCENARIOS, [run(elapsedMs)])[0]?.isWithinBounds;
    expect([at(2_000), at(2_001)]).toEqual([true, false]);
  });

  it('leave out what was not gone through', () => {
    expect(resultsOf(SCENARIOS, [run(1)]).map((result) => result.scenario.name)).toEqual([scenario.name]);
  });

  it('say which of them were made apart', () => {
    const [, other] = RETURNS;
    if (other === undefined) throw new Error('there is one scenario');
    const together = [run(1), run(1, { seed: 2 }), run(1, { seed: 3 }), run(1, { seed: 1, scenario: other.name })];
    const apart = [run(1, { seed: 901, scenario: other.name }), run(1, { seed: 900, scenario: other.name, load: 0.5 })];
    const pageOf = (runs: readonly ScenarioRun[]) =>
      resultsPage(resultsOf(SCENARIOS, runs), runs, { command: 'c', machine: 'm' });
    expect(pageOf(together)).not.toContain('made apart');
    expect(pageOf([...together.slice(0, 3), ...apart])).toContain(
      `2 of the runs were made apart, with seeds from 900, while 0.5 processes wanted to run: ${other.name}.`,
    );
  });

  it('are drawn even where a run never ended', () => {
    expect(resultsPicture(resultsOf(SCENARIOS, [run(null)]))).not.toMatch(/NaN|Infinity/);
  });
});

describe('messages', () => {
  const kept = (...numbers: readonly number[]) => new Set(numbers);

  it('that may or may not have been kept are missed by nobody', () => {
    expect(tallyOf(4, kept(1, 2, 4), [1, 2, 4])).toMatchObject({
      sent: 4,
      kept: 3,
      lost: [],
      twice: [],
      outOfOrder: [],
    });
    expect(tallyOf(4, kept(1, 2, 4), [1, 2, 3, 4])).toMatchObject({ lost: [], twice: [], outOfOrder: [] });
  });

  it('that are lost, come twice, or behind a later one are named', () => {
    expect(tallyOf(5, kept(1, 2, 3, 4, 5), [1, 3, 2, 3, 5])).toMatchObject({ lost: [4], twice: [3], outOfOrder: [2] });
  });
});

describe('a timeline', () => {
  it('is readable, and a file of a failure begins with what it takes to do it again', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bowline-failure-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    let nowMs = 1_000;
    const timeline = labTimeline(() => nowMs);
    timeline.note('laptop', 'starts');
    nowMs = 2_500;
    timeline.note('lab', 'the fault has ended');
    const text = timelineText(timeline.moments());
    expect(text).toBe('    0.000  laptop  starts\n    1.500  lab     the fault has ended');
    const file = writeTimeline(folder, 'one', { scenario: scenario.name, seed: 7 }, timeline);
    expect(readFailure(file)).toEqual({ scenario: scenario.name, seed: 7 });
    expect(readFileSync(file, 'utf8')).toContain(text);
  });
});

describe('turns', () => {
  it('let so many work at once, in the order of asking', async () => {
    const turns = labTurns(2);
    const ends: PromiseWithResolvers<void>[] = [];
    const begun: number[] = [];
    const work = Array.from({ length: 4 }, (_, index) => {
      const end = Promise.withResolvers<void>();
      ends.push(end);
      return turns(() => {
        begun.push(index);
        return end.promise;
      });
    });
    expect(begun).toEqual([0, 1]);
    ends[1]?.reject(new Error('failed'));
    await expect(work[1]).rejects.toThrow('failed');
    ends[0]?.resolve();
    await work[0];
    expect(begun).toEqual([0, 1, 2, 3]);
  });
});
