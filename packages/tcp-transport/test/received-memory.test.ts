import { expect, it } from 'vitest';
import { receivedMemory } from '../src/received-memory.ts';

it('gives back what was taken, in order, and nothing before', () => {
  const memory = receivedMemory();
  const chunks = [new Uint8Array(100), new Uint8Array(50), new Uint8Array(10), new Uint8Array(70)];
  const left = (): readonly number[] => chunks.map(({ byteLength }) => byteLength);
  // Heads are told of nobody, and of a chunk that ends within a frame that is put together nothing is.
  for (const [index, told] of [90, 0, 50, 70].entries()) memory.told(chunks[index] as Uint8Array, told);
  memory.taken(89);
  expect(left()).toEqual([100, 50, 10, 70]);
  memory.taken(1);
  expect(left()).toEqual([0, 0, 10, 70]);
  memory.taken(60);
  expect(left()).toEqual([0, 0, 0, 70]);
  memory.taken(60);
  expect(left()).toEqual([0, 0, 0, 0]);
});

it('leaves alone what is a part of something else', () => {
  const memory = receivedMemory();
  const block = new Uint8Array(100);
  memory.told(block.subarray(0, 50), 50);
  memory.told(block.subarray(50), 50);
  memory.taken(100);
  expect(block.byteLength).toBe(100);
});
