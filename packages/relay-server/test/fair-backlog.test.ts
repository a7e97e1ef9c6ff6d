import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BacklogBudget, FairBacklog } from '../src/fair-backlog.ts';

const roomy = (): BacklogBudget => ({ limitBytes: 1e9, usedBytes: 0 });

const frameOf = (label: number, sizeBytes: number): Buffer => Buffer.alloc(sizeBytes, label);

/** How many frames of each label were taken. */
const countsOf = (frames: readonly Buffer[]): Map<number, number> => {
  const counts = new Map<number, number>();
  for (const frame of frames) counts.set(frame[0] ?? -1, (counts.get(frame[0] ?? -1) ?? 0) + 1);
  return counts;
};

describe('a backlog', () => {
  it('gives one sender’s frames in order', () => {
    const backlog = new FairBacklog(1e6, roomy(), () => undefined);
    const sender = {};
    for (let label = 0; label < 100; label += 1) backlog.add(sender, frameOf(label, 1_000));
    const taken = [...backlog.take(30_000), ...backlog.take(1e6)];
    expect(taken.map((frame) => frame[0])).toEqual(Array.from({ length: 100 }, (_, label) => label));
    expect(backlog.bytes).toBe(0);
  });

  it('keeps copies', () => {
    const backlog = new FairBacklog(1e6, roomy(), () => undefined);
    const frame = frameOf(1, 10);
    backlog.add({}, frame);
    frame.fill(9);
    expect(backlog.take(100)[0]?.[0]).toBe(1);
  });

  it('keeps nothing alive but the frame', () => {
    const backlog = new FairBacklog(1e6, roomy(), () => undefined);
    for (const sizeBytes of [1, 100, 1_240, 5_000]) backlog.add({}, frameOf(1, sizeBytes));
    for (const frame of backlog.take(1e6)) expect(frame.buffer.byteLength).toBe(frame.length);
  });

  it('serves senders by bytes in turn, whatever the size of their frames', () => {
    const backlog = new FairBacklog(1e7, roomy(), () => undefined);
    const [big, small] = [{}, {}];
    for (let count = 0; count < 20; count += 1) backlog.add(big, frameOf(1, 60_000));
    for (let count = 0; count < 1_000; count += 1) backlog.add(small, frameOf(2, 1_000));
    const counts = countsOf(backlog.take(600_000));
    expect((counts.get(1) ?? 0) * 60_000).toBeGreaterThan(200_000);
    expect((counts.get(2) ?? 0) * 1_000).toBeGreaterThan(200_000);
  });

  it('takes room from the longest line for a quiet sender, and from the loud sender itself otherwise', () => {
    const dropped: number[] = [];
    const backlog = new FairBacklog(100_000, roomy(), (frame) => dropped.push(frame[0] ?? -1));
    const [loud, quiet] = [{}, {}];
    for (let count = 0; count < 200; count += 1) backlog.add(loud, frameOf(1, 1_000));
    const before = dropped.length;
    expect(before).toBeGreaterThan(100);
    for (let count = 0; count < 10; count += 1) backlog.add(quiet, frameOf(2, 1_000));
    expect(dropped.slice(before).every((label) => label === 1)).toBe(true);
    expect(countsOf(backlog.take(1e6)).get(2)).toBe(10);
  });

  it('respects the budget of all backlogs together and gives it back', () => {
    const budget: BacklogBudget = { limitBytes: 4_000, usedBytes: 0 };
    const reasons: string[] = [];
    const one = new FairBacklog(1e6, budget, (_frame, reason) => reasons.push(reason));
    const two = new FairBacklog(1e6, budget, (_frame, reason) => reasons.push(reason));
    one.add({}, frameOf(1, 1_000));
    two.add({}, frameOf(2, 1_000));
    two.add({}, frameOf(3, 1_000));
    expect(reasons).toEqual(['total-queue-full']);
    one.clear();
    two.add({}, frameOf(3, 1_000));
    expect(two.take(1e6)).toHaveLength(2);
    expect(budget.usedBytes).toBe(0);
  });

  it('never exceeds its limit, loses nothing unaccounted, and ends empty', () => {
    const operation = fc.record({
      sender: fc.integer({ min: 0, max: 4 }),
      sizeBytes: fc.integer({ min: 1, max: 9_000 }),
      takes: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const budget = roomy();
        let dropped = 0;
        let taken = 0;
        const backlog = new FairBacklog(30_000, budget, () => {
          dropped += 1;
        });
        const senders = [{}, {}, {}, {}, {}];
        for (const { sender, sizeBytes, takes } of operations) {
          backlog.add(senders[sender] ?? {}, frameOf(sender, sizeBytes));
          expect(backlog.bytes).toBeLessThanOrEqual(30_000);
          expect(budget.usedBytes).toBe(backlog.bytes);
          if (takes) taken += backlog.take(4_000).length;
        }
        taken += backlog.take(1e9).length;
        expect(taken + dropped).toBe(operations.length);
        expect(backlog.bytes).toBe(0);
      }),
    );
  });
});
