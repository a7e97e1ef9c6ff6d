import { fakeClock } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { retry } from '../src/retry.ts';

const random = { bytes: (sizeBytes: number) => new Uint8Array(sizeBytes), ratio: () => 0 };

describe('what failed', () => {
  it('is tried again ever later up to 5 s, and soon again after a success', async () => {
    const clock = fakeClock();
    const again = retry({ clock, random });
    const triedAtMs: number[] = [];
    const fail = (): void => {
      triedAtMs.push(clock.monotonicMs());
      if (triedAtMs.length < 5) again.later(fail);
    };
    const startedAtMs = clock.monotonicMs();
    again.later(fail);
    await clock.advance(60_000);
    expect(triedAtMs.map((atMs) => atMs - startedAtMs)).toEqual([1_000, 3_000, 7_000, 12_000, 17_000]);
    again.settle();
    again.later(fail);
    await clock.advance(1_000);
    expect(triedAtMs).toHaveLength(6);
  });

  it('waits for one try alone, and for none once it is cancelled', async () => {
    const clock = fakeClock();
    const again = retry({ clock, random });
    const tried: string[] = [];
    again.later(() => tried.push('first'));
    again.later(() => tried.push('second'));
    await clock.advance(60_000);
    expect(tried).toEqual(['second']);
    again.later(() => tried.push('third'));
    again.cancel();
    await clock.advance(60_000);
    expect(tried).toEqual(['second']);
  });
});
