import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { deviceIdNamed, endpointIdNamed, pendingNamed } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { freshDataDir, startedStoreIn, storeIn } from './data-dirs.ts';

const paired = async (dataDir: string) => {
  const store = await startedStoreIn(dataDir);
  await store.client.request('openIdentity', { defaultName: 'Laptop' });
  await store.client.request('addPending', pendingNamed('NAS'));
  await store.client.request('promote', { deviceId: deviceIdNamed('NAS'), pairingId: 'abc' });
  return store;
};

type Store = Awaited<ReturnType<typeof startedStoreIn>>;
const blockedIn = async ({ client }: Store) => (await client.request('listBlocked', {})).blocked;
const devicesIn = async ({ client }: Store) => (await client.request('listDevices', {})).devices;
const block = ({ client }: Store, name: string) => client.request('blockDevice', { endpointId: endpointIdNamed(name) });

describe('a blocked device', () => {
  it('is forgotten, kept in the list under its name, and cannot be stored again until it is unblocked', async () => {
    const dataDir = freshDataDir();
    const store = await paired(dataDir);
    const { blocked } = await block(store, 'NAS');
    expect(blocked).toEqual({
      id: deviceIdNamed('NAS'),
      endpointId: endpointIdNamed('NAS'),
      name: 'NAS',
      blockedAtMs: store.clock.nowMs(),
    });
    expect(await block(store, 'NAS')).toEqual({ blocked });
    expect(await devicesIn(store)).toEqual([]);
    await expect(store.client.request('addPending', pendingNamed('NAS'))).rejects.toMatchObject({
      code: 'DEVICE_BLOCKED',
    });
    await store.actor.stop();

    const again = await startedStoreIn(dataDir);
    expect(await blockedIn(again)).toEqual([blocked]);
    expect(await again.client.request('unblockDevice', { deviceId: blocked.id })).toEqual({ wasBlocked: true });
    expect(await again.client.request('unblockDevice', { deviceId: blocked.id })).toEqual({ wasBlocked: false });
    await again.client.request('addPending', pendingNamed('NAS'));
    await again.actor.stop();
    expect(await blockedIn(await startedStoreIn(dataDir))).toEqual([]);
  });

  it('stays out when a backup from before is put back, and is not paired again by it', async () => {
    const dataDir = freshDataDir();
    const store = await paired(dataDir);
    await store.actor.stop();
    const [database, mark] = ['store.db', 'store.mark'].map((name) => join(dataDir, name)) as [string, string];
    for (const file of [database, mark]) cpSync(file, `${file}.backup`);
    const before = await startedStoreIn(dataDir);
    await block(before, 'NAS');
    await before.actor.stop();
    for (const file of [database, mark]) cpSync(`${file}.backup`, file);

    const restored = await startedStoreIn(dataDir);
    expect(await blockedIn(restored)).toMatchObject([{ name: 'NAS' }]);
    expect(await devicesIn(restored)).toEqual([]);
  });

  it.each([
    ['gone', (file: string) => rmSync(file)],
    ['garbage', (file: string) => writeFileSync(file, 'garbage '.repeat(50))],
    ['cut', (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 40))],
  ])('stays out when the file that says so is %s, which is made anew', async (_, damage) => {
    const dataDir = freshDataDir();
    const store = await paired(dataDir);
    await block(store, 'NAS');
    await store.actor.stop();
    const file = join(dataDir, 'store.blocked');
    damage(file);
    const again = await startedStoreIn(dataDir);
    expect(await blockedIn(again)).toHaveLength(1);
    expect(readFileSync(file, 'utf8')).toContain(endpointIdNamed('NAS'));
  });

  it('is told as damage when its row is not as it was stored', async () => {
    const dataDir = freshDataDir();
    const store = await paired(dataDir);
    await block(store, 'NAS');
    await store.actor.stop();
    const sqlite = new DatabaseSync(join(dataDir, 'store.db'));
    sqlite.exec("UPDATE blocked SET name = 'Other'");
    sqlite.close();
    await expect(storeIn(dataDir).actor.start()).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
      message: expect.stringContaining('a blocked device is not as it was stored'),
    });
  });
});

describe('what is decided of a device', () => {
  it.each([
    { note: '' },
    { note: 'x'.repeat(501) },
    { comparedAtMs: -1 },
    { permissions: { relay: 'maybe' } },
    { x: 1 },
  ])('is refused as %j', async (change) => {
    const store = await paired(freshDataDir());
    const request = { deviceId: deviceIdNamed('NAS'), change: change as never };
    await expect(store.client.request('changeTrust', request)).rejects.toMatchObject({ code: 'STORE_INPUT_INVALID' });
  });
});
