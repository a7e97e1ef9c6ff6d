import { describe, expect, it } from 'vitest';
import { SerialQueue } from '../src/serial-queue.ts';

describe('a serial queue', () => {
  it('runs one task after another, whatever becomes of them', async () => {
    const queue = new SerialQueue();
    const log: string[] = [];
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const [first, second] = gates.map((gate, index) =>
      queue.run(async () => {
        log.push(`begin ${index}`);
        await gate.promise;
        log.push(`end ${index}`);
        return index;
      }),
    );
    const third = queue.run(() => 'third');
    gates[1]?.resolve();
    await Promise.resolve();
    expect([log, queue.size]).toEqual([['begin 0'], 3]);
    gates[0]?.reject(new Error('failed'));
    await expect(first).rejects.toThrow('failed');
    expect(await second).toBe(1);
    expect(await third).toBe('third');
    await queue.idle();
    expect([log, queue.size]).toEqual([['begin 0', 'begin 1', 'end 1'], 0]);
  });

  it('passes on what a task throws at once', async () => {
    const queue = new SerialQueue();
    const failing = queue.run(() => {
      throw new Error('at once');
    });
    await expect(failing).rejects.toThrow('at once');
    expect(await queue.run(() => 1)).toBe(1);
  });
});
