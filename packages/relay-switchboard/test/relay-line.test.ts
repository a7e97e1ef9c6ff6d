import type { LookupFunction } from 'node:net';
import { expect, it } from 'vitest';
import { openRelayLine } from '../src/relay-line.ts';

const options = { secureContext: null, mayReach: null, proxy: null };

it('a line waits for a name until it is found or refused, and for none where an address is given', async () => {
  let answer = (_code: string): void => undefined;
  const lookup: LookupFunction = (_hostname, _options, callback) => {
    answer = (code) => callback(Object.assign(new Error(code), { code }), '', 0);
  };
  const line = openRelayLine(new URL('http://relay.invalid/'), { ...options, lookup });
  expect(line.isLookingUp()).toBe(true);
  await Promise.resolve();
  answer('ENOTFOUND');
  await expect(line.ready).rejects.toMatchObject({ reason: 'dns' });
  expect(line.isLookingUp()).toBe(false);

  const refused = openRelayLine(new URL('http://192.0.2.1/'), { ...options, lookup, mayReach: () => false });
  await expect(refused.ready).rejects.toThrow();
  expect(refused.isLookingUp()).toBe(false);
});
