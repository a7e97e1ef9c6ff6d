import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  followEvents,
  isConnected,
  offerCode,
  pairDevices,
  type TestDevice,
  temporaryFolder,
  testDevice,
} from './two-devices.ts';

const LAN_ONLY = ['--relay', 'disabled'];

const devicesOf = async (device: TestDevice) =>
  (await device.run('devices')).lines[0]?.devices as readonly { readonly id: string; readonly name: string }[];

/** Paired and connected; the laptop's owner calls the phone by a name of its own. */
const pairedDevices = async () => {
  const folder = temporaryFolder();
  const [laptop, phone] = [testDevice('laptop', LAN_ONLY, folder), testDevice('phone', LAN_ONLY, folder)];
  await Promise.all([laptop.up(), phone.up()]);
  await pairDevices(laptop, phone);
  await Promise.all([laptop, phone].map((device) => device.statusWhere(isConnected)));
  await laptop.run('rename', 'phone', 'pocket');
  return { laptop, phone };
};

/** Pairs by words, with what each side says. */
const pairAgain = async (
  [initiator, offerOptions]: readonly [TestDevice, readonly string[]],
  [joiner, joinOptions]: readonly [TestDevice, readonly string[]],
) => {
  const offer = await offerCode(initiator, ...offerOptions);
  const { lines, exitCode } = await joiner.run('join', offer.words, ...joinOptions);
  return { offered: await offer.ended(), joined: lines.at(-1), exitCodes: [await offer.command.exitCode(), exitCode] };
};

const expectMessage = async (from: TestDevice, to: string, text: string): Promise<void> => {
  const { lines } = await from.run('send', to, text);
  expect(lines).toMatchObject([{ delivered: true }]);
};

describe('pairing two devices that are paired already', () => {
  it('is refused without --renew, and says where to add it; nothing changes', async () => {
    const { laptop, phone } = await pairedDevices();
    const before = [await devicesOf(laptop), await devicesOf(phone)];
    const { offered, joined, exitCodes } = await pairAgain([laptop, []], [phone, ['--renew']]);
    expect(offered).toMatchObject({ event: 'failed', code: 'ALREADY_PAIRED' });
    expect(offered.reason).toMatch(/^"pocket".*--renew on this device/);
    expect(joined).toMatchObject({ event: 'failed', code: 'ALREADY_PAIRED' });
    expect(joined?.reason).toContain('--renew there');
    expect(exitCodes).toEqual([4, 4]);
    const ids = (devices: Awaited<ReturnType<typeof devicesOf>>) => devices.map(({ id, name }) => [id, name]);
    expect([ids(await devicesOf(laptop)), ids(await devicesOf(phone))]).toEqual(before.map(ids));
    expect(isConnected(await laptop.status())).toBe(true);
  });

  it('with --renew on both keeps id, name and history, and connects them again', async () => {
    const { laptop, phone } = await pairedDevices();
    const events = followEvents(laptop);
    await expectMessage(phone, 'laptop', 'before');
    const [before] = await devicesOf(laptop);
    const { offered, joined, exitCodes } = await pairAgain([laptop, ['--renew']], [phone, ['--renew']]);
    expect([offered, joined]).toMatchObject([
      { event: 'paired', isRenewed: true, device: { id: before?.id, name: 'pocket' } },
      { event: 'paired', isRenewed: true, device: { name: 'laptop' } },
    ]);
    expect(exitCodes).toEqual([0, 0]);
    expect(await devicesOf(laptop)).toMatchObject([{ id: before?.id, name: 'pocket', pairingState: 'paired' }]);
    await Promise.all([laptop, phone].map((device) => device.statusWhere(isConnected)));
    await expectMessage(phone, 'laptop', 'after');
    await expectMessage(laptop, 'pocket', 'after');
    await events.end();
    const { lines } = await laptop.run('events', '--last', '50');
    const received = lines.filter(({ event }) => event === 'message.received').map(({ text }) => text);
    expect(received).toEqual(['before', 'after']);
  });

  it('brings back a device that was restored from an old backup, and counts its starts from there', async () => {
    const folder = temporaryFolder();
    const [laptop, phone] = [testDevice('laptop', LAN_ONLY, folder), testDevice('phone', LAN_ONLY, folder)];
    await Promise.all([laptop.up(), phone.up()]);
    await pairDevices(laptop, phone);
    await Promise.all([laptop, phone].map((device) => device.statusWhere(isConnected)));
    await phone.daemon().end();
    const backup = join(folder, 'backup');
    cpSync(phone.dataDir, backup, { recursive: true });
    for (let start = 0; start < 3; start += 1) {
      await phone.up();
      await Promise.all([laptop, phone].map((device) => device.statusWhere(isConnected)));
      await phone.daemon().end();
    }
    rmSync(phone.dataDir, { recursive: true });
    cpSync(backup, phone.dataDir, { recursive: true });
    await phone.up();
    const { exitCodes } = await pairAgain([laptop, ['--renew']], [phone, ['--renew']]);
    expect(exitCodes).toEqual([0, 0]);
    await Promise.all([laptop, phone].map((device) => device.statusWhere(isConnected)));
    await expectMessage(phone, 'laptop', 'back again');
  });

  it('after one of them has lost its store makes a new entry, and leaves the old one alone', async () => {
    const { laptop, phone } = await pairedDevices();
    const [old] = await devicesOf(laptop);
    await phone.daemon().end();
    rmSync(phone.dataDir, { recursive: true });
    await phone.up();
    const { offered, exitCodes } = await pairAgain([laptop, []], [phone, []]);
    expect(exitCodes).toEqual([0, 0]);
    expect(offered).toMatchObject({ isRenewed: false, device: { name: 'phone' } });
    const devices = await devicesOf(laptop);
    expect(devices).toMatchObject([{ id: old?.id, name: 'pocket' }, { name: 'phone' }]);
    expect(devices[1]?.id).not.toBe(old?.id);
  });
});
