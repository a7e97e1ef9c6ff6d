import { describe, expect, it } from 'vitest';
import { addressScopeOf, isPublicAddress } from '../src/address-scope.ts';

describe('the scope of an address', () => {
  it.each([
    ['127.0.0.1', 'machine'],
    ['127.9.9.9', 'machine'],
    ['0.0.0.0', 'machine'],
    ['::1', 'machine'],
    ['::', 'machine'],
    ['::ffff:127.0.0.1', 'machine'],
    ['::ffff:7f00:1', 'machine'],
    ['0:0:0:0:0:ffff:7f00:1', 'machine'],
    ['64:ff9b::7f00:1', 'machine'],
    ['localhost', 'machine'],
    ['', 'machine'],
    ['169.254.169.254', 'link'],
    ['::ffff:a9fe:a9fe', 'link'],
    ['fe80::1%eth0', 'link'],
    ['fd00:ec2::254', 'link'],
    ['100.100.100.200', 'link'],
    ['10.1.2.3', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.0.1', 'private'],
    ['100.64.0.1', 'private'],
    ['::ffff:10.0.0.1', 'private'],
    ['64:ff9b::a00:1', 'private'],
    ['fd12:3456::1', 'private'],
    ['240.0.0.1', 'private'],
    ['224.0.0.251', 'group'],
    ['255.255.255.255', 'group'],
    ['ff02::fb', 'group'],
    ['172.32.0.1', 'internet'],
    ['198.51.100.7', 'internet'],
    ['8.8.8.8', 'internet'],
    ['2001:db8::1', 'internet'],
    ['2606:4700::1111', 'internet'],
    ['::ffff:8.8.8.8', 'internet'],
  ])('of %s is %s', (ip, scope) => {
    expect(addressScopeOf(ip)).toBe(scope);
  });
});

describe('a public address', () => {
  it.each(['8.8.8.8', '2606:4700::1111'])('is %s', (ip) => {
    expect(isPublicAddress(ip)).toBe(true);
  });

  it.each(['192.0.2.2', '198.51.100.7', '203.0.113.10', '198.18.0.1', '2001:db8::10', '3fff::1', '10.0.0.1', '::1'])(
    'is not %s, which is nobody’s own on the internet',
    (ip) => {
      expect(isPublicAddress(ip)).toBe(false);
    },
  );
});
