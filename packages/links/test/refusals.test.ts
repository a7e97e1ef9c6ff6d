import { type CloseName, errorCode } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { encodeFrame } from '@bowline/wire-format';
import { describe, expect, it } from 'vitest';
import { gone } from './peer-list.ts';
import { askToConnect, scriptedWorld } from './scripted-peer.ts';
import { twoDevices } from './two-devices.ts';

const refusedBy = async (name: CloseName) => {
  const world = await scriptedWorld();
  const connecting = askToConnect(world);
  const outcome = connecting.catch((error: unknown) => error);
  await settle();
  await world.peer.accepted[0]?.close(name, '');
  await settle();
  return { ...world, outcome };
};

describe('a dial that does not become a link', () => {
  it('tells that the peer removed this device', async () => {
    const { outcome, under, peer } = await refusedBy('unpaired');
    expect(await outcome).toMatchObject({ code: 'LINK_REFUSED', retryable: false, data: { name: 'unpaired' } });
    expect(under.harness.toldOf('peer.unpaired')).toEqual([
      { deviceId: peer.deviceId, toldOn: 'dial', pairingId: null },
    ]);
  });

  it('does not take "not paired" for a removal: a peer that has just paired says so until it has stored the pairing', async () => {
    const { low, high } = await twoDevices();
    await high.endpoint.request('setAdmitted', { endpointId: high.endpointId, admitted: [] });
    await expect(low.connect(high)).rejects.toMatchObject({ code: 'LINK_REFUSED', data: { name: 'not-paired' } });
    expect(low.events()).toEqual([]);
    await high.endpoint.request('setAdmitted', { endpointId: high.endpointId, admitted: [low.endpointId] });
    await low.connect(high);
    expect(low.events()).toEqual(['link.up']);
  });

  it.each(['stale', 'busy', 'shutdown', 'version-unsupported', 'rejected'] as const)('is refused: %s', async (name) => {
    const { outcome, under } = await refusedBy(name);
    expect(await outcome).toMatchObject({ code: 'LINK_REFUSED', stage: 'handshake', data: { name } });
    expect(under.events()).toEqual(name === 'stale' ? ['self.refused'] : []);
  });

  it('is no failure as a duplicate, but does not wait for ever for the other connection', async () => {
    const { outcome, clock, peer, under } = await refusedBy('duplicate');
    await clock.advance(2_999);
    expect(under.harness.told).toEqual([]);
    await clock.advance(1);
    expect(await outcome).toMatchObject({ code: 'LINK_UNREACHABLE', stage: 'handshake' });
    expect(peer.accepted).toHaveLength(1);
  });

  it('resolves when the connection that beat it comes up', async () => {
    const { outcome, clock, peer } = await refusedBy('duplicate');
    await clock.advance(1_000);
    await peer.link();
    expect(await outcome).toMatchObject({ path: { kind: 'direct' } });
  });

  it('is unreachable when nobody is there, or no address fits', async () => {
    const { low, high, clock } = await twoDevices();
    await high.endpoint.request('unbind', { endpointId: high.endpointId });
    const outcome = low.connect(high, { timeoutMs: 3_000 }).catch((error: unknown) => error);
    await settle();
    expect((await low.harness.client.request('status', {})).links).toMatchObject([{ state: 'connecting' }]);
    await clock.advance(3_000);
    expect(await outcome).toMatchObject({ code: 'LINK_UNREACHABLE', retryable: true, stage: 'dial' });
    expect((await low.harness.client.request('status', {})).links).toMatchObject([{ state: 'offline' }]);
  });

  it('is unreachable when the connection breaks before the welcome', async () => {
    const world = await scriptedWorld();
    const outcome = askToConnect(world).catch((error: unknown) => error);
    await settle();
    world.network.cut(world.under.endpointId, world.peer.endpointId);
    expect(await outcome).toMatchObject({ code: 'LINK_UNREACHABLE', stage: 'handshake' });
  });

  it('is unreachable when no welcome comes within the handshake deadline, and closes its connection', async () => {
    const world = await scriptedWorld();
    const outcome = askToConnect(world).catch((error: unknown) => error);
    await world.clock.advance(10_000);
    expect(await outcome).toMatchObject({ code: 'LINK_UNREACHABLE', stage: 'handshake' });
    expect(await world.peer.accepted[0]?.closed).toMatchObject({ name: 'timed-out' });
  });

  it('is refused as stale when the welcome is of a lower incarnation than known', async () => {
    const world = await scriptedWorld();
    await (await world.peer.link({ incarnation: 4 })).close('shutdown', '');
    const outcome = askToConnect(world).catch((error: unknown) => error);
    await settle();
    const connection = world.peer.accepted.at(-1);
    if (connection === undefined) throw new Error('no connection');
    await world.peer.say(connection, { kind: 'welcome', ...world.peer.greeting({ incarnation: 3 }) });
    expect(await outcome).toMatchObject({ code: 'LINK_REFUSED', data: { name: 'stale' } });
  });

  it.each([
    ['a frame that is no greeting', encodeFrame({ kind: 'ping', nonce: 1 }), 'protocol-error'],
    ['bytes that are no frame', Uint8Array.of(255), 'protocol-error'],
    ['a kind of a later version', encodeFrame({ kind: 'wave' }), 'protocol-error'],
    ['a hello', encodeFrame({ kind: 'hello', version: 1 }), 'protocol-error'],
  ])('ends on %s for a welcome', async (_what, bytes, name) => {
    const world = await scriptedWorld();
    const outcome = askToConnect(world).catch((error: unknown) => error);
    await settle();
    await world.peer.accepted[0]?.send(bytes);
    expect(await outcome).toMatchObject({ code: 'LINK_UNREACHABLE' });
    expect(await world.peer.accepted[0]?.closed).toMatchObject({ name });
  });

  it.each([
    ['a frame that is no greeting', encodeFrame({ kind: 'ping', nonce: 1 }), 'protocol-error'],
    ['nothing', new Uint8Array(0), 'protocol-error'],
    ['a welcome', encodeFrame({ kind: 'welcome', version: 1 }), 'protocol-error'],
  ])('closes an incoming connection that begins with %s', async (_what, bytes, name) => {
    const { peer, under } = await scriptedWorld();
    const connection = await peer.dial();
    await connection.send(bytes);
    expect(await connection.closed).toMatchObject({ name });
    expect(under.events()).toEqual([]);
  });

  it('is refused by a welcome of another version, which ends it', async () => {
    const world = await scriptedWorld();
    const outcome = askToConnect(world).catch((error: unknown) => error);
    await settle();
    await world.peer.accepted[0]?.send(encodeFrame({ kind: 'welcome', version: 9 }));
    expect(await outcome).toMatchObject({ code: 'LINK_REFUSED', data: { name: 'version-unsupported' } });
    expect(await world.peer.accepted[0]?.closed).toMatchObject({ name: 'version-unsupported' });
  });

  it('tells of an incoming connection that begins with a hello of another version, and closes it', async () => {
    const { peer, under } = await scriptedWorld();
    const connection = await peer.dial();
    await connection.send(encodeFrame({ kind: 'hello', version: 2, more: 1 }));
    expect(await connection.closed).toMatchObject({ name: 'version-unsupported' });
    expect(under.harness.toldOf('peer.refused')).toEqual([{ deviceId: peer.deviceId, name: 'version-unsupported' }]);
  });

  it('is cancelled when the last caller goes, and closes what it had', async () => {
    const world = await scriptedWorld();
    const cancel = [new AbortController(), new AbortController()];
    const input = { deviceId: world.peer.deviceId, directAddresses: [], throughRelay: true, timeoutMs: 5_000 };
    const outcomes = cancel.map(({ signal }) =>
      world.under.harness.client.request('connect', input, { signal }).catch((error: unknown) => errorCode(error)),
    );
    await settle();
    cancel[0]?.abort();
    await settle();
    expect(world.peer.accepted).toHaveLength(1);
    cancel[1]?.abort();
    expect(await Promise.all(outcomes)).toEqual(['LINK_CANCELLED', 'LINK_CANCELLED']);
    expect(await world.peer.accepted[0]?.closed).toMatchObject({ name: 'cancelled' });
  });

  it('that reaches the other side just before its time is up still has time for the greetings', async () => {
    const world = await scriptedWorld();
    const { clock, network, peer, under } = world;
    network.setDelay(under.endpointId, peer.endpointId, 450);
    const connecting = askToConnect(world, 1_000);
    await clock.advance(1_400);
    const [connection] = peer.accepted;
    if (connection === undefined) throw new Error('not reached');
    await peer.say(connection, { kind: 'welcome', ...peer.greeting() });
    await clock.advance(450);
    await connecting;
    expect(under.events()).toEqual(['link.up']);
  });

  it('that reaches somebody who says nothing ends 3 s later, as its hello does not beat another one for longer', async () => {
    const world = await scriptedWorld();
    const outcome = askToConnect(world, 1_000).catch((error: unknown) => errorCode(error));
    await world.clock.advance(2_999);
    expect(world.network.openConnectionCount).toBe(1);
    await world.clock.advance(1);
    expect(await outcome).toBe('LINK_UNREACHABLE');
    expect(world.network.openConnectionCount).toBe(0);
  });

  it('needs a known device', async () => {
    const { low, high } = await twoDevices();
    const input = { directAddresses: [], throughRelay: true, timeoutMs: 1_000 };
    await low.harness.client.request('setPeers', gone(high.deviceId));
    await expect(low.harness.client.request('connect', { ...input, deviceId: high.deviceId })).rejects.toMatchObject({
      code: 'DEVICE_UNKNOWN',
    });
  });

  it('waits for a device that is admitted and not added yet, and is then only told to come again', async () => {
    const { low, high, clock } = await twoDevices();
    await high.harness.client.request('setPeers', gone(low.deviceId));
    const connecting = low.connect(high);
    await clock.advance(2_000);
    await high.know(low);
    await connecting;
    expect(low.events()).toEqual(['link.up']);

    await high.harness.client.request('setPeers', gone(low.deviceId));
    const outcome = low.connect(high, { timeoutMs: 30_000 }).catch((error: unknown) => error);
    await clock.advance(10_000);
    expect(await outcome).toMatchObject({ retryable: true });
    expect(low.harness.toldOf('peer.unpaired')).toHaveLength(1);
  });

  it('of a stranger the endpoint let in is held without a word, 64 at most, and closed with busy', async () => {
    const { under, peer, clock } = await scriptedWorld();
    await under.harness.client.request('setPeers', gone(peer.deviceId));
    const dialled = [];
    for (let count = 0; count < 65; count += 1) dialled.push(await peer.dial());
    await settle();
    expect(await dialled.at(-1)?.closed).toMatchObject({ name: 'busy' });
    const [first] = dialled;
    if (first === undefined) throw new Error('no connection');
    expect(await peer.read(first)).toEqual([]);
    await clock.advance(10_000);
    expect(await first.closed).toMatchObject({ name: 'busy' });
  });
});
