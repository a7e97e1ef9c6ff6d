import { brandAs } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { scriptedWorld } from './scripted-peer.ts';
import { statusOf, twoLinkedDevices } from './two-devices.ts';

describe('a link that dies', () => {
  it('in use is down within 1.2 s and its connection closed, and both sides tell one down', async () => {
    const { low, high, clock, network } = await twoLinkedDevices();
    await low.send(high, 'in use');
    await clock.advance(1_000);
    network.block(low.endpointId, high.endpointId);
    await clock.advance(1_200);
    expect(low.events().filter((event) => event.startsWith('link.'))).toEqual(['link.up', 'link.down notResponding']);
    expect(high.events().filter((event) => event.startsWith('link.'))).toEqual(['link.up', 'link.down notResponding']);
    expect(network.openConnectionCount).toBe(0);
    expect(await statusOf(low, high)).toMatchObject({ state: 'offline', path: null, rttMs: null });
  });

  it('idle is down within 3 s', async () => {
    const { low, high, clock, network } = await twoLinkedDevices();
    await clock.advance(60_000);
    expect(low.events()).toEqual(['link.up']);
    network.block(low.endpointId, high.endpointId);
    await clock.advance(2_999);
    expect(low.events()).toEqual(['link.up', 'link.down notResponding']);
  });

  it('idle is down within 1.2 s of somebody looking at the status', async () => {
    const { low, high, clock, network } = await twoLinkedDevices();
    await clock.advance(61_000);
    network.block(low.endpointId, high.endpointId);
    await clock.advance(500);
    const look = () => low.harness.client.request('status', { heardWithinMs: 1_000 });
    expect((await look()).links).toMatchObject([{ state: 'connected' }]);
    await clock.advance(1_200);
    expect((await look()).links).toMatchObject([{ state: 'offline', path: null }]);
    expect(low.events()).toEqual(['link.up', 'link.down notResponding']);
  });

  it('with the network of its device is down within 0.4 s of the change, and one that lives stays', async () => {
    const { low, high, clock, network } = await twoLinkedDevices();
    await clock.advance(60_500);
    await low.harness.client.request('checkNow', {});
    await clock.advance(5_000);
    expect(low.events()).toEqual(['link.up']);
    network.block(low.endpointId, high.endpointId);
    await low.harness.client.request('checkNow', {});
    await clock.advance(399);
    expect(low.events()).toEqual(['link.up']);
    await clock.advance(1);
    expect(low.events()).toEqual(['link.up', 'link.down notResponding']);
  });

  it('is noticed soon where it is heard from another address first, as a path that moved may lead nowhere', async () => {
    const { low, high, clock, network } = await twoLinkedDevices();
    await clock.advance(60_500);
    network.moveAddress(low.endpointId, high.endpointId, brandAs('192.0.2.77:4000'));
    await clock.advance(5_000);
    expect(low.events().filter((event) => event.startsWith('link.down'))).toEqual([]);
    network.moveAddress(low.endpointId, high.endpointId, brandAs('192.0.2.78:4000'));
    await clock.advance(100);
    network.block(low.endpointId, high.endpointId);
    await clock.advance(600);
    expect(low.events()).toContain('link.down notResponding');
  });

  it('is given its whole time where a relay carries it, which comes back by itself', async () => {
    const { low, high, clock, network } = await twoLinkedDevices();
    network.movePath(low.endpointId, high.endpointId, 'relay');
    await clock.advance(60_500);
    network.block(low.endpointId, high.endpointId);
    await low.harness.client.request('checkNow', {});
    await clock.advance(1_100);
    expect(low.events()).not.toContain('link.down notResponding');
    await clock.advance(100);
    expect(low.events()).toContain('link.down notResponding');
  });

  it('by a crash of the peer is down in time, and up again when the peer dials with a new incarnation', async () => {
    const { low, high, clock } = await twoLinkedDevices();
    await clock.advance(1_000);
    await high.restart(true);
    const dial = high.connect(low);
    await clock.advance(10);
    await dial;
    expect(low.events()).toEqual(['link.up', 'link.down superseded', 'link.up']);
    expect(low.harness.toldOf('link.up').at(-1)).toMatchObject({ incarnation: 2 });
    await clock.advance(60_000);
    expect(low.events()).toHaveLength(3);
  });

  it('over sleep is noticed within a second and a half of waking, and a living one is not harmed', async () => {
    const { low, high, clock, network } = await twoLinkedDevices();
    await clock.advance(1_500);
    clock.setWallTime(clock.nowMs() + 8 * 3_600_000);
    await clock.advance(20_000);
    expect(low.events()).toEqual(['link.up']);

    clock.setWallTime(clock.nowMs() + 8 * 3_600_000);
    network.block(low.endpointId, high.endpointId);
    await clock.advance(2_500);
    expect(low.events()).toEqual(['link.up', 'link.down notResponding']);
  });

  it('survives a silence shorter than that', async () => {
    const { low, high, clock, network } = await twoLinkedDevices();
    await low.send(high, 'in use');
    await clock.advance(1_000);
    network.block(low.endpointId, high.endpointId);
    await clock.advance(900);
    network.unblock(low.endpointId, high.endpointId);
    await clock.advance(30_000);
    expect(low.events()).toEqual(['link.up']);
  });

  it('is not taken for dead on a line with a round trip of 2 s', async () => {
    const { low, high, clock, network } = await twoLinkedDevices();
    await low.harness.client.request('sayGoodbye', {});
    await clock.advance(10_000);
    await low.present();
    network.setDelay(low.endpointId, high.endpointId, 1_000);
    const dial = low.connect(high);
    await clock.advance(6_000);
    await dial;
    const sending = low.send(high, 'slow');
    await clock.advance(30_000);
    await sending;
    expect(low.events().filter((event) => event === 'link.up')).toHaveLength(2);
    expect(low.events().at(-1)).toBe('link.up');
    expect(await statusOf(low, high)).toMatchObject({ rttMs: 2_000 });
  });

  it('by the end of the endpoint process is down at once, messages wait, and go out after the redial', async () => {
    const { low, high, clock } = await twoLinkedDevices();
    low.endpoint.crash();
    await low.harness.client.request('dropAll', {});
    expect(low.events()).toEqual(['link.up', 'link.down endpointLost']);
    const sending = low.send(high, 'waits');
    await low.bind([high]);
    const dial = low.connect(high);
    await clock.advance(10);
    await dial;
    await sending;
    expect(high.journal).toEqual(['waits']);
    expect(high.events().filter((event) => event.startsWith('link.'))).toEqual([
      'link.up',
      'link.down superseded',
      'link.up',
    ]);
  });

  it('ends a dial of an endpoint that ends', async () => {
    const { low, high } = await twoLinkedDevices();
    await high.harness.client.request('sayGoodbye', {});
    await high.endpoint.request('unbind', { endpointId: high.endpointId });
    const outcome = low.connect(high).catch((error: unknown) => error);
    await settle();
    low.endpoint.crash();
    await low.harness.client.request('dropAll', {});
    expect(await outcome).toMatchObject({ code: 'LINK_UNREACHABLE', stage: 'dial' });
  });

  it.each([
    ['not-responding', 'notResponding', []],
    ['shutdown', 'goodbye', []],
    ['unpaired', 'unpaired', ['peer.unpaired']],
    ['superseded', 'superseded', []],
    ['protocol-error', 'protocolError', []],
    ['cancelled', 'connectionLost', []],
    ['ended', 'connectionLost', []],
  ] as const)('by a close %s of the peer says %s', async (name, reason, more) => {
    const { peer, under } = await scriptedWorld();
    const connection = await peer.link();
    await connection.close(name, '');
    await settle();
    expect(under.events()).toEqual(['link.up', `link.down ${reason}`, ...more]);
  });

  it('by QUIC itself says notResponding, whatever the heartbeat thinks', async () => {
    const { low, high, clock, network } = await twoLinkedDevices({ silenceMs: 40_000, maxSilenceMs: 40_000 });
    network.block(low.endpointId, high.endpointId);
    await clock.advance(30_000);
    expect(low.events()).toEqual(['link.up', 'link.down notResponding']);
  });
});
