import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairQueue, FRAME_OVERHEAD_BYTES, type SharedBudget } from '../src/fair-queue.ts';
import { FrameOutlet, type FrameSink } from '../src/frame-outlet.ts';

const frame = (sizeBytes: number, mark = 0): Uint8Array => new Uint8Array(sizeBytes).fill(mark);

/** Bounds in frames of 10 bytes. */
const bytesOf = (frames: number): number => frames * (10 + FRAME_OVERHEAD_BYTES);

const queueOf = (laneBytes: number, totalBytes: number): { queue: FairQueue<string>; dropped: string[] } => {
  const dropped: string[] = [];
  const onDrop = (lost: Uint8Array, lane: string): number => dropped.push(`${lane}:${lost[0]}`);
  return { queue: new FairQueue({ limits: { laneBytes, totalBytes }, onDrop }), dropped };
};

const drain = (queue: FairQueue<string>): readonly string[] => {
  const order: string[] = [];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) order.push(next.lane);
  return order;
};

describe('a fair queue', () => {
  it('keeps the order of one peer', () => {
    const { queue } = queueOf(bytesOf(9), bytesOf(9));
    for (const mark of [1, 2, 3]) queue.push('a', frame(10, mark));
    expect([queue.shift(), queue.shift(), queue.shift()].map((next) => next?.frame[0])).toEqual([1, 2, 3]);
    expect(queue.shift()).toBeUndefined();
    expect(queue.isEmpty).toBe(true);
  });

  it('gives every peer its turn, however much one of them sends', () => {
    const { queue } = queueOf(1_000_000, 1_000_000);
    for (let count = 0; count < 100; count += 1) queue.push('bulk', frame(8_000));
    queue.push('small', frame(100));
    expect(drain(queue).indexOf('small')).toBeLessThanOrEqual(2);
  });

  it('shares by bytes, not by frames', () => {
    const { queue } = queueOf(1_000_000, 1_000_000);
    for (let count = 0; count < 10; count += 1) queue.push('large', frame(32_768));
    for (let count = 0; count < 100; count += 1) queue.push('little', frame(1_024));
    const first = drain(queue).slice(0, 68);
    expect(first.filter((peer) => peer === 'large').length).toBeLessThanOrEqual(3);
  });

  it('passes a frame larger than a turn', () => {
    const { queue } = queueOf(100_000, 100_000);
    queue.push('a', frame(65_537));
    queue.push('b', frame(10));
    expect(new Set(drain(queue))).toEqual(new Set(['a', 'b']));
  });

  it('drops the oldest of a peer beyond its bound', () => {
    const { queue, dropped } = queueOf(bytesOf(2.5), bytesOf(100));
    for (const mark of [1, 2, 3, 4]) queue.push('a', frame(10, mark));
    queue.push('b', frame(10, 9));
    expect(dropped).toEqual(['a:1', 'a:2']);
    expect(queue.sizeBytes).toBe(bytesOf(3));
  });

  it('drops from the longest lane when all together are too much', () => {
    const { queue, dropped } = queueOf(bytesOf(10), bytesOf(10));
    queue.push('small', frame(10, 1));
    for (let count = 0; count < 9; count += 1) queue.push('bulk', frame(10, 2));
    queue.push('other', frame(10, 3));
    expect(dropped).toEqual(['bulk:2']);
  });

  it('keeps copies, and nothing alive but them', () => {
    const { queue } = queueOf(1e6, 1e6);
    const read = new Uint8Array(65_536).fill(7);
    queue.push('a', read.subarray(100, 200));
    read.fill(0);
    const next = queue.shift()?.frame;
    expect([next?.[0], next?.length, next?.buffer.byteLength]).toEqual([7, 100, 100]);
  });

  it('drops what is larger than its bounds, and what was there stays', () => {
    const { queue, dropped } = queueOf(bytesOf(2), bytesOf(4));
    queue.push('a', frame(10, 1));
    queue.push('b', frame(5_000, 2));
    expect(dropped).toEqual(['b:2']);
    expect(drain(queue)).toEqual(['a']);
  });

  it('takes many at once, in turns', () => {
    const { queue } = queueOf(1e7, 1e7);
    for (let count = 0; count < 20; count += 1) queue.push('big', frame(60_000, 1));
    for (let count = 0; count < 1_000; count += 1) queue.push('little', frame(1_000, 2));
    const taken = queue.take(600_000);
    const bytesOfMark = (mark: number): number =>
      taken.filter(([first]) => first === mark).reduce((sum, { length }) => sum + length, 0);
    expect(bytesOfMark(1)).toBeGreaterThan(200_000);
    expect(bytesOfMark(2)).toBeGreaterThan(200_000);
    queue.take(Number.POSITIVE_INFINITY);
    expect([queue.isEmpty, queue.sizeBytes, queue.take(1)]).toEqual([true, 0, []]);
  });

  it('respects the budget of all queues together and gives it back', () => {
    const budget: SharedBudget = { limitBytes: bytesOf(2.5), usedBytes: 0 };
    const causes: string[] = [];
    const limits = { laneBytes: 1e6, totalBytes: 1e6 };
    const onDrop = (_frame: Uint8Array, _lane: string, cause: string): number => causes.push(cause);
    const [one, two] = [new FairQueue({ limits, budget, onDrop }), new FairQueue({ limits, budget, onDrop })];
    one.push('a', frame(10));
    two.push('a', frame(10));
    two.push('a', frame(10));
    expect(causes).toEqual(['total-queue-full']);
    one.clear();
    expect(causes).toEqual(['total-queue-full', 'cleared']);
    two.push('a', frame(10));
    expect(two.take(1e6)).toHaveLength(2);
    expect(budget.usedBytes).toBe(0);
  });

  it('never exceeds its bounds, loses nothing unaccounted, and ends empty', () => {
    const operation = fc.record({
      lane: fc.integer({ min: 0, max: 4 }),
      sizeBytes: fc.integer({ min: 1, max: 9_000 }),
      takes: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const budget: SharedBudget = { limitBytes: 1e9, usedBytes: 0 };
        let [dropped, taken] = [0, 0];
        const limits = { laneBytes: 20_000, totalBytes: 30_000 };
        const countDrop = (): void => {
          dropped += 1;
        };
        const queue = new FairQueue<number>({ limits, budget, onDrop: countDrop });
        for (const { lane, sizeBytes, takes } of operations) {
          queue.push(lane, frame(sizeBytes));
          expect(queue.sizeBytes).toBeLessThanOrEqual(30_000);
          expect(budget.usedBytes).toBe(queue.sizeBytes);
          if (takes) taken += queue.take(4_000).length;
        }
        taken += queue.take(1e9).length;
        expect([taken + dropped, queue.sizeBytes]).toEqual([operations.length, 0]);
      }),
    );
  });

  it('drops everything when cleared', () => {
    const { queue, dropped } = queueOf(bytesOf(10), bytesOf(10));
    queue.push('a', frame(10, 1));
    queue.clear();
    expect(dropped).toEqual(['a:1']);
    expect(queue.isEmpty).toBe(true);
  });
});

/** A socket that takes bytes and flushes them when told to. */
class SlowSink implements FrameSink {
  bufferedBytes = 0;
  readonly sent: number[] = [];
  #flushers: (() => void)[] = [];

  send(data: Uint8Array, onFlushed?: () => void): void {
    this.bufferedBytes += data.length;
    this.sent.push(data[0] ?? -1);
    if (onFlushed !== undefined) this.#flushers.push(onFlushed);
  }

  flush(): void {
    this.bufferedBytes = 0;
    for (const flusher of this.#flushers.splice(0)) flusher();
  }
}

describe('an outlet', () => {
  it('keeps the socket short, and sends the rest in order as it drains', () => {
    const sink = new SlowSink();
    const dropped: number[] = [];
    const outlet = new FrameOutlet(sink, (lost) => dropped.push(lost[0] ?? -1));
    for (let mark = 0; mark < 20; mark += 1) outlet.send(frame(10_000, mark), 'peer');
    expect(sink.bufferedBytes).toBeLessThan(80_000);
    for (let round = 0; round < 5; round += 1) sink.flush();
    expect(sink.sent).toEqual(Array.from({ length: 20 }, (_, mark) => mark));
    expect(dropped).toEqual([]);
  });

  it('bounds what waits and tells what it drops', () => {
    const sink = new SlowSink();
    let dropped = 0;
    const outlet = new FrameOutlet(sink, () => {
      dropped += 1;
    });
    for (let count = 0; count < 200; count += 1) outlet.send(frame(10_000), 'peer');
    expect(dropped).toBeGreaterThan(130);
    outlet.close();
    sink.flush();
    expect(sink.sent.length).toBeLessThan(10);
  });
});
