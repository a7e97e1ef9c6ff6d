import { cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fakeClock, memoryLogger } from '@bowline/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examineStore } from '../src/index.ts';
import { startedStoreIn } from './data-dirs.ts';
import { killedDataDir, openIn, withCopy } from './support/damaged-store.ts';

let closed: string;
let killed: string;
beforeAll(async () => {
  killed = killedDataDir();
  closed = join(dirname(killed), 'closed');
  cpSync(killed, closed, { recursive: true });
  (await openIn(closed)).close();
});
afterAll(() => rmSync(dirname(killed), { recursive: true }));

const examine = (dataDir: string): Promise<void> =>
  examineStore(dataDir, { bus: null }, { clock: fakeClock(), logger: memoryLogger() });

const inCopy = (dataDir: string, harm: (copy: string) => void): Promise<unknown> =>
  withCopy(dataDir, async (copy) => {
    harm(copy);
    return examine(copy).then(
      () => 'whole',
      (error: { readonly code: string }) => error.code,
    );
  });

describe('an examination', () => {
  it('finds nothing wrong with a store that was closed, or whose owner was killed, and changes neither', async () => {
    for (const dataDir of [closed, killed]) {
      await withCopy(dataDir, async (copy) => {
        const files = ['store.db', 'store.mark', 'store.key', ...(dataDir === killed ? ['store.db-wal'] : [])];
        const before = files.map((file) => readFileSync(join(copy, file)));
        await examine(copy);
        expect(files.map((file) => readFileSync(join(copy, file)))).toEqual(before);
        await startedStoreIn(copy);
      });
    }
  });

  it('says of a store what its start would', async () => {
    const database = (copy: string) => join(copy, 'store.db');
    expect(await inCopy(closed, (copy) => truncateSync(database(copy), 5_000))).toBe('STORE_DAMAGED');
    expect(await inCopy(closed, (copy) => truncateSync(database(copy), 0))).toBe('STORE_DAMAGED');
    expect(await inCopy(closed, (copy) => writeFileSync(database(copy), 'x'.repeat(9_000)))).toBe('STORE_DAMAGED');
    expect(await inCopy(killed, (copy) => truncateSync(`${database(copy)}-wal`, 0))).toMatch(/^STORE_/);
    expect(await inCopy(closed, (copy) => rmSync(join(copy, 'store.key')))).toBe('STORE_KEY_MISSING');
    expect(await inCopy(closed, (copy) => writeFileSync(join(copy, 'store.key'), 'no key'))).toBe('STORE_KEY_MISMATCH');
    expect(await inCopy(closed, (copy) => writeFileSync(join(copy, 'store.retired'), ''))).toBe('DEVICE_RETIRED');
    expect(await inCopy(closed, (copy) => setVersion(database(copy), 99))).toBe('STORE_NEWER');
    const folder = (copy: string) => {
      rmSync(database(copy));
      mkdirSync(database(copy));
    };
    expect(await inCopy(closed, folder)).toBe('STORE_INACCESSIBLE');
  });

  it('leaves a store alone that somebody has open', async () => {
    await withCopy(closed, async (copy) => {
      const { actor } = await startedStoreIn(copy);
      await expect(examine(copy)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
      await actor.stop();
      await examine(copy);
    });
  });
});

const setVersion = (file: string, version: number): void => {
  const sqlite = new DatabaseSync(file);
  sqlite.exec(`PRAGMA user_version = ${version}`);
  sqlite.close();
};
