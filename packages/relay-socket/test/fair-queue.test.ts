import { describe, expect, it } from 'vitest';
import { FairQueue } from '../src/fair-queue.ts';
import { FrameOutlet, type FrameSink } from '../src/frame-outlet.ts';

const frame = (sizeBytes: number, mark = 0): Uint8Array => new Uint8Array(sizeBytes).fill(mark);

const queueOf = (peerBytes: number, totalBytes: number): { queue: FairQueue<Uint8Array>; dropped: string[] } => {
  const dropped: string[] = [];
  const queue = new FairQueue<Uint8Array>({ peerBytes, totalBytes }, (lost, peer) =>
    dropped.push(`${peer}:${lost[0]}`),
  );
  return { queue, dropped };
};

const drain = (queue: FairQueue<Uint8Array>): readonly string[] => {
  const order: string[] = [];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) order.push(next.peer);
  return order;
};

describe('a fair queue', () => {
  it('keeps the order of one peer', () => {
    const { queue } = queueOf(1_000, 1_000);
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
    const { queue, dropped } = queueOf(25, 1_000);
    for (const mark of [1, 2, 3, 4]) queue.push('a', frame(10, mark));
    queue.push('b', frame(10, 9));
    expect(dropped).toEqual(['a:1', 'a:2']);
    expect(queue.sizeBytes).toBe(30);
  });

  it('drops from the longest lane when all together are too much', () => {
    const { queue, dropped } = queueOf(100, 100);
    queue.push('small', frame(10, 1));
    for (let count = 0; count < 9; count += 1) queue.push('bulk', frame(10, 2));
    queue.push('other', frame(10, 3));
    expect(dropped).toEqual(['bulk:2']);
  });

  it('drops everything when cleared', () => {
    const { queue, dropped } = queueOf(100, 100);
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
