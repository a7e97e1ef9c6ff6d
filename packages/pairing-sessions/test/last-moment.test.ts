import { settle } from '@bowline/testing';
import { describe, expect, it, vi } from 'vitest';
import { testWorld } from './devices.ts';

/** Two devices on a slow network, one of which is not reached yet. */
const apart = async () => {
  const world = testWorld();
  const nas = await world.device('nas', { relayUrls: [] });
  const laptop = await world.device('laptop', { relayUrls: [] });
  world.network.setDelay(nas.endpointId, laptop.endpointId, 150);
  world.network.block(nas.endpointId, laptop.endpointId);
  return { world, nas, laptop };
};

describe('a handshake that ends while the search asks why it found nobody', () => {
  it('has found the initiator', async () => {
    const { world, nas, laptop } = await apart();
    const release = laptop.switchboard.holdStatus();
    const { words } = await nas.offer();
    await laptop.join(words);
    await world.clock.advance(11_600);
    world.network.unblock(nas.endpointId, laptop.endpointId);
    // The search is over at 12.5 s.
    await world.clock.advance(1_300);
    release();
    await world.clock.advance(5_000);
    expect([laptop.completed().length, nas.completed().length]).toEqual([1, 1]);
    expect(world.network.openConnectionCount).toBe(0);
  });

  it('does not count once that has been answered', async () => {
    const { world, nas, laptop } = await apart();
    const { words, sessionId } = await nas.offer();
    await laptop.join(words);
    await world.clock.advance(11_600);
    world.network.unblock(nas.endpointId, laptop.endpointId);
    await world.clock.advance(5_000);
    expect(laptop.failed()).toMatchObject([{ code: 'NOBODY_FOUND' }]);
    await nas.cancel(sessionId);
    await world.clock.advance(5_000);
    expect(world.network.openConnectionCount).toBe(0);
  });
});

describe('a device that stops while a join is just ending', () => {
  it('waits until the record is taken back and the end was told', async () => {
    const world = testWorld();
    const [nas, laptop] = [await world.device('nas'), await world.device('laptop')];
    const release = laptop.store.hold();
    const { words } = await nas.offer();
    const joinId = await laptop.join(words);
    await world.clock.advance(20);
    expect(laptop.states().at(-1)).toBe('storing');
    const cancelled = laptop.client.request('cancel', { sessionId: joinId });
    await settle();
    const isOver = vi.fn();
    const over = laptop.client.request('abandonAll', {}).then(isOver);
    await settle();
    expect(isOver).not.toHaveBeenCalled();
    expect(laptop.failed()).toEqual([]);
    release();
    await Promise.all([over, cancelled]);
    expect(laptop.failed()).toMatchObject([{ code: 'CANCELLED' }]);
    expect(laptop.store.list()).toEqual([]);
  });
});
