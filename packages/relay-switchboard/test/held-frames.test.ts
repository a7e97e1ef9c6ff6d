import { type FakeClock, fakeClock } from '@bowline/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { HeldFrames } from '../src/held-frames.ts';

let clock: FakeClock;
let dropped: number[];
let held: HeldFrames;

beforeEach(() => {
  clock = fakeClock();
  dropped = [];
  held = new HeldFrames(clock, (frame) => dropped.push(frame[0] ?? -1));
});

const released = (): readonly number[] => {
  const marks: number[] = [];
  held.release((frame) => marks.push(frame[0] ?? -1));
  return marks;
};

describe('held frames', () => {
  it('are given out in order, once', () => {
    for (const mark of [1, 2]) held.hold(Uint8Array.of(mark), 'peer');
    expect([released(), released(), dropped]).toEqual([[1, 2], [], []]);
  });

  it('are dropped after three seconds', async () => {
    held.hold(Uint8Array.of(1), 'peer');
    await clock.advance(3_001);
    held.hold(Uint8Array.of(2), 'peer');
    expect([released(), dropped]).toEqual([[2], [1]]);
  });

  it('are bounded for one peer and in all', () => {
    for (let count = 0; count < 100; count += 1) held.hold(new Uint8Array(1_000), `peer-${count % 20}`);
    expect(released().length).toBe(43);
  });
});
