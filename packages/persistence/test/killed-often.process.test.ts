import { expect, it } from 'vitest';
import { killRounds } from '../../../tools/kills/kill-rounds.ts';

it('an owner that is killed 20 times, whatever it does, loses nothing acknowledged and leaves nothing half done', async () => {
  const { kills, problems } = await killRounds(20, 7);
  expect(problems).toEqual([]);
  expect(kills).toBe(20);
});
