import { describe, expect, it } from 'vitest';
import { testWorld } from './devices.ts';

/** Longer than any wait for the store. */
const FAR_TOO_LONG_MS = 120_000;

const offered = async () => {
  const world = testWorld();
  const nas = await world.device('nas');
  const laptop = await world.device('laptop');
  const { words } = await nas.offer();
  return { world, nas, laptop, words, both: { nas, laptop } };
};

const CUTS = (['nas', 'laptop'] as const).flatMap((who) =>
  (['listDevices', 'addPending', 'promote'] as const).flatMap((request) =>
    [false, true].map((isStored) => [who, request, isStored ? 'after' : 'before', isStored] as const),
  ),
);

describe('a store that dies during a pairing', () => {
  it.each(CUTS)('on the %s, at its %s, %s it was stored, and is restarted does not end it', async (...cut) => {
    const [who, request, , isStored] = cut;
    const { world, nas, laptop, words, both } = await offered();
    both[who].store.dieAt(request, isStored, 500);
    await laptop.join(words);
    await world.clock.advance(2_000);
    expect([nas.failed(), laptop.failed()]).toEqual([[], []]);
    expect([nas.completed().length, laptop.completed().length]).toEqual([1, 1]);
    expect([nas.store.states(), laptop.store.states()]).toEqual([['paired'], ['paired']]);
  });

  it('and stays away ends it for both before anything was confirmed', async () => {
    const { world, nas, laptop, words } = await offered();
    laptop.store.dieAt('addPending', false, FAR_TOO_LONG_MS);
    await laptop.join(words);
    await world.clock.advance(9_000);
    expect([nas.failed(), laptop.failed()]).toMatchObject([[{ code: 'CANCELLED' }], [{ code: 'INTERNAL' }]]);
    expect([nas.store.list(), laptop.store.list()]).toEqual([[], []]);
  });

  it('and stays away leaves the joiner pending once the initiator is paired, and says so', async () => {
    const { world, nas, laptop, words } = await offered();
    laptop.store.dieAt('promote', false, FAR_TOO_LONG_MS);
    await laptop.join(words);
    await world.clock.advance(9_000);
    expect(nas.completed()).toHaveLength(1);
    expect(laptop.failed()).toMatchObject([{ code: 'INTERNAL', leftPending: { endpointId: nas.endpointId } }]);
    expect(laptop.failed()[0]?.reason).toContain('The other device has stored the pairing already');
    expect([nas.store.states(), laptop.store.states()]).toEqual([['paired'], ['pending']]);
  });

  it('on the initiator, without a word on what it stored, leaves neither side paired', async () => {
    const { world, nas, laptop, words } = await offered();
    nas.store.dieAt('promote', true, 9_000);
    await laptop.join(words);
    await world.clock.advance(20_000);
    expect([nas.failed(), laptop.failed()]).toMatchObject([[{ code: 'INTERNAL' }], [{ code: 'CANCELLED' }]]);
    expect([nas.store.list(), laptop.store.list()]).toEqual([[], []]);
  });

  it('holds up no device that stops', async () => {
    const { world, nas, laptop, words } = await offered();
    laptop.store.dieAt('addPending', false, FAR_TOO_LONG_MS);
    await laptop.join(words);
    await world.clock.advance(100);
    await laptop.actor.stop();
    expect(laptop.failed()).toHaveLength(1);
    expect(nas.completed()).toEqual([]);
  });
});
