import { systemClock, systemRandom } from '@bowline/system-ports';
import { describe, expect, it } from 'vitest';

describe('systemClock', () => {
  it('fires a timer, and not a cancelled one', async () => {
    const fired: string[] = [];
    await new Promise<void>((resolve) => {
      systemClock.setTimer(0, () => fired.push('cancelled'))();
      systemClock.setTimer(1, () => {
        fired.push('kept');
        resolve();
      });
    });
    expect(fired).toEqual(['kept']);
  });

  it('takes a delay of 0 for the end of this turn, before which nothing else turns', async () => {
    const order: string[] = [];
    systemClock.setTimer(0, () => order.push('cancelled'))();
    const fired = new Promise<void>((resolve) => {
      systemClock.setTimer(0, () => {
        order.push('timer');
        resolve();
      });
    });
    setImmediate(() => order.push('next'));
    await Promise.resolve();
    order.push('microtask');
    await fired;
    expect(order).toEqual(['microtask', 'timer']);
  });

  it('does not fire at once when the delay exceeds what Node can count', async () => {
    let hasFired = false;
    const cancel = systemClock.setTimer(1e12, () => {
      hasFired = true;
    });
    await new Promise<void>((resolve) => systemClock.setTimer(2, resolve));
    cancel();
    expect(hasFired).toBe(false);
  });

  it('never goes back', () => {
    const first = systemClock.monotonicMs();
    expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(first);
  });
});

describe('systemRandom', () => {
  it('gives as many bytes as asked for, and others each time', () => {
    expect(systemRandom.bytes(32)).toHaveLength(32);
    expect(systemRandom.bytes(32)).not.toEqual(systemRandom.bytes(32));
  });
});
