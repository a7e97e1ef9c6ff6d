import { describe, expect, it } from 'vitest';
import { unmappedIp } from '../src/index.ts';

describe('an address', () => {
  it.each([
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:10.0.0.1', '10.0.0.1'],
    ['192.0.2.1', '192.0.2.1'],
    ['::1', '::1'],
    ['::ffff:c000:201', '::ffff:c000:201'],
  ])('%s is %s without what a socket for both families puts before it', (ip, unmapped) => {
    expect(unmappedIp(ip)).toBe(unmapped);
  });
});
