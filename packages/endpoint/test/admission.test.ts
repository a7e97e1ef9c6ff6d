import { brandAs, type EndpointId } from '@bowline/contracts';
import { expect, test } from 'vitest';
import { admission } from '../src/admission.ts';

const [one, two] = ['1', '2'].map((digit) => brandAs<EndpointId>(digit.repeat(64))) as [EndpointId, EndpointId];
const open = { alpn: 'open', admit: 'anyone' as const, maxFrameBytes: 1, maxIncoming: 3 };
const listed = { ...open, alpn: 'listed', admit: 'listed' as const };

test('anyone may speak an open protocol, only the listed a listed one', () => {
  const gate = admission([open, listed], [two], 10);
  expect(gate.admit(one, 'open')).toBeNull();
  expect(gate.admit(one, 'listed')?.name).toBe('not-paired');
  expect(gate.admit(two, 'listed')).toBeNull();
  expect(gate.admit(two, 'unknown')?.name).toBe('version-unsupported');
});

test('a protocol is busy at its most, and free again when one ended', () => {
  const gate = admission([open, listed], [one], 10);
  for (let count = 0; count < 3; count += 1) expect(gate.admit(one, 'open')).toBeNull();
  expect(gate.admit(two, 'open')?.name).toBe('busy');
  expect(gate.admit(one, 'listed')).toBeNull();
  gate.release(one, 'open');
  expect(gate.admit(two, 'open')).toBeNull();
});

test('one remote cannot take the places of all others', () => {
  const gate = admission([open], [], 2);
  const names = [1, 2, 3].map(() => gate.admit(one, 'open')?.name);
  expect(names).toEqual([undefined, undefined, 'busy']);
  expect(gate.admit(two, 'open')).toBeNull();
});

test('a new list says who is no longer on it', () => {
  const gate = admission([listed], [one, two], 10);
  expect([...gate.replace([two])]).toEqual([one]);
  expect(gate.admit(one, 'listed')?.name).toBe('not-paired');
  expect([...gate.replace([two])]).toEqual([]);
});

test('one that is blocked speaks nothing, and hears unpaired with the pairing that ended where it was once listed', () => {
  const blocked = new Set([one]);
  const gate = admission([open, listed], [one, two], 10, [], (remote) => blocked.has(remote));
  expect(gate.admit(one, 'open')).toEqual({ name: 'blocked', reason: '' });
  expect(gate.admit(one, 'unknown')?.name).toBe('blocked');
  expect(gate.admit(one, 'listed')?.name).toBe('not-paired');
  gate.replace([two], [{ endpointId: one, pairingId: 'p-1' }]);
  expect(gate.admit(one, 'listed')).toEqual({ name: 'unpaired', reason: 'p-1' });
  expect(gate.admit(two, 'open')).toBeNull();
  blocked.clear();
  expect(gate.admit(one, 'open')).toBeNull();
});
