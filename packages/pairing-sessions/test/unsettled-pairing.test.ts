import { describe, expect, it } from 'vitest';
import { testWorld } from './devices.ts';

/** A joiner whose confirm arrived and whose initiator's confirm did not: the initiator is paired. */
const unsettled = async () => {
  const world = testWorld();
  const nas = await world.device('nas', { options: { maxEndedCodes: 1 } });
  const laptop = await world.device('laptop');
  world.network.setDelay(nas.endpointId, laptop.endpointId, 20);
  const { words } = await nas.offer();
  const joinId = await laptop.join(words);
  while (nas.completed().length === 0) await world.clock.advance(1);
  world.network.cut(nas.endpointId, laptop.endpointId);
  return { world, nas, laptop, words, joinId };
};

describe('a joiner that may be paired', () => {
  it('keeps its record when the initiator does not know the code any more, as after a restart', async () => {
    const { world, nas, laptop } = await unsettled();
    const other = await nas.offer();
    await nas.cancel(other.sessionId);
    await world.clock.advance(20_000);
    expect([nas.store.states(), laptop.store.states()]).toEqual([['paired'], ['pending']]);
    expect(laptop.failed()).toMatchObject([{ code: 'CONNECTION_LOST' }]);
  });

  it('keeps nothing when the person cancels, and says who is to be told', async () => {
    const { world, nas, laptop, joinId } = await unsettled();
    world.network.block(nas.endpointId, laptop.endpointId);
    await world.clock.advance(2_000);
    expect(laptop.states().at(-1)).toBe('returning');
    await laptop.cancel(joinId);
    await world.clock.advance(20_000);
    expect(laptop.store.list()).toEqual([]);
    expect(laptop.failed()).toMatchObject([{ code: 'CANCELLED', leftBehind: nas.endpointId }]);
    expect(laptop.failed()[0]?.reason).toContain('may have stored it already');
  });

  it('keeps its record when this device stops', async () => {
    const { world, nas, laptop } = await unsettled();
    world.network.block(nas.endpointId, laptop.endpointId);
    await world.clock.advance(2_000);
    await laptop.actor.stop();
    expect(laptop.store.states()).toEqual(['pending']);
    expect(laptop.failed()).toMatchObject([{ code: 'CONNECTION_LOST', leftBehind: null }]);
  });

  it('says that the other device may have stored the pairing when it cannot come back', async () => {
    const { world, nas, laptop } = await unsettled();
    world.network.block(nas.endpointId, laptop.endpointId);
    await world.clock.advance(20_000);
    expect(laptop.store.states()).toEqual(['pending']);
    expect(laptop.failed()[0]?.reason).toContain('settle it at their next contact');
  });
});
