import { fakeClock } from '@bowline/testing';
import { describe, expect, test } from 'vitest';
import { SpacedTasks } from '../src/spaced-tasks.ts';

const arrange = () => {
  const clock = fakeClock();
  const ran: string[] = [];
  const tasks = new SpacedTasks<string>({ clock, spacingMs: 1_000, run: (key) => ran.push(key) });
  return { clock, ran, tasks };
};

describe('spaced tasks', () => {
  test('run at once, and for what was asked meanwhile once more', async () => {
    const { clock, ran, tasks } = arrange();
    for (let count = 0; count < 100; count += 1) tasks.ask('a');
    expect(ran).toEqual(['a']);
    await clock.advance(1_000);
    expect(ran).toEqual(['a', 'a']);
    await clock.advance(10_000);
    expect(ran).toHaveLength(2);
    tasks.ask('a');
    expect(ran).toHaveLength(3);
  });

  test('of one key do not wait for those of another', () => {
    const { ran, tasks } = arrange();
    for (const key of ['a', 'a', 'b']) tasks.ask(key);
    expect(ran).toEqual(['a', 'b']);
  });

  test('that wait run at a flush, and not again', async () => {
    const { clock, ran, tasks } = arrange();
    for (const key of ['a', 'a', 'b']) tasks.ask(key);
    tasks.flush();
    expect(ran).toEqual(['a', 'b', 'a']);
    await clock.advance(5_000);
    expect(ran).toHaveLength(3);
  });

  test('of a key that is forgotten are not run any more', async () => {
    const { clock, ran, tasks } = arrange();
    for (const key of ['a', 'a', 'b', 'b']) tasks.ask(key);
    tasks.delete('a');
    await clock.advance(1_000);
    expect(ran).toEqual(['a', 'b', 'b']);
    tasks.ask('b');
    tasks.clear();
    await clock.advance(5_000);
    expect(ran).toHaveLength(3);
  });

  test('keep their spacing however long they are asked for', async () => {
    const { clock, ran, tasks } = arrange();
    for (let count = 0; count < 100; count += 1) {
      tasks.ask('a');
      await clock.advance(100);
    }
    expect(ran.length).toBeLessThanOrEqual(11);
  });
});
