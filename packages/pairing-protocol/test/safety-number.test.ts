import { endpointIdOf } from '@bowline/contracts';
import { expect, test } from 'vitest';
import { safetyNumber } from '../src/index.ts';

const [one, two, three] = [1, 2, 3].map((seed) => endpointIdOf(new Uint8Array(32).fill(seed))) as [
  ReturnType<typeof endpointIdOf>,
  ReturnType<typeof endpointIdOf>,
  ReturnType<typeof endpointIdOf>,
];

// The same digits come from the description alone, written down in another language.
test('is the number that the protocol page gives for its example', () => {
  expect(one).toBe('8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c');
  expect(two).toBe('8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394');
  expect(safetyNumber(one, two)).toBe('382860866360381781653149200629775514669556410204209458285365');
});

test('is the same at both devices, and another one for any other device', () => {
  expect(safetyNumber(two, one)).toBe(safetyNumber(one, two));
  expect(safetyNumber(one, three)).not.toBe(safetyNumber(one, two));
  expect(safetyNumber(one, three)).toMatch(/^[0-9]{60}$/);
});
