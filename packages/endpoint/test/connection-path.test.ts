import { isSamePath } from '@bowline/contracts';
import { expect, test } from 'vitest';
import { plainSocketAddress, selectedPath } from '../src/connection-path.ts';

const path = (remoteAddr: string, isSelected: boolean, isRelay = false, udpRxDatagrams = 0) => ({
  remoteAddr,
  isSelected,
  isRelay,
  rttMs: 3,
  stats: { udpRxDatagrams, udpTxDatagrams: 0, lostPackets: 0 },
});

test('the selected path counts', () => {
  const relay = path('http://127.0.0.1:3340/', false, true);
  expect(selectedPath([relay, path('10.0.0.1:5', true)])).toEqual({
    kind: 'direct',
    remoteAddress: '10.0.0.1:5',
    rttMs: 3,
  });
  expect(selectedPath([{ ...relay, isSelected: true }])).toEqual({ kind: 'relay', remoteAddress: null, rttMs: 3 });
  expect(selectedPath([relay])).toBeNull();
  expect(selectedPath([])).toBeNull();
});

test('where none is selected, the one that brought most counts', () => {
  const paths = [path('10.0.0.1:5', false), path('10.0.0.2:5', false, false, 1), path('10.0.0.3:5', false, false, 9)];
  expect(selectedPath(paths)).toMatchObject({ kind: 'direct', remoteAddress: '10.0.0.3:5' });
  expect(selectedPath([...paths, path('10.0.0.4:5', true)])).toMatchObject({ remoteAddress: '10.0.0.4:5' });
});

test('round trips alone are no change of path', () => {
  const one = selectedPath([path('10.0.0.1:5', true)]);
  expect(isSamePath(one, one === null ? null : { ...one, rttMs: 99 })).toBe(true);
  expect(isSamePath(one, selectedPath([path('10.0.0.2:5', true)]))).toBe(false);
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
