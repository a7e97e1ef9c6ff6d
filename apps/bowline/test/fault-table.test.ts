import { expect, it } from 'vitest';
import { type FaultRun, faultTable } from './support/fault-table.ts';

const run = (fault: string, fields: Partial<FaultRun> = {}): FaultRun => ({
  fault,
  isBeside: false,
  isRight: true,
  cause: 'offline-away',
  side: 'there',
  certainty: 'likely',
  sentence: 'It is away.',
  namedAfterMs: 2_000,
  ...fields,
});

it('counts what was named right, not known, wrong, and wrong with certainty', () => {
  const table = faultTable([
    run('the peer is asleep'),
    run('the peer is asleep', { namedAfterMs: 4_000 }),
    run('the peer is asleep', { isRight: false, certainty: 'unknown', namedAfterMs: null }),
    run('the peer is asleep, and the relay is killed', { isRight: false, certainty: 'known', namedAfterMs: null }),
    run('none: one network'),
  ]);
  expect(table).toContain(
    '2 faults, 1 of them two things at once, and 1 times nothing; each at least 1 times, 5 runs:',
  );
  expect(table).toContain('right in 3 (60.0 %), unknown in 1, wrong in 1, and wrong with certainty in 1.');
  expect(table).toContain('| the peer is asleep | `offline-away` | there | likely | 2 | 1 | 0 | 4.0 s | It is away. |');
  const rows = table.split('\n').filter((line) => /^\| (the|none)/.test(line));
  expect(rows.map((row) => row.split('|')[1]?.trim())).toEqual([
    'the peer is asleep',
    'the peer is asleep, and the relay is killed',
    'none: one network',
  ]);
});
