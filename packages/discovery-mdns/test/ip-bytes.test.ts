import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ipBytes, ipText } from '../src/ip-bytes.ts';

describe('an address as bytes', () => {
  test.each([
    ['192.168.1.10', 'c0a8010a', '192.168.1.10'],
    ['fd00:1::10', 'fd000001000000000000000000000010', 'fd00:1::10'],
    ['FE80:0:0:0:0:0:0:1', 'fe800000000000000000000000000001', 'fe80::1'],
    ['::', '0'.repeat(32), '::'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201', '::ffff:c000:201'],
  ])('%s', (address, hex, text) => {
    expect(ipBytes(address).toString('hex')).toBe(hex);
    expect(ipText(ipBytes(address))).toBe(text);
  });

  test('is the same again when it is read', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 })),
        (bytes) => {
          expect([...ipBytes(ipText(Buffer.from(bytes)))]).toEqual([...bytes]);
        },
      ),
    );
  });
});
