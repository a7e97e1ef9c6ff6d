import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fakeClock, memoryLogger, pendingNamed, seededRandom } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { resolvePersistenceOptions, restoreBackup } from '../src/index.ts';
import type { Migration } from '../src/migrations/migration.ts';
import { MIGRATIONS } from '../src/migrations/migration-list.ts';
import { openStore } from '../src/store.ts';
import { freshDataDir, startedStoreIn } from './data-dirs.ts';

const known = MIGRATIONS.length;

const step = (version: number, sql: string): Migration => ({
  version,
  name: `step-${version}`,
  apply: (database) => database.exec(sql),
});

const components = () => ({ clock: fakeClock(), random: seededRandom(), logger: memoryLogger() });

const openWith = (dataDir: string, extra: readonly Migration[]) =>
  openStore(resolvePersistenceOptions({ dataDir }), {
    ...components(),
    migrations: [...MIGRATIONS, ...extra],
  });

const usedDataDir = async (): Promise<string> => {
  const dataDir = freshDataDir();
  const store = await startedStoreIn(dataDir);
  await store.client.request('openIdentity', { defaultName: 'Laptop' });
  await store.client.request('addPending', pendingNamed('NAS'));
  await store.actor.stop();
  return dataDir;
};

const versionOf = (file: string): unknown => {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database.prepare('PRAGMA user_version').get()?.user_version;
  } finally {
    database.close();
  }
};

describe('the list of migrations', () => {
  it('counts from 1 without a gap, each with a name of its own', () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
    expect(new Set(MIGRATIONS.map(({ name }) => name)).size).toBe(known);
  });
});

describe('migrating', () => {
  it('makes no backup of a store that is new or up to date', async () => {
    const dataDir = await usedDataDir();
    (await openWith(dataDir, [])).close();
    expect(readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.bak'))).toEqual(
      [],
    );
  });

  it('backs up first, then takes every step, and keeps what was stored', async () => {
    const dataDir = await usedDataDir();
    const store = await openWith(dataDir, [
      step(known + 1, 'ALTER TABLE devices ADD COLUMN colour TEXT'),
      step(known + 2, "UPDATE devices SET colour = 'red'"),
    ]);
    expect(store.devices.list().map(({ name }) => name)).toEqual(['NAS']);
    expect(store.database.prepare('SELECT colour FROM devices').all()).toEqual([{ colour: 'red' }]);
    store.close();
    const backup = join(dataDir, 'backups', `before-${known + 2}.bak`);
    expect(versionOf(backup)).toBe(known);
    expect(versionOf(join(dataDir, 'store.db'))).toBe(known + 2);
    expect(statSync(backup).mode & 0o777).toBe(0o600);
    expect(existsSync(`${backup}.new`)).toBe(false);
  });

  it('undoes a step that fails, keeps those before it, and starts again from there', async () => {
    const dataDir = await usedDataDir();
    const good = step(known + 1, 'CREATE TABLE extra (x INTEGER) STRICT');
    const bad = step(known + 2, 'CREATE TABLE more (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1)');
    await expect(openWith(dataDir, [good, bad])).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    expect(versionOf(join(dataDir, 'store.db'))).toBe(known + 1);
    const store = await openWith(dataDir, [good, step(known + 2, 'CREATE TABLE more (x INTEGER) STRICT')]);
    expect(store.devices.list()).toHaveLength(1);
    store.close();
    expect(versionOf(join(dataDir, 'backups', `before-${known + 2}.bak`))).toBe(known + 1);
  });

  it('replaces what an interrupted backup left', async () => {
    const dataDir = await usedDataDir();
    const backup = join(dataDir, 'backups', `before-${known + 1}.bak`);
    mkdirSync(join(dataDir, 'backups'));
    for (const leftover of [backup, `${backup}.new`]) writeFileSync(leftover, 'half a copy');
    (await openWith(dataDir, [step(known + 1, 'CREATE TABLE extra (x INTEGER) STRICT')])).close();
    expect(versionOf(backup)).toBe(known);
    expect(existsSync(`${backup}.new`)).toBe(false);
  });

  it('gives the old version its store back from the backup', async () => {
    const dataDir = await usedDataDir();
    (await openWith(dataDir, [step(known + 1, 'CREATE TABLE extra (x INTEGER) STRICT')])).close();
    expect(await restoreBackup(dataDir, `before-${known + 1}.bak`, components())).toMatchObject({ deviceCount: 1 });
    const store = await startedStoreIn(dataDir);
    expect((await store.client.request('listDevices', {})).devices).toHaveLength(1);
    expect((await store.client.request('openIdentity', { defaultName: 'x' })).name).toBe('Laptop');
  });
});
