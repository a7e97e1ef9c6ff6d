import { BowlineError, endpointIdOf, type SettingValue } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { openUnpairedEndpoints } from '../src/unpaired-endpoints.ts';

const ended = (seed: number, pairingId: string | null = null) => ({ endpointId: idOf(seed), pairingId });

const idOf = (seed: number) => endpointIdOf(new Uint8Array(32).fill(seed));

/** A store with one setting. */
const storeWith = (first?: SettingValue) => {
  let value = first;
  let isBroken = false;
  const request = async (name: string, input: { readonly value?: SettingValue }) => {
    await Promise.resolve();
    if (isBroken) throw new BowlineError({ code: 'WORKER_DOWN', message: 'm' });
    if (name === 'putSetting') value = input.value;
    return { value };
  };
  const setBroken = (broken: boolean): void => {
    isBroken = broken;
  };
  return { store: { client: { request } } as never, stored: () => value, setBroken };
};

describe('endpoints that were unpaired', () => {
  it('are kept across restarts, the newest last, each once', async () => {
    const { store } = storeWith();
    const before = await openUnpairedEndpoints(store);
    for (const seed of [1, 2, 1]) await before.add(idOf(seed), `p-${seed}`);
    expect((await openUnpairedEndpoints(store)).list()).toEqual([ended(2, 'p-2'), ended(1, 'p-1')]);
  });

  it('are forgotten once paired again', async () => {
    const { store, stored } = storeWith([idOf(1), idOf(2)]);
    await (await openUnpairedEndpoints(store)).remove(idOf(1));
    expect(stored()).toEqual([ended(2)]);
  });

  it('are all kept when several are unpaired and paired at once', async () => {
    const { store, stored } = storeWith([idOf(1)]);
    const unpaired = await openUnpairedEndpoints(store);
    await Promise.all([unpaired.add(idOf(2), null), unpaired.remove(idOf(1)), unpaired.add(idOf(3), null)]);
    expect(stored()).toEqual([ended(2), ended(3)]);
    expect(unpaired.list()).toEqual(stored());
  });

  it('are kept again after the store missed one', async () => {
    const { store, stored, setBroken } = storeWith();
    const unpaired = await openUnpairedEndpoints(store);
    setBroken(true);
    await expect(unpaired.add(idOf(1), null)).rejects.toMatchObject({ code: 'WORKER_DOWN' });
    setBroken(false);
    await unpaired.add(idOf(2), null);
    expect(stored()).toEqual([ended(2)]);
  });

  it('are 256 at most, the oldest forgotten first', async () => {
    const { store } = storeWith(Array.from({ length: 256 }, (_, index) => endpointIdOf(bytesOf(index))));
    const unpaired = await openUnpairedEndpoints(store);
    await unpaired.add(idOf(255), null);
    expect(unpaired.list()).toHaveLength(256);
    expect(unpaired.list().at(-1)).toEqual(ended(255));
    expect(unpaired.list()).not.toContainEqual({ endpointId: endpointIdOf(bytesOf(0)), pairingId: null });
  });

  it.each([null, 'text', { a: 1 }, [1, 'no id', null, { endpointId: 5 }, {}]])(
    'are none when the store holds %j',
    async (value) => {
      const { store } = storeWith(value as SettingValue);
      expect((await openUnpairedEndpoints(store)).list()).toEqual([]);
    },
  );
});

const bytesOf = (index: number): Uint8Array =>
  new Uint8Array(32)
    .fill(7)
    .fill(index >> 8, 0, 1)
    .fill(index & 0xff, 1, 2);
