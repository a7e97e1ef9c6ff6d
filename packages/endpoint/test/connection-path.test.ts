import { expect, test } from 'vitest';
import { isSamePath, pathInUse, plainSocketAddress } from '../src/connection-path.ts';

const path = (remoteAddr: string, isSelected: boolean, isRelay = false) => ({
  remoteAddr,
  isSelected,
  isRelay,
  rttMs: 3,
});

test('the selected path counts', () => {
  const relay = path('http://127.0.0.1:3340/', false, true);
  expect(pathInUse([relay, path('10.0.0.1:5', true)])).toEqual({
    kind: 'direct',
    remoteAddress: '10.0.0.1:5',
    rttMs: 3,
  });
  expect(pathInUse([{ ...relay, isSelected: true }])).toEqual({ kind: 'relay', remoteAddress: null, rttMs: 3 });
  expect(pathInUse([relay])).toBeNull();
  expect(pathInUse([])).toBeNull();
});

test('a direct path that is the only one is in use, selected or not', () => {
  const [one, other] = [path('10.0.0.1:5', false), path('10.0.0.1:6', false)];
  expect(pathInUse([one])).toEqual({ kind: 'direct', remoteAddress: '10.0.0.1:5', rttMs: 3 });
  expect(pathInUse([one, other])).toBeNull();
});

test('round trips alone are no change of path', () => {
  const one = pathInUse([path('10.0.0.1:5', true)]);
  expect(isSamePath(one, one === null ? null : { ...one, rttMs: 99 })).toBe(true);
  expect(isSamePath(one, pathInUse([path('10.0.0.2:5', true)]))).toBe(false);
  expect(isSamePath(one, null)).toBe(false);
  expect(isSamePath(null, null)).toBe(true);
});

test.each([
  ['1.2.3.4:5', '1.2.3.4:5'],
  ['[::ffff:1.2.3.4]:5', '1.2.3.4:5'],
  ['[fe80::1%2]:5', '[fe80::1]:5'],
  ['[2001:DB8::1]:5', '[2001:db8::1]:5'],
  ['http://x', undefined],
])('reads the address %s as %s', (text, plain) => {
  expect(plainSocketAddress(text)).toBe(plain);
});
