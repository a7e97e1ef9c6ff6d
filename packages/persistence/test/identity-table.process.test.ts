import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { deviceIdOf, endpointIdOf } from '@bowline/contracts';
import { pendingNamed } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { freshDataDir, startedStoreIn, storeIn } from './data-dirs.ts';

describe('identity', () => {
  it('is made once and the same ever after, with a growing incarnation', async () => {
    const dataDir = freshDataDir();
    const first = await startedStoreIn(dataDir);
    const made = await first.client.request('openIdentity', { defaultName: ' My  laptop ' });
    expect(made).toMatchObject({ name: 'My laptop', incarnation: 1, id: deviceIdOf(made.endpointId) });
    expect(endpointIdOf(made.secretKey)).toBe(made.endpointId);
    expect(await first.client.request('openIdentity', { defaultName: 'x' })).toEqual({ ...made, incarnation: 2 });
    await first.actor.stop();

    const second = await startedStoreIn(dataDir);
    expect(await second.client.request('openIdentity', { defaultName: 'Other' })).toEqual({ ...made, incarnation: 3 });
  });

  it('keeps a new name', async () => {
    const { client } = await startedStoreIn(freshDataDir());
    await client.request('openIdentity', { defaultName: 'Old' });
    await client.request('renameSelf', { name: 'New\u202e' });
    expect((await client.request('openIdentity', { defaultName: 'Old' })).name).toBe('New');
  });

  it.each(['', ' \u200b ', '\u0000'])('refuses the name %j', async (name) => {
    const { client } = await startedStoreIn(freshDataDir());
    await expect(client.request('openIdentity', { defaultName: name })).rejects.toMatchObject({
      code: 'STORE_INPUT_INVALID',
    });
  });

  it('keeps the secret key out of the files', async () => {
    const dataDir = freshDataDir();
    const store = await startedStoreIn(dataDir);
    const { secretKey } = await store.client.request('openIdentity', { defaultName: 'Laptop' });
    await store.actor.stop();
    for (const file of readdirSync(dataDir)) {
      const bytes = readFileSync(join(dataDir, file));
      expect(bytes.includes(Buffer.from(secretKey))).toBe(false);
      expect(bytes.toString('latin1').toLowerCase()).not.toContain(Buffer.from(secretKey).toString('hex'));
    }
    expect(JSON.stringify(store.logger.lines)).not.toContain(Buffer.from(secretKey).toString('hex'));
  });

  it.each([
    ['the row is gone', 'DELETE FROM identity'],
    [
      'the row and its trace are gone while devices are there',
      "DELETE FROM identity; DELETE FROM facts WHERE name = 'identity_made'",
    ],
    ['the sealed key was changed', "UPDATE identity SET sealed_secret_key = x'01020304'"],
    ['the endpoint id was changed', `UPDATE identity SET endpoint_id = '${'ab'.repeat(32)}'`],
    ['the name is another', "UPDATE identity SET name = 'Desktop'"],
    ['the incarnation is beyond what a number holds', 'UPDATE identity SET incarnation = 9223372036854775000'],
  ])('is never renewed in silence: %s', async (_what, sql) => {
    const dataDir = freshDataDir();
    const store = await startedStoreIn(dataDir);
    await store.client.request('openIdentity', { defaultName: 'Laptop' });
    await store.client.request('addPending', pendingNamed('NAS'));
    await store.actor.stop();
    const database = new DatabaseSync(join(dataDir, 'store.db'));
    database.exec(sql);
    database.close();

    await expect(storeIn(dataDir).actor.start()).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
      message: expect.stringContaining(join(dataDir, 'store.db')),
    });
  });
});
