import { describe, expect, it } from 'vitest';
import { testWorld } from './devices.ts';

describe('two devices that show a code each and join with the other’s', () => {
  it.each([0, 5, 10, 20, 30, 40])(
    '%i ms apart end paired, whenever one code is cancelled',
    async (lagMs) => {
      for (let cancelAtMs = 60; cancelAtMs <= 200; cancelAtMs += 5) {
        const world = testWorld();
        const [left, right] = [await world.device('left'), await world.device('right')];
        world.network.setDelay(left.endpointId, right.endpointId, 20);
        const [fromLeft, fromRight] = [await left.offer(), await right.offer()];
        await right.join(fromLeft.words);
        await world.clock.advance(lagMs);
        await left.join(fromRight.words);
        await world.clock.advance(cancelAtMs);
        await right.cancel(fromRight.sessionId);
        await world.clock.advance(60_000);
        expect([left.store.states(), right.store.states()]).toEqual([['paired'], ['paired']]);
        const codes = [...left.failed(), ...right.failed()].map(({ code }) => code);
        expect(codes).not.toContain('INTERNAL');
      }
    },
    60_000,
  );
});

describe('a session that fails', () => {
  it('leaves alone the record an earlier one could not settle', async () => {
    const world = testWorld();
    const [nas, laptop] = [await world.device('nas'), await world.device('laptop')];
    world.network.setDelay(nas.endpointId, laptop.endpointId, 20);
    const first = await nas.offer();
    await laptop.join(first.words);
    while (nas.completed().length === 0) await world.clock.advance(1);
    world.network.cut(nas.endpointId, laptop.endpointId);
    world.network.block(nas.endpointId, laptop.endpointId);
    await world.clock.advance(20_000);
    expect(laptop.store.states()).toEqual(['pending']);
    world.network.unblock(nas.endpointId, laptop.endpointId);
    await nas.store.client.request('removeDevice', { deviceId: nas.store.list()[0]!.id });
    nas.store.hold();
    const second = await nas.offer();
    await laptop.join(second.words);
    await world.clock.advance(1_000);
    expect(laptop.states().at(-1)).toBe('exchanging');
    void nas.cancel(second.sessionId);
    await world.clock.advance(1_000);
    expect(laptop.failed().at(-1)).toMatchObject({ code: 'CANCELLED' });
    expect(laptop.store.states()).toEqual(['pending']);
  });
});

describe('a code that is being joined with', () => {
  it('is refused on the same device until that has ended', async () => {
    const world = testWorld();
    const [nas, laptop] = [await world.device('nas'), await world.device('laptop')];
    const { words, ticket } = await nas.offer('ask');
    const joinId = await laptop.join(words, 'ask');
    await expect(laptop.join(ticket, 'ask')).rejects.toMatchObject({ code: 'JOIN_UNDER_WAY' });
    await world.clock.advance(10_000);
    expect([nas.asked().length, laptop.asked().length]).toEqual([1, 1]);
    await laptop.cancel(joinId);
    await laptop.join(words, 'ask');
    expect(laptop.states().at(-1)).toBe('searching');
  });
});
