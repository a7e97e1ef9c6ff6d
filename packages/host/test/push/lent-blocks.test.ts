import { expect, it } from 'vitest';
import { lentBlocks } from '../../src/push/lent-blocks.ts';

it('a block is used again once the other side has it, and not before', async () => {
  let keptBytes = 0;
  const blocks = lentBlocks({ lend: async () => keptBytes }, 100);
  const [first, second] = [blocks.take(), blocks.take()];
  expect(second).not.toBe(first);
  keptBytes = 100;
  await blocks.lend(first, first);
  expect(blocks.take()).not.toBe(first);
  // Ten bytes of the first are missing still.
  keptBytes = 60;
  await blocks.lend(second, second.subarray(0, 50));
  expect(blocks.take()).not.toBe(first);
  keptBytes = 59;
  await blocks.say(new Uint8Array(9));
  expect(blocks.take()).toBe(first);
  expect(blocks.take()).not.toBe(second);
  keptBytes = 0;
  await blocks.say(new Uint8Array(1));
  expect(blocks.take()).toBe(second);
});
