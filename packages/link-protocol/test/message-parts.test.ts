import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_MESSAGE_BYTES, type MessagePart, messageAssembly, messageParts } from '../src/index.ts';

const part = (fields: Partial<MessagePart> = {}): MessagePart => ({
  sequence: 1,
  sizeBytes: 4,
  offset: 0,
  part: Uint8Array.of(1, 2),
  ...fields,
});

describe('message parts', () => {
  it('come together to the message they were cut from', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 70_000 }), { minLength: 1, maxLength: 5 }), (sizes) => {
        const assembly = messageAssembly();
        sizes.forEach((sizeBytes, index) => {
          const payload = Uint8Array.from({ length: sizeBytes }, (_, at) => (at * 31 + index) % 256);
          const results = [...messageParts(index + 1, payload)].map((piece) => assembly.add(piece));
          const last = results.pop();
          expect(results.every((result) => result.outcome === 'partial')).toBe(true);
          expect(last?.outcome).toBe('complete');
          const isSame =
            last?.outcome === 'complete' &&
            last.message.sequence === index + 1 &&
            Buffer.compare(last.message.payload, payload) === 0;
          expect(isSame).toBe(true);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('are one for an empty message, and at most 16 for the largest', () => {
    expect([...messageParts(1, new Uint8Array(0))]).toEqual([
      { sequence: 1, sizeBytes: 0, offset: 0, part: new Uint8Array(0) },
    ]);
    expect([...messageParts(1, new Uint8Array(MAX_MESSAGE_BYTES))]).toHaveLength(17);
  });

  it.each([
    ['a first part that is not at the start', [part({ offset: 2 })]],
    ['a part of another message in between', [part(), part({ sequence: 2 })]],
    ['another size in between', [part(), part({ sizeBytes: 5, offset: 2 })]],
    ['a part twice', [part(), part()]],
    ['a part left out', [part({ sizeBytes: 6 }), part({ sizeBytes: 6, offset: 4 })]],
    ['a sequence that does not rise', [part(), part({ offset: 2 }), part()]],
    ['a size above the bound', [part({ sizeBytes: MAX_MESSAGE_BYTES + 1 })]],
  ])('refuse %s', (_what, parts) => {
    const assembly = messageAssembly();
    expect(parts.map((piece) => assembly.add(piece)).at(-1)).toEqual({ outcome: 'violation' });
  });
});
