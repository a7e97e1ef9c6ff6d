import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deviceIdNamed, fakeClock, memoryLogger, pendingNamed, seededRandom } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { listBackups, restoreBackup } from '../src/index.ts';
import { freshDataDir, startedStoreIn, storeIn } from './data-dirs.ts';

const DAY_MS = 86_400_000;

const components = () => ({ clock: fakeClock(), random: seededRandom(), logger: memoryLogger() });

/** A device with a backup of the day it had only `NAS`, and `Phone` since. */
const backedUp = async () => {
  const dataDir = freshDataDir();
  const store = await startedStoreIn(dataDir);
  const { endpointId } = await store.client.request('openIdentity', { defaultName: 'Laptop' });
  await store.client.request('addPending', pendingNamed('NAS'));
  await store.client.request('promote', { deviceId: deviceIdNamed('NAS') });
  await store.clock.advance(60_000);
  await store.client.request('addPending', pendingNamed('Phone'));
  const [backup] = listBackups(join(dataDir, 'backups'));
  if (backup === undefined) throw new Error('no backup was made');
  return { dataDir, store, endpointId, name: backup.name };
};

const namesIn = async (dataDir: string): Promise<readonly string[]> => {
  const store = await startedStoreIn(dataDir);
  const { devices } = await store.client.request('listDevices', {});
  await store.actor.stop();
  return devices.map(({ name }) => name);
};

describe('backups', () => {
  it('are made once a day, the last seven kept, closed to others', async () => {
    const dataDir = freshDataDir();
    const store = await startedStoreIn(dataDir);
    await store.client.request('openIdentity', { defaultName: 'Laptop' });
    for (let day = 0; day < 9; day += 1) await store.clock.advance(DAY_MS);
    const names = listBackups(join(dataDir, 'backups')).map(({ name }) => name);
    expect(names).toHaveLength(7);
    expect(names.every((name) => /^day-\d{4}-\d{2}-\d{2}\.bak$/.test(name))).toBe(true);
    const before = readdirSync(join(dataDir, 'backups')).length;
    await store.clock.advance(3_600_000);
    expect(readdirSync(join(dataDir, 'backups'))).toHaveLength(before);
  });

  it('are none where there is no folder, and nothing else in it is one', () => {
    const folder = freshDataDir();
    expect(listBackups(folder)).toEqual([]);
    mkdirSync(folder);
    for (const name of ['day-2026-01-01.bak.new', 'notes.txt']) writeFileSync(join(folder, name), '');
    expect(listBackups(folder)).toEqual([]);
  });
});

describe('restoring a backup', () => {
  it('brings back what was there then, and keeps what it replaced', async () => {
    const { dataDir, store, endpointId, name } = await backedUp();
    await store.actor.stop();
    const restored = await restoreBackup(dataDir, name, components());
    expect(restored).toMatchObject({ endpointId, deviceCount: 1 });
    expect(await namesIn(dataDir)).toEqual(['NAS']);
    expect(existsSync(join(dataDir, 'store.db.replaced'))).toBe(true);
  });

  it('heals a store that is damaged or gone', async () => {
    const { dataDir, store, name } = await backedUp();
    await store.actor.stop();
    rmSync(join(dataDir, 'store.db'));
    await expect(storeIn(dataDir).actor.start()).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    await restoreBackup(dataDir, name, components());
    expect(await namesIn(dataDir)).toEqual(['NAS']);
  });

  it('is finished at the next start when it was cut short', async () => {
    const { dataDir, store, name } = await backedUp();
    await store.actor.stop();
    writeFileSync(join(dataDir, 'store.restore'), `${name}\n`);
    expect(await namesIn(dataDir)).toEqual(['NAS']);
    expect(existsSync(join(dataDir, 'store.restore'))).toBe(false);
  });

  it('changes nothing while the device runs, or when the backup is unknown, altered or of another key', async () => {
    const { dataDir, store, name } = await backedUp();
    const restore = (backup: string) => restoreBackup(dataDir, backup, components());
    await expect(restore(name)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await store.actor.stop();
    for (const unknown of ['day-2000-01-01.bak', '../store.db', ''])
      await expect(restore(unknown)).rejects.toMatchObject({ code: 'BACKUP_UNKNOWN' });
    const backup = join(dataDir, 'backups', name);
    const whole = readFileSync(backup);
    writeFileSync(backup, whole.subarray(0, 4_096));
    await expect(restore(name)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    writeFileSync(backup, whole);
    const key = readFileSync(join(dataDir, 'store.key'), 'utf8');
    writeFileSync(
      join(dataDir, 'store.key'),
      key.replace(/[0-9a-f]\n$/, (digit) => (digit === '0\n' ? '1\n' : '0\n')),
    );
    await expect(restore(name)).rejects.toMatchObject({ code: 'STORE_KEY_MISMATCH' });
    writeFileSync(join(dataDir, 'store.key'), key);
    expect(await namesIn(dataDir)).toEqual(['NAS', 'Phone']);
  });
});
