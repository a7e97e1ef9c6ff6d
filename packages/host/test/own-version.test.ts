import { expect, it } from 'vitest';
import { ownVersion } from '../src/own-version.ts';

it('is a release', () => {
  expect(ownVersion()).toMatch(/^\d+\.\d+\.\d+/);
});
