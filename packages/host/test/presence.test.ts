import { brandAs, type PresenceKey } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, test } from 'vitest';
import { openPresenceKey } from '../src/presence-key.ts';
import { exchangePresence } from '../src/wiring/exchange-presence.ts';
import { removePeer } from '../src/wiring/peer-changes.ts';
import { presentSelf } from '../src/wiring/present-self.ts';
import { peerDevice, scriptedSystem } from './scripted-system.ts';

const nas = peerDevice(2);
const phone = peerDevice(3);
const key = (byte: string) => brandAs<PresenceKey>(byte.repeat(32));
const relayInfo = { homeRelayUrl: null, relayUrls: [], revision: 1, incarnation: 1 };

const arrange = async (options: object = { mdns: true }) => {
  const scripted = scriptedSystem({ 'persistence.getSetting': () => ({ value: undefined }) });
  const { system, peers, own, bound } = scripted;
  Object.assign(system.options, options);
  presentSelf(system);
  exchangePresence(system);
  own.update({ bound, relayInfo });
  await settle();
  const announced = () => scripted.inputsOf('mdns.advertise').at(-1) as Readonly<Record<string, unknown>> | undefined;
  const linked = (deviceId = nas.id) => scripted.tell('links', 'link.up', { deviceId });
  const adopt = (device = nas) => peers.adopt(device);
  return { ...scripted, announced, linked, adopt };
};

describe('the presence of this device', () => {
  test('is not announced while nobody is paired with it', async () => {
    const { announced, asked, own } = await arrange();
    own.update({ configuredRelayUrls: [] });
    await settle();
    expect(announced()).toBeUndefined();
    expect(asked).not.toContain('mdns.advertise');
  });

  test('shows the endpoint id until every device has been told the key', async () => {
    const { announced, adopt, tell, bound, own } = await arrange();
    await adopt();
    await settle();
    const { presenceKey } = own.current;
    expect(announced()).toMatchObject({ endpointId: bound.endpointId, presenceKey, port: 1, lanTag: null });
    tell('links', 'presence.received', { deviceId: nas.id, presenceKey: key('11') });
    await settle();
    expect(announced()).toMatchObject({ endpointId: null, presenceKey });
  });

  test('counts as told to a device of an earlier release once a link has stood for a while', async () => {
    const { announced, adopt, linked, tell, clock } = await arrange();
    await adopt();
    linked();
    await clock.advance(9_000);
    tell('links', 'link.down', { deviceId: nas.id, reason: 'connectionLost' });
    await clock.advance(60_000);
    expect(announced()?.endpointId).not.toBeNull();
    linked();
    await clock.advance(10_000);
    expect(announced()?.endpointId).toBeNull();
  });

  test('has another key once a device is unpaired, which that device never learns', async () => {
    const { system, announced, adopt, tell, inputsOf, own, peers, asked } = await arrange();
    const stored = await openPresenceKey(system.parts.persistence, system.random);
    Object.assign(system, { presenceKey: stored });
    await adopt();
    await adopt(phone);
    for (const deviceId of [nas.id, phone.id]) {
      tell('links', 'presence.received', { deviceId, presenceKey: key('11') });
    }
    await settle();
    const wasPaired: boolean[] = [];
    own.onChanged(() => wasPaired.push(peers.get(phone.id) !== undefined));
    const before = own.current.presenceKey;
    await removePeer(system, phone.id, 'us');
    await settle();
    const { presenceKey } = own.current;
    expect(presenceKey).not.toBe(before);
    expect(announced()).toMatchObject({ endpointId: null, presenceKey });
    expect(inputsOf('persistence.putSetting').at(-1)).toEqual({ name: 'presenceKey', value: presenceKey });
    expect(asked.lastIndexOf('persistence.putSetting')).toBeLessThan(asked.indexOf('persistence.removeDevice'));
    expect(inputsOf('links.presentSelf').at(-1)).toMatchObject({ presenceKey });
    // A device that is still linked would be told, too.
    expect(wasPaired).toEqual([false]);
  });

  test('is withdrawn with the last device', async () => {
    const { system, adopt, asked } = await arrange();
    await adopt();
    await settle();
    await removePeer(system, nas.id, 'peer');
    await settle();
    expect(asked.lastIndexOf('mdns.withdraw')).toBeGreaterThan(asked.lastIndexOf('mdns.advertise'));
  });

  test('is announced anew when the worker was restarted, and otherwise only when it changes', async () => {
    const { adopt, becomeReady, asked, own } = await arrange();
    const count = () => asked.filter((each) => each === 'mdns.advertise').length;
    await adopt();
    own.update({ meetingRelayUrls: [brandAs('https://relay.example/')] });
    await settle();
    expect(count()).toBe(1);
    await becomeReady('mdns');
    await settle();
    expect(count()).toBe(2);
  });

  test('is told nobody without mDNS', async () => {
    const { adopt, asked } = await arrange({ mdns: false });
    await adopt();
    await settle();
    expect(asked.filter((each) => each.startsWith('mdns.'))).toEqual([]);
  });
});

describe('the presence of a peer', () => {
  test('is kept in the store, at most once a second', async () => {
    const { adopt, tell, clock, inputsOf, peers } = await arrange();
    await adopt();
    for (let count = 0; count < 100; count += 1) {
      tell('links', 'presence.received', { deviceId: nas.id, presenceKey: key(String(10 + (count % 80))) });
    }
    await clock.advance(5_000);
    const kept = inputsOf('persistence.putPresence');
    expect(kept).toHaveLength(2);
    expect(kept.at(-1)).toEqual({ deviceId: nas.id, presenceKey: key('29'), isTold: true });
    expect(peers.get(nas.id)?.presenceKey).toBe(key('29'));
  });

  test('that is said again is not stored again', async () => {
    const { adopt, tell, clock, inputsOf } = await arrange();
    await adopt();
    for (let count = 0; count < 3; count += 1) {
      tell('links', 'presence.received', { deviceId: nas.id, presenceKey: key('11') });
      await clock.advance(2_000);
    }
    expect(inputsOf('persistence.putPresence')).toHaveLength(1);
  });

  test('is forgotten when the device is paired anew, for it may have been set up anew', async () => {
    const { adopt, tell, inputsOf, peers } = await arrange();
    await adopt();
    tell('links', 'presence.received', { deviceId: nas.id, presenceKey: key('11') });
    await peers.adopt(nas, { isAnew: true });
    await settle();
    expect(inputsOf('persistence.putPresence').at(-1)).toEqual({ deviceId: nas.id, presenceKey: null, isTold: false });
  });
});
