import { brandAs, type TimelineEntry } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { timeSpan } from '../src/commands/timeline.ts';
import { reliabilityJson, timelineJson } from '../src/output/json-shapes.ts';
import { COMMAND_OUTPUTS } from '../src/output/output-schemas.ts';
import { reliabilitySentence, timelineSentence } from '../src/output/timeline-sentences.ts';

const entry = (fields: Partial<TimelineEntry>): TimelineEntry => ({
  atMs: 1_800_000_000_000,
  kind: 'device.connected',
  path: null,
  relay: null,
  cause: null,
  durationMs: null,
  ...fields,
});

describe('a line of the timeline', () => {
  it.each([
    [
      entry({ path: 'relay', relay: brandAs('https://r.example/'), durationMs: 4_200 }),
      'nas connected through https://r.example/, after 4.2 s',
    ],
    [
      entry({ kind: 'device.disconnected', cause: 'notResponding', durationMs: 7_200_000 }),
      'nas disconnected: it does not answer, after 2 hours',
    ],
    [
      entry({ kind: 'path.changed', path: 'direct', cause: 'upgradedToDirect' }),
      'nas is reached directly now: a direct path was found',
    ],
    [entry({ kind: 'host.started', durationMs: 90_000 }), 'this device started, after it had not run for 2 minutes'],
    [entry({ kind: 'device.renamed' }), 'renamed; it is called nas now'],
    [entry({ kind: 'network.changed', cause: 'wake' }), 'this device woke up'],
  ])('reads as a sentence: %#', (line, words) => {
    expect(timelineSentence(line, 'nas')).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}/);
    expect(timelineSentence(line, 'nas').slice(21)).toBe(words);
  });

  it('is printed as the schema has it', () => {
    const [line, figures] = COMMAND_OUTPUTS.timeline ?? [];
    const printed = timelineJson(entry({ path: 'direct' }));
    expect(line?.parse(printed)).toEqual(printed);
    expect(Object.keys(printed)).toEqual(['event', 'atMs', 'kind', 'path', 'relay', 'cause', 'durationMs']);
    const reliability = {
      sinceMs: 1,
      observedMs: 3_600_000,
      connectedRatio: 0.9995,
      directRatio: 0.5,
      outages: 1,
      returnP50Ms: 800,
      returnP95Ms: 1_200,
    };
    const printedFigures = reliabilityJson(reliability);
    expect(figures?.parse(printedFigures)).toEqual({ event: 'reliability', ...reliability });
    expect(reliabilitySentence(reliability, 'nas')).toBe(
      'nas was connected 99.9 % of the 1 hour that this device ran, 50 % of that directly, with 1 outage; ' +
        'it was back within 800 ms half of the time, and within 1.2 s in 19 of 20.',
    );
  });
});

it.each([
  ['30m', 1_800_000],
  ['12h', 43_200_000],
  ['2d', 172_800_000],
  ['90d', 7_776_000_000],
])('%s is a span of time', (text, ms) => {
  expect(timeSpan(text)).toBe(ms);
});

it.each(['', '2', '2y', '-2d', '0m', '91d', '1e3d', '2d '])('%j is none', (text) => {
  expect(() => timeSpan(text)).toThrow();
});
