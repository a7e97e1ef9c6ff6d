import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { brandAs, type PresenceKey } from '@bowline/contracts';
import { deviceIdNamed, pendingNamed } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { freshDataDir, startedStoreIn, storeIn } from './data-dirs.ts';

const KEY = brandAs<PresenceKey>('3d'.repeat(32));

const storeWith = async (...names: readonly string[]) => {
  const dataDir = freshDataDir();
  const { actor, client } = await startedStoreIn(dataDir);
  for (const name of names) await client.request('addPending', pendingNamed(name));
  const list = async () => (await client.request('listPresence', {})).peers;
  return { actor, client, dataDir, list };
};

describe('presence keys', () => {
  it('cannot be read in the files, and do not open for another device', async () => {
    const { actor, client, dataDir } = await storeWith('NAS', 'Phone');
    await client.request('putPresence', { deviceId: deviceIdNamed('NAS'), presenceKey: KEY, isTold: true });
    await actor.stop();
    for (const file of readdirSync(dataDir, { withFileTypes: true })) {
      if (!file.isFile()) continue;
      const bytes = readFileSync(join(dataDir, file.name));
      expect(bytes.includes(Buffer.from(KEY, 'hex')) || bytes.includes(KEY)).toBe(false);
    }
    const database = new DatabaseSync(join(dataDir, 'store.db'));
    database.prepare('UPDATE presence SET device_id = ?').run(deviceIdNamed('Phone'));
    database.close();
    await expect(storeIn(dataDir).actor.start()).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  });

  it.each(['', 'ab', 'AB'.repeat(32), 'xy'.repeat(32)])('refuses %j', async (wrong) => {
    const { client } = await storeWith('NAS');
    const input = { deviceId: deviceIdNamed('NAS'), presenceKey: brandAs<PresenceKey>(wrong), isTold: false };
    await expect(client.request('putPresence', input)).rejects.toMatchObject({ code: 'STORE_INPUT_INVALID' });
  });
});
