import { settle } from '@bowline/testing';
import { expect, it } from 'vitest';
import { journalDevices } from '../src/wiring/journal-devices.ts';
import { peerDevice, scriptedSystem } from './scripted-system.ts';

const phone = peerDevice(2);
const nas = peerDevice(3);

const arrange = () => {
  const scripted = scriptedSystem();
  const cancel = journalDevices(scripted.system);
  const { hub } = scripted.system;
  const connect = (device = phone) => {
    const path = { kind: 'direct', remoteAddress: null, rttMs: 3 } as const;
    hub.tell({ event: 'device.connected', deviceId: device.id, name: device.name, path });
  };
  const leave = (device = phone) =>
    hub.tell({ event: 'device.disconnected', deviceId: device.id, name: device.name, reason: 'goodbye' });
  const journaled = async () => {
    await settle();
    return scripted.inputsOf('persistence.appendJournal') as readonly { readonly event: string }[];
  };
  return { ...scripted, hub, cancel, connect, leave, journaled };
};

it('journals who came and went, was renamed and unpaired, in that order', async () => {
  const { hub, connect, leave, journaled } = arrange();
  const about = { deviceId: phone.id, name: 'phone' };
  connect();
  hub.tell({ event: 'device.renamed', ...about });
  leave();
  hub.tell({ event: 'device.removed', ...about, by: 'us' });
  expect(await journaled()).toMatchObject([
    { event: 'device.connected', deviceId: phone.id, data: { path: 'direct', remoteAddress: null, rttMs: 3 } },
    { event: 'device.renamed', data: { name: 'phone' } },
    { event: 'device.disconnected', data: { reason: 'goodbye' } },
    { event: 'device.removed', data: { name: 'phone', by: 'us' } },
  ]);
});

it('keeps a device that comes and goes without end from filling the journal', async () => {
  const { clock, connect, leave, journaled } = arrange();
  for (let round = 0; round < 100; round += 1) {
    connect();
    leave();
    connect(nas);
    await clock.advance(1_000);
  }
  const entries = await journaled();
  expect(entries.length).toBeLessThanOrEqual(20);
  expect(entries.filter(({ event }) => event === 'device.disconnected')).toHaveLength(6);
});

it('says of a device that started anew, or came back after coming and going, that it is connected', async () => {
  const { clock, connect, leave, journaled } = arrange();
  const said = async () => (await journaled()).map(({ event }) => event.replace('device.', ''));
  connect();
  leave();
  await clock.advance(15_000);
  connect();
  expect(await said()).toEqual(['connected', 'disconnected', 'connected']);
  for (let round = 0; round < 10; round += 1) {
    leave();
    await clock.advance(1_000);
    connect();
  }
  expect((await said()).at(-1)).toBe('disconnected');
  const cameAtMs = clock.nowMs();
  await clock.advance(60_000);
  expect((await journaled()).at(-1)).toMatchObject({ event: 'device.connected', atMs: cameAtMs });
  leave();
  await clock.advance(600_000);
  expect((await said()).at(-1)).toBe('disconnected');
});

it('journals nothing once it is cancelled', async () => {
  const { cancel, connect, journaled } = arrange();
  cancel();
  connect();
  expect(await journaled()).toEqual([]);
});
