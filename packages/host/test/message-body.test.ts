import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessageBody, encodeMessageBody } from '../src/message-body.ts';

describe('message body', () => {
  it('reads back what it writes, text and bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array()), (body) => {
        expect(decodeMessageBody(encodeMessageBody(body))).toEqual(body);
      }),
    );
  });

  it('refuses unknown kinds, nothing at all, and text that is not UTF-8', () => {
    for (const payload of [[9, 1], [], [1, 0xff, 0xfe]]) {
      expect(() => decodeMessageBody(Uint8Array.from(payload))).toThrow(/cannot be read/);
    }
  });
});
