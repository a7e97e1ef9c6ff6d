import { expect, test } from 'vitest';
import { handleCollector } from '../src/handle-collector.ts';

test('collects once for every 128 that are over', () => {
  let collections = 0;
  const handles = handleCollector(() => {
    collections += 1;
  });
  for (let count = 0; count < 127; count += 1) handles.noteOver();
  expect(collections).toBe(0);
  handles.noteOver();
  expect(collections).toBe(1);
  for (let count = 0; count < 128; count += 1) handles.noteOver();
  expect(collections).toBe(2);
});

test('really collects what nobody holds', async () => {
  const handles = handleCollector();
  const isGone = Promise.withResolvers<void>();
  const registry = new FinalizationRegistry(() => isGone.resolve());
  (() => registry.register({ held: new Array(10).fill(0) }, ''))();
  // What was made in a turn of the event loop is held until its end.
  await new Promise<void>((resolve) => void setImmediate(resolve));
  for (let count = 0; count < 128; count += 1) handles.noteOver();
  await isGone.promise;
});
