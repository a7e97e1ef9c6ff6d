import { describe, expect, it } from 'vitest';
import { RecentFrames } from '../src/recent-frames.ts';

const marks = (frames: readonly { readonly frame: Uint8Array }[]): readonly number[] =>
  frames.map(({ frame }) => frame[0] ?? -1);

describe('recent frames', () => {
  it('are given out from a moment on, oldest first, once', () => {
    const recent = new RecentFrames();
    for (const mark of [1, 2, 3, 4]) recent.note(Uint8Array.of(mark), 'peer', mark * 10);
    expect(marks(recent.takeSince(20))).toEqual([2, 3, 4]);
    expect(recent.takeSince(0)).toEqual([]);
  });

  it('are the last 32', () => {
    const recent = new RecentFrames();
    for (let mark = 0; mark < 100; mark += 1) recent.note(Uint8Array.of(mark), 'peer', mark);
    expect(marks(recent.takeSince(0))).toEqual(Array.from({ length: 32 }, (_, index) => 68 + index));
  });

  it('leave out large ones, and keep no large buffer alive', () => {
    const recent = new RecentFrames();
    recent.note(new Uint8Array(1_601), 'peer', 0);
    recent.note(new Uint8Array(65_536).subarray(0, 100), 'peer', 0);
    const kept = recent.takeSince(0);
    expect(kept).toHaveLength(1);
    expect(kept[0]?.frame.buffer.byteLength).toBeLessThan(65_536);
  });
});
