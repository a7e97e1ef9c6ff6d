import { describe, expect, it, onTestFinished } from 'vitest';
import { deafReaders } from '../../../tools/hostile/relay/attacks/deaf-readers.ts';
import { startTarget, type Target } from '../../../tools/hostile/relay/target.ts';
import { watch } from '../../../tools/hostile/relay/watch.ts';

const attack = deafReaders('short');

/** Bytes the relay gained at most while clients that never read were sent all they could be sent. */
const growthOf = async (target: Target): Promise<number> => {
  onTestFinished(() => target.end());
  const before = target.residentBytes();
  const watching = watch(target);
  const unexpected = (what: string): never => {
    throw new Error(what);
  };
  await attack.run({ scale: 'short', target, tally: () => undefined, breach: unexpected });
  return (await watching.end()).residentBytes - before;
};

// What a process holds is read from /proc, and clients come from all of 127.0.0.0/8.
describe.skipIf(process.platform !== 'linux')('the memory of a relay with readers that never read (Linux)', () => {
  it('is bounded, and free again when they are gone', async () => {
    const target = await startTarget({});
    expect(await growthOf(target)).toBeLessThan(attack.allowedGrowthBytes);
    await expect.poll(() => target.metric('clients')).toBe(0);
    expect(await target.metric('queued_bytes')).toBe(0);
    expect(await target.metric('left_total{reason="stalled"}')).toBeGreaterThan(0);
  });

  it('would be seen to grow without the limits', async () => {
    const target = await startTarget(attack.defenceless ?? {});
    expect(await growthOf(target)).toBeGreaterThan(attack.allowedGrowthBytes);
  });
});
