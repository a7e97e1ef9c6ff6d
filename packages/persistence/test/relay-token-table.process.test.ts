import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { brandAs, type RelayUrl } from '@bowline/contracts';
import { deviceIdNamed, pendingNamed } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { freshDataDir, startedStoreIn, storeIn } from './data-dirs.ts';

const A = brandAs<RelayUrl>('https://a.example/');
const B = brandAs<RelayUrl>('https://b.example/');

const storeWith = async (...names: readonly string[]) => {
  const dataDir = freshDataDir();
  const { actor, client } = await startedStoreIn(dataDir);
  for (const name of names) await client.request('addPending', pendingNamed(name));
  const put = (name: string, tokens: readonly { readonly url: RelayUrl; readonly token: string }[]) =>
    client.request('putRelayTokens', { deviceId: deviceIdNamed(name), tokens });
  const list = async () => (await client.request('listRelayTokens', {})).peers;
  return { actor, client, dataDir, put, list };
};

describe('tokens of the relays of peers', () => {
  it('cannot be read in the files, nor in the list of devices', async () => {
    const { actor, client, dataDir, put } = await storeWith('NAS');
    await put('NAS', [{ url: A, token: 'correct-horse-battery' }]);
    expect(JSON.stringify(await client.request('listDevices', {}))).not.toContain('correct-horse');
    await actor.stop();
    for (const file of readdirSync(dataDir)) {
      expect(readFileSync(join(dataDir, file)).includes('correct-horse')).toBe(false);
    }
  });

  it('do not open for another relay, or another device', async () => {
    for (const forgery of [`url = '${B}'`, `device_id = '${deviceIdNamed('Phone')}'`]) {
      const { actor, dataDir, put } = await storeWith('NAS', 'Phone');
      await put('NAS', [{ url: A, token: 'one' }]);
      await actor.stop();
      const database = new DatabaseSync(join(dataDir, 'store.db'));
      database.exec(`UPDATE relay_tokens SET ${forgery}`);
      database.close();
      await expect(storeIn(dataDir).actor.start()).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    }
  });

  it.each([
    ['with a line break', [{ url: A, token: 'a\nb' }]],
    ['of no length', [{ url: A, token: '' }]],
    ['too long for a header', [{ url: A, token: 'x'.repeat(4_097) }]],
    ['for what is no relay URL', [{ url: 'ftp://a.example/' as RelayUrl, token: 'a' }]],
    [
      'of too many relays',
      Array.from({ length: 9 }, (_, at) => ({ url: `https://r${at}.example/` as RelayUrl, token: 'a' })),
    ],
  ])('are refused %s', async (_what, tokens) => {
    const { put, list } = await storeWith('NAS');
    await expect(put('NAS', tokens)).rejects.toMatchObject({ code: 'STORE_INPUT_INVALID' });
    expect(await list()).toEqual([]);
  });
});
