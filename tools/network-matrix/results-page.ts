import { percentile } from './percentile.ts';
import type { LabScenario, ScenarioRun } from './scenario.ts';

/** What a scenario came to, over all its runs. */
export interface ScenarioResult {
  readonly scenario: LabScenario;
  readonly count: number;
  /** Runs that did not end as they must, or took longer than the worst may. */
  readonly failures: number;
  /** Runs in which no device said that the other was away. */
  readonly kept: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly worstMs: number;
  /** The same of iroh alone on the same hosts, where it was measured. */
  readonly iroh: { readonly p50Ms: number; readonly p95Ms: number } | null;
  readonly isWithinBounds: boolean;
}

/** The machine that the runs were made on, and how it was asked. */
export interface ResultsOrigin {
  readonly command: string;
  readonly machine: string;
}

/** Results of the scenarios that were gone through, in the order of the list. A run that never ended counts as the worst. */
export const resultsOf = (
  scenarios: readonly LabScenario[],
  runs: readonly ScenarioRun[],
): readonly ScenarioResult[] => {
  const byName = Map.groupBy(runs, ({ scenario }) => scenario);
  return scenarios.flatMap((scenario) => {
    const own = byName.get(scenario.name) ?? [];
    if (own.length === 0) return [];
    const times = own.map(({ elapsedMs }) => elapsedMs ?? Number.POSITIVE_INFINITY);
    const [p50Ms, p95Ms, worstMs] = [percentile(times, 0.5), percentile(times, 0.95), Math.max(...times)];
    const { bound } = scenario;
    const irohTimes = own.flatMap(({ irohMs }) => (irohMs === undefined ? [] : [irohMs ?? Number.POSITIVE_INFINITY]));
    const iroh =
      irohTimes.length === 0 ? null : { p50Ms: percentile(irohTimes, 0.5), p95Ms: percentile(irohTimes, 0.95) };
    return [
      {
        scenario,
        count: own.length,
        failures: own.filter(({ failure }) => failure !== null).length,
        kept: own.filter(({ wasKept }) => wasKept).length,
        p50Ms,
        p95Ms,
        worstMs,
        iroh,
        isWithinBounds: p95Ms <= bound.p95Ms && worstMs <= bound.worstMs,
      },
    ];
  });
};

const seconds = (durationMs: number): string =>
  Number.isFinite(durationMs) ? (durationMs / 1_000).toFixed(2) : 'never';

const row = ({ scenario, count, kept, p50Ms, p95Ms, worstMs, iroh, isWithinBounds }: ScenarioResult): string => {
  const { name, place, path, bound, fault } = scenario;
  const what = name.slice(place.name.length + 2);
  const goal = `${bound.p95Ms / 1_000} / ${bound.worstMs / 1_000}${isWithinBounds ? '' : ' **missed**'}`;
  const keptText = fault === null || kept === 0 ? '–' : `${kept} of ${count}`;
  const line = [place.name, what, path, count, seconds(p50Ms), seconds(p95Ms), seconds(worstMs), goal];
  if (fault !== null) line.push(keptText, iroh === null ? '–' : `${seconds(iroh.p50Ms)} / ${seconds(iroh.p95Ms)}`);
  return `| ${line.join(' | ')} |`;
};

/** What was gone through apart from the rest, as its seeds tell: on a machine that did more, or less. */
const madeApart = (runs: readonly ScenarioRun[]): string => {
  const byScenario = Map.groupBy(runs, ({ scenario }) => scenario);
  const firstSeed = ({ scenario }: ScenarioRun): number =>
    Math.min(...(byScenario.get(scenario) ?? []).map(({ seed }) => seed));
  const [, ...apart] = [...Map.groupBy(runs, firstSeed)].toSorted(([, one], [, other]) => other.length - one.length);
  const sentences = apart.map(([first, own]) => {
    const names = [...new Set(own.map(({ scenario }) => scenario))].join('; ');
    const loads = own.map(({ load }) => load);
    return `${own.length} of the runs were made apart, with seeds from ${first}, while ${percentile(loads, 0.5).toFixed(1)} processes wanted to run: ${names}.\n`;
  });
  return sentences.join('');
};

/** All results as a document. */
export const resultsPage = (
  results: readonly ScenarioResult[],
  runs: readonly ScenarioRun[],
  { command, machine }: ResultsOrigin,
): string => {
  const days = runs.map(({ atMs }) => new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')).toSorted();
  const loads = runs.map(({ load }) => load);
  const faults = results.filter(({ scenario }) => scenario.fault !== null);
  const meetings = results.filter(({ scenario }) => scenario.fault === null);
  const missed = results.filter(({ isWithinBounds }) => !isWithinBounds);
  return `# What faults of a network cost

Real daemons on real networks (namespaces), each fault made between two paired devices that are calm, and a random share of a
second added to each so that no timer always stands the same. Seconds from the end of the fault until **both** devices are
connected and one has answered the other; for a path that dies silently in use, the longest time without an answer to a ping every 20 ms;
idle, until neither device says any more that there is a direct path; for UDP that was away, until both say that there is one
again. "Kept": no device said that the other was away. A killed
process is started again at once, and its start counts. A run after which the devices were not connected within a minute and a
half, or stayed on another path than they must ("never"), counts as the worst.

"iroh alone" (p50 / p95) are two bare endpoints on the same hosts at the same time, struck by the same faults: one dials the other by its
key, the relay and its address at first, again a second after each failure, and pings it; what counts is its first answer. "never": not
within a minute. Between two homes it goes through the relay, since nobody tells it its own address.

Made by \`${command}\`, from ${days[0]} to ${days.at(-1)} (UTC), on ${machine}, which did
other things as well: on average ${percentile(loads, 0.5).toFixed(1)} processes wanted to run at once (the median; up to ${Math.max(...loads).toFixed(1)}).
${runs.length} runs; ${missed.length === 0 ? 'all scenarios are within their goals' : `${missed.length} of ${results.length} scenarios miss their goals`}. Goals are the p95 and the worst.
${madeApart(runs)}
![The time of half of all runs, of 95 in 100, and of the worst](network.svg)

| place | fault | path | n | p50 | p95 | worst | goal | kept | iroh alone |
|---|---|---|---|---|---|---|---|---|---|
${faults.map(row).join('\n')}

## Meeting by twelve words

From the showing of the words until both devices are connected by the path that must be found there; where that is a relay, no
better path is found in 1.5 s more.

| place | fault | path | n | p50 | p95 | worst | goal |
|---|---|---|---|---|---|---|---|
${meetings.map(row).join('\n')}
`;
};
