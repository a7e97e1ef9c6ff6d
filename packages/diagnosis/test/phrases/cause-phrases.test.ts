import { expect, it } from 'vitest';
import { besidePhrase, causePhrase } from '../../src/phrases.ts';

const sentence = 'The path loses packets (8 %).';

it('says of a cause whether it is certain', () => {
  expect(causePhrase({ sentence, certainty: 'known' })).toBe(sentence);
  expect(causePhrase({ sentence, certainty: 'likely' })).toBe(`${sentence} That is likely, not certain.`);
  expect(causePhrase({ sentence, certainty: 'unknown' })).toBe(sentence);
});

it('says "perhaps" of what is not certain beside it', () => {
  expect(besidePhrase({ sentence, certainty: 'known' })).toBe(`Also: ${sentence}`);
  expect(besidePhrase({ sentence, certainty: 'likely' })).toBe(`Perhaps also: ${sentence}`);
});
