import type { DeviceFacts } from '@bowline/contracts';
import { toldFacts } from '@bowline/link-protocol';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { deviceFactsOf } from '../src/diagnosis/device-facts.ts';
import { NOTHING_SEEN } from '../src/seen-report.ts';
import type { System } from '../src/system.ts';
import { shareFacts } from '../src/wiring/share-facts.ts';
import { peerDevice, scriptedSystem } from './scripted-system.ts';

const phone = peerDevice(2);

const sharing = async (answers: Parameters<typeof scriptedSystem>[0] = {}) => {
  const scripted = scriptedSystem({
    'switchboard.status': () => ({ relays: [] }),
    'observation.status': () => NOTHING_SEEN,
    ...answers,
  });
  const system = Object.assign(scripted.system, {
    storeHealth: { key: 'file', problem: null },
    networkInterfaces: () => ({}),
    options: { bind: [], isLoopbackOnly: false, mdns: true, relayAccess: {} },
  }) as System;
  await scripted.peers.adopt(phone);
  const { cancel, save, tellRelaysDisabled } = shareFacts(system);
  await scripted.becomeReady('persistence');
  await settle();
  const told = () => scripted.inputsOf('links.tellFacts') as { deviceIds: string[]; facts: DeviceFacts }[];
  return {
    ...scripted,
    system,
    told,
    cancel,
    save,
    tellRelaysDisabled,
    facts: () => deviceFactsOf(system, [], NOTHING_SEEN),
  };
};

describe('the facts of this device', () => {
  it('are told to a device when its link comes up', async () => {
    const { tell, told } = await sharing();
    tell('links', 'link.up', { deviceId: phone.id });
    await settle();
    expect(told()).toMatchObject([{ deviceIds: [phone.id], facts: { nat: 'unknown' } }]);
  });

  it('are told again when they have changed, every 30 s at most, and not for a time in them', async () => {
    const { system, peers, clock, told } = await sharing();
    peers.update(phone.id, { link: 'up' });
    await clock.advance(10_000);
    expect(told()).toHaveLength(1);
    await clock.advance(60_000);
    expect(told()).toHaveLength(1);
    for (let round = 0; round < 6; round += 1) {
      system.condition.mdnsProblem =
        system.condition.mdnsProblem === null ? { code: 'other', reason: 'None', remedy: 'none' } : null;
      system.hub.tell({ event: 'discovery.healthChanged', problem: null });
      await clock.advance(10_000);
    }
    expect(told().length).toBeLessThanOrEqual(3);
    expect(told().length).toBeGreaterThan(1);
  });

  it('are told again once timers are much less late than while it started, and not for a little', async () => {
    const { system, peers, clock, told } = await sharing();
    const lateBy = (timerDelayMs: number) =>
      Object.assign(system, { condition: { ...system.condition, timerDelayMs } });
    lateBy(110);
    peers.update(phone.id, { link: 'up' });
    await clock.advance(10_000);
    for (const delayMs of [140, 60, 20, 3, 12]) {
      lateBy(delayMs);
      await clock.advance(40_000);
    }
    expect(told().map(({ facts }) => facts.timerDelayMs)).toEqual([110, 60, 20]);
  });

  it('are told again when they are as before, to a device that was told otherwise when its link came up', async () => {
    const { system, peers, clock, tell, told } = await sharing();
    peers.update(phone.id, { link: 'up' });
    await clock.advance(10_000);
    system.condition.mdnsProblem = { code: 'other', reason: 'None', remedy: 'none' };
    tell('links', 'link.up', { deviceId: phone.id });
    await settle();
    system.condition.mdnsProblem = null;
    system.hub.tell({ event: 'discovery.healthChanged', problem: null });
    await clock.advance(60_000);
    expect(told().map(({ facts }) => facts.mdns)).toEqual(['works', 'failing', 'works']);
  });

  it('are asked for when something was told, and every two minutes', async () => {
    const { peers, clock, tell, asked } = await sharing();
    peers.update(phone.id, { link: 'up' });
    const questions = (): number => asked.filter((request) => request === 'switchboard.status').length;
    await clock.advance(30_000);
    const before = questions();
    await clock.advance(600_000);
    expect(questions() - before).toBe(5);
    await clock.advance(1);
    tell('switchboard', 'relay.left', { url: 'https://relay.example/' });
    await clock.advance(30_000);
    expect(questions() - before).toBe(7);
  });

  it('are told, and heard, before this device uses no relay any more', async () => {
    const heard: string[] = [];
    const { peers, told, tellRelaysDisabled } = await sharing({
      'links.tellFacts': () => void heard.push('told'),
      'links.ping': () => {
        heard.push('answered');
        return { rttMs: 1, path: null };
      },
    });
    await tellRelaysDisabled();
    expect(heard).toEqual([]);
    peers.update(phone.id, { link: 'up' });
    await tellRelaysDisabled();
    expect(told()).toMatchObject([{ deviceIds: [phone.id], facts: { relayChoice: 'disabled' } }]);
    expect(heard).toEqual(['told', 'answered']);
  });

  it('are told to nobody while nobody is linked', async () => {
    const { clock, told, asked } = await sharing();
    await clock.advance(60_000);
    expect(told()).toEqual([]);
    expect(asked).not.toContain('switchboard.status');
  });
});

describe('what a device tells of itself', () => {
  it('is kept at once, and in the store in time or when it goes', async () => {
    const { tell, peers, clock, inputsOf, facts } = await sharing();
    tell('links', 'facts.received', { deviceId: phone.id, facts: facts() });
    tell('links', 'facts.received', { deviceId: phone.id, facts: { ...facts(), nat: 'symmetric' } });
    expect(peers.get(phone.id)?.toldFacts).toMatchObject({ facts: { nat: 'symmetric' }, atMs: clock.nowMs() });
    expect(inputsOf('persistence.putDeviceFacts')).toEqual([]);
    await clock.advance(30_000);
    expect(inputsOf('persistence.putDeviceFacts')).toMatchObject([{ deviceId: phone.id, facts: { nat: 'symmetric' } }]);
    tell('links', 'facts.received', { deviceId: phone.id, facts: facts() });
    tell('links', 'link.down', { deviceId: phone.id });
    await settle();
    expect(inputsOf('persistence.putDeviceFacts')).toHaveLength(2);
  });

  it('is in the store once this device stops, and written once', async () => {
    const { tell, clock, inputsOf, facts, save } = await sharing();
    await save();
    expect(inputsOf('persistence.putDeviceFacts')).toEqual([]);
    tell('links', 'facts.received', { deviceId: phone.id, facts: { ...facts(), relayChoice: 'disabled' } });
    await save();
    await clock.advance(30_000);
    expect(inputsOf('persistence.putDeviceFacts')).toMatchObject([
      { deviceId: phone.id, facts: { relayChoice: 'disabled' } },
    ]);
  });

  it('is read back after a restart, unless it cannot be read', async () => {
    const { facts } = await sharing();
    const stored = (value: unknown) => ({
      'persistence.listDeviceFacts': () => ({ facts: [{ deviceId: phone.id, atMs: 7, facts: value }] }),
    });
    const { peers } = await sharing(stored(toldFacts({ ...facts(), nat: 'none' })));
    expect(peers.get(phone.id)?.toldFacts).toMatchObject({ facts: { nat: 'none' }, atMs: 7 });
    const damaged = await sharing(stored({ nat: 'none' }));
    expect(damaged.peers.get(phone.id)?.toldFacts).toBeNull();
  });
});
