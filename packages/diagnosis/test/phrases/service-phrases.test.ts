import { expect, it } from 'vitest';
import { servicePhrase, shownServices } from '../../src/phrases.ts';

const named = (...names: readonly string[]) => names.map((name) => ({ name }));

it('shows the latest version of what is served for pushes, and everything else as it is', () => {
  expect(shownServices(named('bowline.push/2', 'web', 'bowline.push/1'))).toEqual(named('bowline.push/2', 'web'));
  expect(shownServices(named('bowline.push/1', 'web'))).toEqual(named('bowline.push/1', 'web'));
  expect(shownServices([])).toEqual([]);
});

it('says in words what Bowline serves by itself', () => {
  expect(['bowline.push/2', 'bowline.push/1', 'web'].map(servicePhrase)).toEqual([
    'files that are pushed',
    'files that are pushed',
    'web',
  ]);
});
