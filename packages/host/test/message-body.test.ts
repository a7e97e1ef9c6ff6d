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

  it('keeps a byte order mark', () => {
    expect(decodeMessageBody(encodeMessageBody('\ufeffa'))).toBe('\ufeffa');
  });

  it('takes 256 KiB exactly, and not a byte more', () => {
    const largest = new Uint8Array(262_144).fill(7);
    const decoded = decodeMessageBody(encodeMessageBody(largest)) as Uint8Array;
    // A comparison by element takes seconds at this size.
    expect(Buffer.compare(decoded, largest)).toBe(0);
    const error = expect.objectContaining({
      code: 'MESSAGE_TOO_LARGE',
      data: { sizeBytes: 262_145, maxBytes: 262_144 },
    });
    expect(() => encodeMessageBody('x'.repeat(262_145))).toThrow(error);
    expect(() => encodeMessageBody('é'.repeat(131_073))).toThrow(/262144 is the most/);
  });

  it('refuses unknown kinds, nothing at all, and text that is not UTF-8', () => {
    for (const payload of [[9, 1], [], [1, 0xff, 0xfe]]) {
      expect(() => decodeMessageBody(Uint8Array.from(payload))).toThrow(/cannot be read/);
    }
  });
});
