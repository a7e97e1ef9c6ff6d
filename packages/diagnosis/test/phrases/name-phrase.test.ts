import { expect, it } from 'vitest';
import { isolated, namePhrase } from '../../src/phrases.ts';

it.each([
  ['nas', 'nas'],
  ['居間のPC', '居間のPC'],
  ['مكتب', '\u2068مكتب\u2069'],
  ['pc של דנה', '\u2068pc של דנה\u2069'],
  ['\u0301\u0302', '\u25cc\u0301\u0302'],
  ['é', 'é'],
  ['tac\u202edetcennoc', 'tacdetcennoc'],
  ['של\u2069 is connected', '\u2068של is connected\u2069'],
  ['👩\u200d🚀', '👩\u200d🚀'],
])('%j stands in a sentence as %j', (name, phrase) => {
  expect(namePhrase(name)).toBe(phrase);
});

it('is isolated once, however often it is said', () => {
  expect(isolated(isolated('של'))).toBe(isolated('של'));
});
