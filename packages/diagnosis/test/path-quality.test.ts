import { describe, expect, it } from 'vitest';
import { type ConnectionFacts, explain, type Situation } from '../src/index.ts';
import { direct, OTHER, relay, relayed, situation } from './situations.ts';

/** So many round trips, evenly spread between the two. */
const spread = (count: number, leastMs: number, mostMs: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => leastMs + ((mostMs - leastMs) * index) / (count - 1));

const onPath = (fields: Partial<ConnectionFacts>): Situation => situation(relayed(fields));

const besideOf = (given: Situation) => explain(given).also.map(({ cause, certainty }) => [cause, certainty] as const);

describe('loss', () => {
  it.each<[string, Partial<ConnectionFacts>, string]>([
    ['there', { lossRatio: 0.15 }, 'on the way from this device to nas (15 %)'],
    [
      'there, whatever is not known of the way back',
      { lossRatio: 0.15, lossRatioThere: null },
      'on the way from this device to nas (15 %)',
    ],
    ['back', { lossRatioThere: 0.03 }, 'on the way from nas to this device (3 %)'],
    [
      'back, before enough was sent to say',
      { lossRatio: null, lossRatioThere: 0.03 },
      'on the way from nas to this device (3 %)',
    ],
    [
      'both ways',
      { lossRatio: 0.08, lossRatioThere: 0.1 },
      'both ways (8 % from this device to nas, 10 % from nas to this device)',
    ],
  ])('is said with its direction: %s', (_about, fields, said) => {
    const { also, evidence, remedies } = explain(onPath(fields));
    expect(also).toMatchObject([
      { cause: 'slow-loss', sentence: `The path loses packets ${said}.`, certainty: 'known', side: 'between' },
    ]);
    expect(evidence).toContainEqual(
      expect.objectContaining({
        fact: 'connection.lossRatio',
        from: 'there',
        value: fields.lossRatioThere === undefined ? 0 : fields.lossRatioThere,
      }),
    );
    expect(remedies.map(({ code }) => code)).toContain('steady-line');
  });

  it('is not said of a packet in a hundred', () => {
    expect(besideOf(onPath({ lossRatio: 0.01, lossRatioThere: 0.019 }))).toEqual([]);
  });
});

describe('jitter', () => {
  it('is said with what was measured: least, median and most', () => {
    const given = situation({ ...direct('public', 'stored'), roundTripsMs: [...spread(39, 10, 170), 260] });
    const { also, evidence, remedies } = explain(given);
    expect(also).toMatchObject([
      {
        cause: 'slow-jitter',
        sentence: 'Answers on this path come unevenly: after 10 ms to 260 ms, half of them within 94 ms.',
        certainty: 'known',
        side: 'between',
      },
    ]);
    const values = Object.fromEntries(evidence.map(({ fact, value }) => [fact, value]));
    expect(values).toMatchObject({
      'connection.roundTripLeastMs': 10,
      'connection.roundTripMedianMs': 94,
      'connection.roundTripMostMs': 260,
      'connection.roundTripCount': 40,
    });
    expect(remedies.map(({ code }) => code)).toEqual(['steady-line']);
  });

  it.each<[string, readonly number[]]>([
    ['of seven round trips', spread(7, 5, 500)],
    ['of none', []],
    ['where all are alike', spread(64, 20, 30)],
    ['where they differ by less than players even out', spread(64, 5, 40)],
    ['where they differ little for so long a path', spread(64, 500, 620)],
    ['of an answer that was late once, and again', [...spread(40, 20, 24), 900, 900]],
  ])('is not said %s', (_about, roundTripsMs) => {
    expect(besideOf(onPath({ roundTripsMs }))).toEqual([]);
  });

  it('is likely of few round trips, and known of many', () => {
    expect(besideOf(onPath({ roundTripsMs: spread(8, 10, 300) }))).toEqual([['slow-jitter', 'likely']]);
    expect(besideOf(onPath({ roundTripsMs: spread(19, 10, 300) }))).toEqual([['slow-jitter', 'likely']]);
    expect(besideOf(onPath({ roundTripsMs: spread(20, 10, 300) }))).toEqual([['slow-jitter', 'known']]);
  });

  it('is likely at most where but a few are late: they may have waited in one of the devices', () => {
    const roundTripsMs = [...spread(40, 1, 5), ...spread(8, 100, 170)];
    expect(besideOf(onPath({ roundTripsMs }))).toEqual([['slow-jitter', 'likely']]);
  });

  it('is said of a line that fills up while bytes flow: short before, long meanwhile', () => {
    const roundTripsMs = [...spread(12, 20, 24), ...spread(20, 250, 400)];
    expect(besideOf(onPath({ roundTripsMs }))).toEqual([['slow-jitter', 'known']]);
  });

  it('is likely beside loss: what is sent again comes late', () => {
    const roundTripsMs = [...spread(50, 10, 14), ...spread(14, 60, 200)];
    for (const lossy of [{ lossRatio: 0.1 }, { lossRatioThere: 0.1 }])
      expect(besideOf(onPath({ roundTripsMs, ...lossy }))).toEqual([
        ['slow-loss', 'known'],
        ['slow-jitter', 'likely'],
      ]);
  });

  it('hides no loss, which is likely then: packets that overtake each other are taken for lost', () => {
    expect(besideOf(onPath({ roundTripsMs: spread(64, 10, 300), lossRatio: 0.1 }))).toEqual([
      ['slow-loss', 'likely'],
      ['slow-jitter', 'known'],
    ]);
  });

  it('needs to be more than what both devices are late by, one after the other', () => {
    const of = (here: number, there: number | null) =>
      besideOf(
        situation(
          relayed({ roundTripsMs: spread(64, 20, 200) }),
          { timerDelayMs: here },
          there === null ? null : { timerDelayMs: there },
        ),
      ).map(([cause]) => cause);
    expect(of(3, 90)).toEqual(['slow-jitter']);
    expect(of(90, 3)).toEqual(['slow-jitter']);
    expect(of(90, 90)).toEqual([]);
    expect(of(3, null)).toEqual(['slow-jitter']);
    expect(of(90, null)).toEqual([]);
  });

  it('hides no relay that is far, and is not said where a device is busy or only a trickle passes', () => {
    const roundTripsMs = spread(64, 10, 300);
    const nearestRelay = { url: OTHER, rttMs: 20 };
    const far = situation(relayed({ roundTripsMs, nearestRelay }), { relays: [relay({ rttMs: 200 })] });
    expect(besideOf(far).map(([cause]) => cause)).toEqual(['slow-far-relay', 'slow-jitter']);
    expect(besideOf(situation(relayed({ roundTripsMs }), {}, { timerDelayMs: 900 }))).toEqual([['slow-busy', 'known']]);
    expect(besideOf(situation(relayed({ roundTripsMs }), { timerDelayMs: 160 }, { timerDelayMs: 160 }))).toEqual([]);
    expect(besideOf(onPath({ roundTripsMs, isOverBudget: true }))).toEqual([['slow-over-budget', 'known']]);
  });
});
