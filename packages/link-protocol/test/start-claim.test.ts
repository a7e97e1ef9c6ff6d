import { expect, test } from 'vitest';
import { CLAIM_PATTERN, readStartClaim, startClaim } from '../src/index.ts';

const key = new Uint8Array(32).fill(1);
const start = { incarnation: 7, instance: '0123456789abcdef' };
const claim = startClaim(key, start);

test('a claim is read by the device that made it, and by no other', () => {
  expect(claim).toMatch(CLAIM_PATTERN);
  expect(readStartClaim(key, claim)).toEqual(start);
  expect(readStartClaim(new Uint8Array(32).fill(2), claim)).toBeNull();
});

test.each([
  ['a higher count', claim.replace('7', '8')],
  ['another run', claim.replace('0123', '3210')],
  ['another proof', claim.slice(0, -1).concat(claim.endsWith('0') ? '1' : '0')],
  ['nothing', ''],
  ['words', 'you are behind'],
  ['no proof', '7 0123456789abcdef'],
])('%s that somebody else says is none', (_, text) => {
  expect(readStartClaim(key, text)).toBeNull();
});
