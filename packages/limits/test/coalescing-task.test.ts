import { expect, it } from 'vitest';
import { CoalescingTask } from '../src/index.ts';

const held = () => {
  const runs: PromiseWithResolvers<void>[] = [];
  const task = new CoalescingTask(() => {
    const run = Promise.withResolvers<void>();
    runs.push(run);
    return run.promise;
  });
  return { runs, task };
};

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

it('runs once more for all that asked while it ran, and not before it has ended', async () => {
  const { runs, task } = held();
  const first = task.run();
  const others = [task.run(), task.run(), task.run()];
  await settle();
  expect(runs).toHaveLength(1);
  runs[0]?.resolve();
  await first;
  await settle();
  expect(runs).toHaveLength(2);
  runs[1]?.resolve();
  await Promise.all(others);
  await settle();
  expect(runs).toHaveLength(2);
});

it('runs anew after a failure, which only those hear who waited for that run', async () => {
  const { runs, task } = held();
  const first = task.run();
  const second = task.run();
  runs[0]?.reject(new Error('refused'));
  await expect(first).rejects.toThrow('refused');
  await settle();
  runs[1]?.resolve();
  await expect(second).resolves.toBeUndefined();
  const third = task.run();
  runs[2]?.resolve();
  await third;
  expect(runs).toHaveLength(3);
});
