import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { SettingValue } from '@bowline/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freshDataDir, startedStoreIn, storeIn } from './data-dirs.ts';

describe('settings', () => {
  it('give back any JSON value', async () => {
    const { client } = await startedStoreIn(freshDataDir());
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), async (value) => {
        // Through JSON first: -0 becomes 0 there.
        const plain = JSON.parse(JSON.stringify(value)) as SettingValue;
        await client.request('putSetting', { name: 'any', value: plain });
        expect((await client.request('getSetting', { name: 'any' })).value).toEqual(plain);
      }),
      { numRuns: 50 },
    );
  });

  it('cannot be read in the files', async () => {
    const dataDir = freshDataDir();
    const store = await startedStoreIn(dataDir);
    await store.client.request('putSetting', { name: 'relays', value: { token: 'correct-horse-battery' } });
    await store.actor.stop();
    for (const file of readdirSync(dataDir)) {
      expect(readFileSync(join(dataDir, file)).includes('correct-horse')).toBe(false);
    }
  });

  it('do not open under another name', async () => {
    const dataDir = freshDataDir();
    const store = await startedStoreIn(dataDir);
    await store.client.request('putSetting', { name: 'a', value: 1 });
    await store.actor.stop();
    const database = new DatabaseSync(join(dataDir, 'store.db'));
    database.exec("UPDATE settings SET name = 'b'");
    database.close();
    await expect(storeIn(dataDir).actor.start()).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  });

  it.each<[string, SettingValue]>([
    ['', 1],
    ['a b', 1],
    ['x'.repeat(129), 1],
    ['ok', 'x'.repeat(65_536)],
    ['ok', (() => 1) as never],
  ])('refuse what could not be read back (%#)', async (name, value) => {
    const { client } = await startedStoreIn(freshDataDir());
    await expect(client.request('putSetting', { name, value })).rejects.toMatchObject({ code: 'STORE_INPUT_INVALID' });
  });

  it('are at most 1,000', async () => {
    const dataDir = freshDataDir();
    const { client } = await startedStoreIn(dataDir);
    for (let index = 0; index < 1_000; index += 1) {
      await client.request('putSetting', { name: `s${index}`, value: index });
    }
    await expect(client.request('putSetting', { name: 'one.more', value: 1 })).rejects.toMatchObject({
      code: 'STORE_LIMIT',
    });
    await client.request('putSetting', { name: 's0', value: 'replaced' });
  });
});
