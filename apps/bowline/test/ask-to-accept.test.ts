import { afterEach, expect, test, vi } from 'vitest';
import { dropTypedAhead } from '../src/pairing/ask-to-accept.ts';

afterEach(() => vi.useRealTimers());

test('what was typed before the question is read, unfinished lines too, and dropped', async () => {
  vi.useFakeTimers();
  const done: string[] = [];
  const input = {
    setRawMode: (isRaw: boolean) => done.push(isRaw ? 'raw' : 'by line'),
    resume: () => done.push('read'),
    pause: () => done.push('stop'),
  };
  const dropped = dropTypedAhead(input as unknown as NodeJS.ReadStream);
  expect(done).toEqual(['raw', 'read']);
  await vi.advanceTimersByTimeAsync(50);
  await dropped;
  expect(done).toEqual(['raw', 'read', 'stop', 'by line']);
});
