import { addressGroupOf, addressGroupOfSocket, brandAs } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';

describe('an address group', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:DB8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
  ])('of %o is %o', (ip, group) => {
    expect(addressGroupOf(ip)).toBe(group);
  });

  it.each([
    ['192.0.2.7:5000', '192.0.2.7'],
    ['[2001:db8:1:2::6]:5000', '2001:db8:1:2::/64'],
  ])('of %o is %o, whatever its port', (address, group) => {
    expect(addressGroupOfSocket(brandAs(address))).toBe(group);
  });
});
