import { expect, test } from 'vitest';
import { handshakeShares, sourceOf } from '../src/handshake-shares.ts';

const ip = (addr: string) => sourceOf({ kind: 'ip', addr });

test.each([
  ['192.0.2.7:5000', '192.0.2.7'],
  ['[::ffff:192.0.2.7]:5000', '192.0.2.7'],
  ['[2001:db8:1:2:3:4:5:6]:5000', '2001:db8:1:2::/64'],
  ['[2001:db8::6]:5000', '2001:db8:0:0::/64'],
  ['[fe80::1%eth0]:5000', 'fe80:0:0:0::/64'],
  ['[::1]:5000', '0:0:0:0::/64'],
])('%s comes from %s', (address, source) => {
  expect(ip(address)).toBe(source);
});

test('ports and hosts of one IPv6 network are one source, other networks are others', () => {
  expect(ip('[2001:db8:1:2::1]:1')).toBe(ip('[2001:db8:1:2:ffff::9]:2'));
  expect(ip('[2001:db8:1:2::1]:1')).not.toBe(ip('[2001:db8:1:3::1]:1'));
});

test('through one relay every endpoint is a source of its own', () => {
  const relayed = (endpointId: string) => sourceOf({ kind: 'relay', addr: 'http://127.0.0.1:1/', endpointId });
  expect(relayed('aa')).not.toBe(relayed('bb'));
});

test('counts for each source what is under way', () => {
  const shares = handshakeShares();
  expect([shares.take('a'), shares.take('a'), shares.take('b')]).toEqual([1, 2, 1]);
  shares.release('a');
  expect(shares.take('a')).toBe(2);
});
