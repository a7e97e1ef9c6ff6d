import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueHeap } from '../src/due-heap.ts';

describe('dueHeap', () => {
  it('answers like a sorted list, whatever is set, moved and deleted', () => {
    const step = fc.record({
      action: fc.constantFrom('set' as const, 'set' as const, 'delete' as const, 'pop' as const),
      key: fc.nat(12),
      atMs: fc.nat(20),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const heap = dueHeap<number>();
        const model = new Map<number, number>();
        for (const { action, key, atMs } of steps) {
          if (action === 'set') {
            heap.set(key, atMs);
            model.set(key, atMs);
          } else {
            const gone = action === 'pop' ? heap.peek()?.key : key;
            if (gone === undefined) continue;
            heap.delete(gone);
            model.delete(gone);
          }
          expect(heap.size).toBe(model.size);
          expect(heap.peek()?.atMs).toBe(model.size === 0 ? undefined : Math.min(...model.values()));
          for (const each of Array.from({ length: 13 }, (_, index) => index)) {
            expect(heap.timeOf(each)).toBe(model.get(each));
          }
        }
      }),
    );
  });
});
