import { describe, expect, it } from 'vitest';
import { dialQueue } from '../src/dial-queue.ts';
import { deviceNumber } from './devices.ts';

const wide = { maxConcurrentDials: 100, maxDialsPerMinute: 60_000 };

const takeAll = (queue: ReturnType<typeof dialQueue>, nowMs: number) => {
  const taken: string[] = [];
  for (let next = queue.take(nowMs); next !== undefined; next = queue.take(nowMs)) taken.push(next);
  return taken;
};

describe('dialQueue', () => {
  it('serves first come first, urgent before routine, and never starves routine', () => {
    const queue = dialQueue(wide);
    for (let index = 0; index < 5; index += 1) queue.add(deviceNumber(index), 'routine');
    for (let index = 5; index < 10; index += 1) queue.add(deviceNumber(index), 'urgent');
    expect(takeAll(queue, 0)).toEqual(['d-5', 'd-6', 'd-7', 'd-0', 'd-8', 'd-9', 'd-1', 'd-2', 'd-3', 'd-4']);
  });

  it('keeps the place of a device that is added again, and moves it up when it became urgent', () => {
    const queue = dialQueue(wide);
    for (const index of [0, 1, 2, 0]) queue.add(deviceNumber(index), 'routine');
    queue.add(deviceNumber(2), 'urgent');
    queue.add(deviceNumber(2), 'routine');
    expect(takeAll(queue, 0)).toEqual(['d-2', 'd-0', 'd-1']);
  });

  it('keeps a quarter of the slots free of routine dials', () => {
    const queue = dialQueue({ ...wide, maxConcurrentDials: 8 });
    for (let index = 0; index < 10; index += 1) queue.add(deviceNumber(index), 'routine');
    expect(takeAll(queue, 0)).toHaveLength(6);
    for (let index = 20; index < 25; index += 1) queue.add(deviceNumber(index), 'urgent');
    expect(takeAll(queue, 0)).toEqual(['d-20', 'd-21']);
    expect(queue.nextAtMs(0)).toBeNull();
    queue.delete(deviceNumber(0));
    expect(takeAll(queue, 0)).toEqual(['d-22']);
    queue.delete(deviceNumber(20));
    queue.delete(deviceNumber(21));
    expect(takeAll(queue, 0)).toEqual(['d-6', 'd-23']);
  });

  it('serves a single slot', () => {
    const queue = dialQueue({ ...wide, maxConcurrentDials: 1 });
    queue.add(deviceNumber(0), 'routine');
    queue.add(deviceNumber(1), 'urgent');
    expect(takeAll(queue, 0)).toEqual(['d-1']);
    queue.delete(deviceNumber(1));
    expect(takeAll(queue, 0)).toEqual(['d-0']);
  });

  it('starts a burst of 128 at once and then one for each refill', () => {
    const queue = dialQueue({ maxConcurrentDials: 256, maxDialsPerMinute: 60 });
    for (let index = 0; index < 132; index += 1) queue.add(deviceNumber(index), 'routine');
    expect(takeAll(queue, 0)).toHaveLength(128);
    expect(queue.nextAtMs(0)).toBe(1_000);
    expect(takeAll(queue, 999)).toHaveLength(0);
    expect(takeAll(queue, 1_000)).toEqual(['d-128']);
    expect(takeAll(queue, 3_000)).toEqual(['d-129', 'd-130']);
  });

  it('does not let routine dials use up the rate of urgent ones', () => {
    const queue = dialQueue({ maxConcurrentDials: 256, maxDialsPerMinute: 60 });
    for (let index = 0; index < 132; index += 1) queue.add(deviceNumber(index), 'routine');
    takeAll(queue, 0);
    queue.add(deviceNumber(500), 'urgent');
    expect(takeAll(queue, 0)).toEqual(['d-500']);
  });
});
