import { brandAs, type EndpointId, PAIR_ALPN, type SocketAddress } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { encodeFrame } from '@bowline/wire-format';
import { describe, expect, it } from 'vitest';
import { FORGOTTEN_MS, type TestDevice, type TestWorld, testWorld } from './devices.ts';
import { stranger } from './stranger.ts';

const BYTES = new Uint8Array(32).fill(7);
const WRONG_CHALLENGE = encodeFrame({ type: 'challenge', version: 1, nonce: BYTES, proof: BYTES });
const LAN_ONLY = { relayUrls: [], meetingRelayUrls: [] };

/** The tag of the first code shown in every such world, because randomness is seeded: liars know it before the offer. */
const firstTag = async (): Promise<string> => {
  const world = testWorld();
  await (await world.device('nas', LAN_ONLY)).offer();
  await settle();
  return world.lan.tags()[0] ?? '';
};

/** What liars announced is heard before the honest offer; with relays disabled there is no other way. */
const liarsFirst = async (lie: (world: TestWorld, tag: string, nas: TestDevice) => Promise<void>) => {
  const tag = await firstTag();
  const world = testWorld();
  const nas = await world.device('nas', LAN_ONLY);
  const laptop = await world.device('laptop', LAN_ONLY);
  await lie(world, tag, nas);
  const { words } = await nas.offer();
  await settle();
  expect(new Set(world.lan.tags())).toEqual(new Set([tag]));
  await laptop.join(words);
  return { world, nas, laptop };
};

/** Strangers that take a connection and say nothing. */
const silentLiars = (count: number) => async (world: TestWorld, tag: string) => {
  for (let index = 0; index < count; index += 1) {
    const mallory = await stranger(world);
    mallory.connections.onAccepted(PAIR_ALPN, () => undefined);
    world.lan.forge(`mallory-${index}`, tag, mallory.endpointId, mallory.addresses);
  }
};

/** Counts the dials that the device has under way. */
const openDialsOf = (device: TestDevice) => {
  const open = new Set<Promise<unknown>>();
  let peak = 0;
  const { request } = device.endpoint;
  Object.assign(device.endpoint, {
    request: (...[name, ...rest]: Parameters<typeof request>) => {
      const answer = request(name, ...rest);
      if (name !== 'dial') return answer;
      open.add(answer);
      peak = Math.max(peak, open.size);
      const remove = () => void open.delete(answer);
      answer.then(remove, remove);
      return answer;
    },
  });
  return { peak: () => peak };
};

describe('liars that are heard first', () => {
  it.each([32, 100])('%i of them, all silent, only make the honest one wait for its turn', async (count) => {
    const { world, laptop } = await liarsFirst(silentLiars(count));
    await world.clock.advance(11_000);
    // It was heard at once, however long it waited.
    expect(laptop.completed()).toMatchObject([{ device: { name: 'nas' }, discoveredMs: 0 }]);
    expect(laptop.completed()[0]?.elapsedMs).toBeGreaterThan(2_000);
    await world.clock.advance(FORGOTTEN_MS);
    expect([world.network.openConnectionCount, world.clock.pendingTimerCount]).toEqual([0, 0]);
  });

  it('and found out at once, cost the honest one no turn, however many they are', async () => {
    const { world, laptop } = await liarsFirst(async (world, tag) => {
      for (let index = 0; index < 600; index += 1) {
        const mallory = await stranger(world);
        mallory.connections.onAccepted(PAIR_ALPN, (connection) => void connection.send(WRONG_CHALLENGE));
        world.lan.forge(`mallory-${index}`, tag, mallory.endpointId, mallory.addresses);
      }
    });
    // In small steps, because nothing but answers moves it on.
    for (let step = 0; step < 100; step += 1) await world.clock.advance(10);
    expect(laptop.completed()).toHaveLength(1);
  });

  it('with false addresses for the honest id do not push out the right one', async () => {
    const { world, laptop } = await liarsFirst(async (world, tag, nas) => {
      for (let source = 0; source < 8; source += 1) {
        const lies = Array.from({ length: 8 }, (_, index) => brandAs<SocketAddress>(`10.6.${source}.${index + 1}:9`));
        world.lan.forge(`liar-${source}`, tag, nas.endpointId, lies);
      }
    });
    await world.clock.advance(11_000);
    expect(laptop.completed()).toMatchObject([{ device: { name: 'nas' } }]);
  });

  it('with false addresses for the honest id leave none of them in the store', async () => {
    const { world, nas, laptop } = await liarsFirst(async (lan, tag, honest) => {
      for (let index = 1; index <= 40; index += 1) {
        lan.lan.forge(`mallory-${index}`, tag, honest.endpointId, [brandAs<SocketAddress>(`10.9.9.${index}:1`)]);
      }
    });
    await world.clock.advance(12_000);
    expect(laptop.completed()).toHaveLength(1);
    const [stored] = laptop.store.list();
    expect(stored?.directAddresses.map(({ address }) => address)).toEqual(nas.identity().directAddresses);
  });

  it('and change their addresses do not use up the dials of this device', async () => {
    const tag = await firstTag();
    const world = testWorld();
    const nas = await world.device('nas', LAN_ONLY);
    const laptop = await world.device('laptop', LAN_ONLY);
    const dials = openDialsOf(laptop);
    const { words } = await nas.offer();
    world.network.block(nas.endpointId, laptop.endpointId);
    await laptop.join(words);
    for (let round = 1; round <= 4; round += 1) {
      for (let liar = 0; liar < 32; liar += 1) {
        const endpointId = brandAs<EndpointId>((liar + 16).toString(16).repeat(32));
        world.lan.forge(`liar-${liar}`, tag, endpointId, [brandAs<SocketAddress>(`10.9.${liar}.${round}:9`)]);
      }
    }
    await world.clock.advance(11_000);
    // One for each of the 32 places; those given up are open a moment longer than their successors.
    expect(dials.peak()).toBeGreaterThanOrEqual(32);
    expect(dials.peak()).toBeLessThan(64);
  });

  it('are still there when everybody has had a turn, and the search ends in time', async () => {
    const tag = await firstTag();
    const world = testWorld();
    const nas = await world.device('nas', LAN_ONLY);
    const laptop = await world.device('laptop', LAN_ONLY);
    await silentLiars(40)(world, tag);
    const { words, sessionId } = await nas.offer();
    await nas.cancel(sessionId);
    await laptop.join(words);
    await world.clock.advance(18_000);
    expect(laptop.failed()).toMatchObject([{ code: 'NOBODY_FOUND' }]);
    await world.clock.advance(FORGOTTEN_MS);
    expect([world.network.openConnectionCount, world.clock.pendingTimerCount]).toEqual([0, 0]);
  });
});

describe('a dial', () => {
  /** Whether each endpoint was dialled as one that a stranger told of. */
  const dialsOf = (device: TestDevice) => {
    const told: (readonly [EndpointId, boolean | undefined])[] = [];
    const { request } = device.endpoint;
    Object.assign(device.endpoint, {
      request: (...[name, input, ...rest]: Parameters<typeof request>) => {
        if (name === 'dial' && 'connectionId' in input && 'to' in input) told.push([input.to, input.isFromStranger]);
        return request(name, input, ...rest);
      },
    });
    return told;
  };

  it.each([
    ['mDNS alone told of', true, 'words'],
    ['a ticket names', false, 'ticket'],
  ] as const)('of an endpoint that %s is that of a stranger: %s', async (_who, isStranger, code) => {
    const world = testWorld();
    const nas = await world.device('nas', { ...LAN_ONLY, hasMdns: isStranger });
    const laptop = await world.device('laptop', { ...LAN_ONLY, hasMdns: isStranger });
    const told = dialsOf(laptop);
    const offer = await nas.offer();
    await laptop.join(offer[code]);
    await world.clock.advance(100);
    expect(laptop.completed()).toHaveLength(1);
    expect(told).toEqual([[nas.endpointId, isStranger]]);
  });

  it('of an endpoint that the rendezvous tells of is none of a stranger, nor is that of the rendezvous', async () => {
    const world = testWorld();
    const nas = await world.device('nas', { hasMdns: false });
    const laptop = await world.device('laptop', { hasMdns: false });
    const told = dialsOf(laptop);
    const { words } = await nas.offer();
    await settle();
    await laptop.join(words);
    await world.clock.advance(100);
    expect(laptop.completed()).toHaveLength(1);
    expect(told.map(([, isStranger]) => isStranger)).toEqual([false, false]);
  });
});
