import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { peerList } from './peer-list.ts';
import { askToConnect, scriptedWorld } from './scripted-peer.ts';

const events = (world: Awaited<ReturnType<typeof scriptedWorld>>) => world.under.events();

describe('one connection', () => {
  it('a smaller device keeps its own dial when both have said hello', async () => {
    const world = await scriptedWorld('larger');
    const connecting = askToConnect(world);
    await settle();
    const theirs = await world.peer.dial();
    await world.peer.say(theirs, { kind: 'hello', ...world.peer.greeting() });
    const [ours] = world.peer.accepted;
    if (ours === undefined) throw new Error('no connection');
    expect(await world.peer.read(ours)).toMatchObject([{ kind: 'hello' }]);
    await world.clock.advance(250);
    expect(events(world)).toEqual([]);
    await world.peer.say(ours, { kind: 'welcome', ...world.peer.greeting() });
    expect(await theirs.closed).toMatchObject({ by: 'peer', name: 'duplicate' });
    await connecting;
    await world.clock.advance(1_000);
    expect(events(world)).toEqual(['link.up']);
  });

  it('a smaller device answers the other hello when its own is not answered for as long as an answer takes', async () => {
    const world = await scriptedWorld('larger');
    const connecting = askToConnect(world);
    await settle();
    const theirs = await world.peer.dial();
    await world.peer.say(theirs, { kind: 'hello', ...world.peer.greeting() });
    await world.clock.advance(300);
    await connecting;
    expect(await world.peer.accepted[0]?.closed).toMatchObject({ by: 'peer', name: 'duplicate' });
    expect(await world.peer.read(theirs)).toContainEqual(expect.objectContaining({ kind: 'welcome' }));
    expect(events(world)).toEqual(['link.up']);
  });

  it('of two hellos that its own goes before, the newer one stands by, for no longer than the first would have', async () => {
    const world = await scriptedWorld('larger');
    const connecting = askToConnect(world);
    await settle();
    const [first, second] = [await world.peer.dial(), await world.peer.dial()];
    await world.peer.say(first, { kind: 'hello', ...world.peer.greeting() });
    await world.clock.advance(200);
    await world.peer.say(second, { kind: 'hello', ...world.peer.greeting() });
    expect(await first.closed).toMatchObject({ by: 'peer', name: 'duplicate' });
    await world.clock.advance(100);
    await connecting;
    expect(await world.peer.read(second)).toContainEqual(expect.objectContaining({ kind: 'welcome' }));
    expect(events(world)).toEqual(['link.up']);
  });

  it('a hello that stands by is forgotten with its connection, and closed when the device leaves', async () => {
    const world = await scriptedWorld('larger');
    const connecting = askToConnect(world);
    connecting.catch(() => undefined);
    await settle();
    const gone = await world.peer.dial();
    await world.peer.say(gone, { kind: 'hello', ...world.peer.greeting() });
    await gone.close('cancelled', '');
    await world.clock.advance(1_000);
    expect(events(world)).toEqual([]);
    const standing = await world.peer.dial();
    await world.peer.say(standing, { kind: 'hello', ...world.peer.greeting() });
    await settle();
    await world.under.harness.client.request('sayGoodbye', {});
    expect(await standing.closed).toMatchObject({ by: 'peer', name: 'duplicate' });
    await world.clock.advance(1_000);
    expect(events(world)).toEqual([]);
  });

  it('a smaller device gives in when its hello has been out for 3 s: nobody is going to answer it', async () => {
    const world = await scriptedWorld('larger');
    const connecting = askToConnect(world);
    await world.clock.advance(3_000);
    await world.peer.link();
    await connecting;
    expect(await world.peer.accepted[0]?.closed).toMatchObject({ by: 'peer', name: 'duplicate' });
    expect(events(world)).toEqual(['link.up']);
  });

  it('a larger device gives in when both have said hello, and its connect resolves all the same', async () => {
    const world = await scriptedWorld('smaller');
    const connecting = askToConnect(world);
    await settle();
    const theirs = await world.peer.link();
    await connecting;
    expect(await world.peer.accepted[0]?.closed).toMatchObject({ by: 'peer', name: 'duplicate' });
    expect(events(world)).toEqual(['link.up']);
    expect(await world.peer.read(theirs)).not.toContainEqual(expect.objectContaining({ kind: 'hello' }));
  });

  it('a hello that a later welcome overtook changes nothing, linked or not', async () => {
    const world = await scriptedWorld('larger');
    const overtaken = await world.peer.dial();
    const oldHello = world.peer.greeting();
    const connecting = askToConnect(world);
    await settle();
    const [ours] = world.peer.accepted;
    if (ours === undefined) throw new Error('no connection');
    await world.peer.say(ours, { kind: 'welcome', ...world.peer.greeting() });
    await connecting;
    await world.peer.say(overtaken, { kind: 'hello', ...oldHello });
    expect(await overtaken.closed).toMatchObject({ name: 'duplicate' });
    expect(events(world)).toEqual(['link.up']);

    const another = await world.peer.dial();
    await ours.close('shutdown', '');
    await settle();
    await world.peer.say(another, { kind: 'hello', ...oldHello });
    expect(await another.closed).toMatchObject({ name: 'duplicate' });
    expect(events(world)).toEqual(['link.up', 'link.down goodbye']);
  });

  it('a newer hello displaces a link at once', async () => {
    const world = await scriptedWorld();
    const old = await world.peer.link();
    await world.peer.link();
    expect(await old.closed).toMatchObject({ by: 'peer', name: 'superseded' });
    expect(events(world)).toEqual(['link.up', 'link.down superseded', 'link.up']);
  });

  it('a higher incarnation displaces a link at once, whatever its turn', async () => {
    const world = await scriptedWorld();
    const old = await world.peer.link({ turn: 50 });
    await world.peer.link({ incarnation: 2, life: 'bbbbbbbbbbbbbbbb', turn: 1 });
    // It is asked once more whether it is alive.
    await world.clock.advance(2_000);
    expect(await old.closed).toMatchObject({ name: 'superseded' });
    expect(world.under.harness.toldOf('link.up').at(-1)).toMatchObject({ incarnation: 2 });
  });

  it('a lower incarnation is stale, also after the link is down, also by what the store knew', async () => {
    const world = await scriptedWorld();
    await world.peer.link({ incarnation: 5 });
    const late = await world.peer.dial();
    await world.peer.say(late, { kind: 'hello', ...world.peer.greeting({ incarnation: 4 }) });
    expect(await late.closed).toMatchObject({ name: 'stale' });
    expect(events(world)).toEqual(['link.up', 'peer.refused']);

    const { peer, under } = world;
    const record = { deviceId: peer.deviceId, endpointId: peer.endpointId, lastReceived: null };
    await under.harness.client.request('setPeers', peerList({ ...record, incarnation: 9 }));
    const again = await peer.dial();
    await peer.say(again, { kind: 'hello', ...peer.greeting({ incarnation: 8 }) });
    expect(await again.closed).toMatchObject({ name: 'stale' });
  });

  it('a device that was paired anew counts from the beginning, and what waits for it still arrives', async () => {
    const { peer, under } = await scriptedWorld();
    const message = { kind: 'message', sequence: 1, sizeBytes: 1, offset: 0, part: Uint8Array.of(7) } as const;
    const old = await peer.link({ incarnation: 5 });
    await peer.say(old, message);
    await settle();
    under.harness.client
      .request('sendMessage', { deviceId: peer.deviceId, payload: Uint8Array.of(9) })
      .catch(() => undefined);
    await settle();
    const record = { deviceId: peer.deviceId, endpointId: peer.endpointId, lastReceived: null, incarnation: 0 };
    await under.harness.client.request('setPeers', peerList({ ...record, pairing: 2 }));
    expect(await old.closed).toMatchObject({ name: 'superseded' });

    const anew = await peer.link({ incarnation: 1, life: 'bbbbbbbbbbbbbbbb', turn: 1 });
    await peer.say(anew, message);
    expect(await peer.read(anew)).toContainEqual(expect.objectContaining({ kind: 'message', part: Uint8Array.of(9) }));
    expect(under.harness.toldOf('link.up').map(({ incarnation }) => incarnation)).toEqual([5, 1]);
    expect(under.harness.toldOf('message.received').map(({ position }) => position)).toEqual([
      { incarnation: 5, sequence: 1 },
      { incarnation: 1, sequence: 1 },
    ]);
  });

  it('the late close of an old connection does not touch the new link', async () => {
    const world = await scriptedWorld();
    const { network, under, peer, clock } = world;
    const old = await peer.link();
    network.setDelay(under.endpointId, peer.endpointId, 100);
    await old.close('shutdown', '');
    network.setDelay(under.endpointId, peer.endpointId, 0);
    await peer.link();
    await clock.advance(400);
    expect(events(world)).toEqual(['link.up', 'link.down superseded', 'link.up']);
    expect((await under.harness.client.request('status', {})).links).toMatchObject([{ state: 'connected' }]);
  });

  it('frames of a displaced connection are not heard any more', async () => {
    const world = await scriptedWorld();
    const { peer, under, network, clock } = world;
    const old = await peer.link();
    network.setDelay(under.endpointId, peer.endpointId, 100);
    await peer.say(old, { kind: 'message', sequence: 1, sizeBytes: 1, offset: 0, part: Uint8Array.of(1) });
    await settle();
    network.setDelay(under.endpointId, peer.endpointId, 0);
    await peer.link();
    await clock.advance(400);
    expect(under.harness.toldOf('message.received')).toEqual([]);
  });

  it('dials only when what is left of an old connection is closed', async () => {
    const world = await scriptedWorld();
    const { peer, under, network, clock } = world;
    await peer.link();
    const { request } = under.endpoint;
    const asked: string[] = [];
    const closing = Promise.withResolvers<void>();
    under.endpoint.request = async (name, input, options) => {
      asked.push(name);
      if (name === 'close') await closing.promise;
      return await request(name, input, options);
    };
    network.block(under.endpointId, peer.endpointId);
    await clock.advance(7_000);
    expect(events(world)).toEqual(['link.up', 'link.down notResponding']);
    network.unblock(under.endpointId, peer.endpointId);
    const connecting = askToConnect(world);
    connecting.catch(() => undefined);
    await settle();
    expect(asked).toContain('close');
    expect(asked).not.toContain('dial');
    closing.resolve();
    await settle();
    expect(asked).toContain('dial');
    expect(peer.accepted).toHaveLength(1);
  });

  it('a connection that never says hello is closed after 10 s, and the fifth closes the first', async () => {
    const { peer, clock, under } = await scriptedWorld();
    const dialled = [];
    for (let count = 0; count < 5; count += 1) dialled.push(await peer.dial());
    await settle();
    const [first, second] = dialled;
    expect(await first?.closed).toMatchObject({ name: 'busy' });
    await clock.advance(10_000);
    expect(await second?.closed).toMatchObject({ name: 'timed-out' });
    expect(under.events()).toEqual([]);
  });
});
