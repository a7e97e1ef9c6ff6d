import { errorCode } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { gone } from './peer-list.ts';
import { askToConnect, scriptedWorld } from './scripted-peer.ts';
import { statusOf, twoDevices, twoLinkedDevices } from './two-devices.ts';

describe('last words', () => {
  it('goodbye is understood at once and ends the link on both sides', async () => {
    const { low, high, network, clock } = await twoLinkedDevices();
    await low.harness.client.request('sayGoodbye', {});
    await settle();
    expect(clock.monotonicMs()).toBe(0);
    expect(low.events()).toEqual(['link.up', 'link.down closedHere']);
    expect(high.events()).toEqual(['link.up', 'link.down goodbye']);
    expect(network.openConnectionCount).toBe(0);
  });

  it('after goodbye nobody links until the device presents itself again; messages keep waiting', async () => {
    const { low, high } = await twoLinkedDevices();
    await low.harness.client.request('sayGoodbye', {});
    await expect(low.connect(high)).rejects.toMatchObject({ code: 'LINKS_UNAVAILABLE' });
    await expect(high.connect(low)).rejects.toMatchObject({ code: 'LINK_REFUSED', data: { name: 'shutdown' } });
    const sending = low.send(high, 'later');
    expect(await statusOf(low, high)).toMatchObject({ unacknowledgedCount: 1 });
    await low.present();
    await high.connect(low);
    await sending;
    expect(high.journal).toEqual(['later']);
  });

  it('goodbye does not wait for a peer that says nothing', async () => {
    const { low, high, clock, network } = await twoLinkedDevices();
    network.block(low.endpointId, high.endpointId);
    let isDone = false;
    const leaving = low.harness.client.request('sayGoodbye', {}).then(() => {
      isDone = true;
    });
    await clock.advance(499);
    expect(isDone).toBe(false);
    await clock.advance(1);
    await leaving;
    network.unblock(low.endpointId, high.endpointId);
    await settle();
    expect(high.events()).toEqual(['link.up', 'link.down goodbye']);
  });

  it('goodbye is a frame and a close code', async () => {
    const { peer, under, clock } = await scriptedWorld();
    const connection = await peer.link();
    const leaving = under.harness.client.request('sayGoodbye', {});
    expect(await peer.read(connection)).toContainEqual({ kind: 'goodbye' });
    await clock.advance(500);
    await leaving;
    expect(await connection.closed).toMatchObject({ name: 'shutdown' });
  });

  it('goodbye ends a dial under way', async () => {
    const world = await scriptedWorld();
    const outcome = askToConnect(world).catch((error: unknown) => errorCode(error));
    await settle();
    await world.under.harness.client.request('sayGoodbye', {});
    expect(await outcome).toBe('LINKS_UNAVAILABLE');
    expect(await world.peer.accepted[0]?.closed).toMatchObject({ name: 'shutdown' });
  });

  it('removing a peer tells it so and ends the link', async () => {
    const { low, high, network } = await twoLinkedDevices();
    await low.harness.client.request('setPeers', gone(high.deviceId));
    await settle();
    expect(low.events()).toEqual(['link.up', 'link.down closedHere']);
    expect(high.events()).toEqual(['link.up', 'link.down unpaired', 'peer.unpaired']);
    expect(network.openConnectionCount).toBe(0);
    expect((await low.harness.client.request('status', {})).links).toEqual([]);
    await low.harness.client.request('setPeers', gone(high.deviceId));
  });

  it('removing a peer is understood by its close code alone', async () => {
    const { peer, under, clock } = await scriptedWorld();
    const connection = await peer.link();
    const removing = under.harness.client.request('setPeers', gone(peer.deviceId));
    expect(await peer.read(connection)).toContainEqual({ kind: 'unpaired' });
    await clock.advance(500);
    await removing;
    expect(await connection.closed).toMatchObject({ name: 'unpaired' });
  });

  it('a peer that admits us no longer says unpaired by its endpoint', async () => {
    const { low, high } = await twoLinkedDevices();
    await low.endpoint.request('setAdmitted', { endpointId: low.endpointId, admitted: [] });
    await settle();
    expect(high.events()).toEqual(['link.up', 'link.down unpaired', 'peer.unpaired']);
    expect(low.events()).toEqual(['link.up', 'link.down closedHere']);
  });

  it('a removed and added peer links and gets messages as if new', async () => {
    const { low, high } = await twoDevices();
    for (const [one, other] of [
      [low, high],
      [high, low],
    ] as const) {
      await one.harness.client.request('setPeers', gone(other.deviceId));
      await one.know(other);
    }
    await low.connect(high);
    await low.send(high, 'again');
    expect(high.journal).toEqual(['again']);
  });
});
