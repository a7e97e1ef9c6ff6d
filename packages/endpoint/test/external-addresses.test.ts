import { brandAs, type SocketAddress } from '@bowline/contracts';
import { expect, it } from 'vitest';
import { externalAddresses } from '../src/external-addresses.ts';

const [one, two] = ['192.0.2.1:1', '192.0.2.2:2'].map((each) => brandAs<SocketAddress>(each)) as [
  SocketAddress,
  SocketAddress,
];

/** What the binding was told, and holds. */
const native = () => {
  const calls: string[] = [];
  const held = new Set<string>();
  let failures = 0;
  return {
    calls,
    held,
    failOnce: () => {
      failures += 1;
    },
    addExternalAddr: async (address: string) => {
      await Promise.resolve();
      if (failures > 0) {
        failures -= 1;
        throw new Error('not now');
      }
      calls.push(`add ${address}`);
      held.add(address);
    },
    removeExternalAddr: async (address: string) => {
      await Promise.resolve();
      calls.push(`remove ${address}`);
      return held.delete(address);
    },
  };
};

it('tells what is new and takes back what is gone, and nothing when nothing has changed', async () => {
  const binding = native();
  const set = externalAddresses(binding);
  await set([one]);
  await set([one, one]);
  await set([two]);
  expect(binding.calls).toEqual([`add ${one}`, `remove ${one}`, `add ${two}`]);
});

it('ends as it was told last, whatever was under way', async () => {
  const binding = native();
  const set = externalAddresses(binding);
  await Promise.all([set([one, two]), set([]), set([two]), set([one])]);
  expect([...binding.held]).toEqual([one]);
});

it('tells again what the binding did not take', async () => {
  const binding = native();
  const set = externalAddresses(binding);
  binding.failOnce();
  await expect(set([one])).rejects.toThrow('not now');
  await set([one]);
  expect([...binding.held]).toEqual([one]);
});
