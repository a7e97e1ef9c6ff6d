import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { brandAs, type RelayUrl } from '@bowline/contracts';
import { deviceIdNamed, knownAddress, pendingNamed, receivedMessage, relayInfoOf } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { freshDataDir, startedStoreIn, storeIn } from './data-dirs.ts';

const pairedStore = async (names: readonly string[]) => {
  const dataDir = freshDataDir();
  const store = await startedStoreIn(dataDir);
  for (const name of names) {
    await store.client.request('addPending', pendingNamed(name));
    await store.client.request('promote', { deviceId: deviceIdNamed(name) });
  }
  const names_ = async () => (await store.client.request('listDevices', {})).devices.map(({ name }) => name);
  const only = async () => (await store.client.request('listDevices', {})).devices[0];
  return { ...store, dataDir, names: names_, only };
};

describe('addPending and promote', () => {
  it('promote and record what was learnt in one step, or do neither', async () => {
    const { client, clock, only } = await pairedStore([]);
    const { device } = await client.request('addPending', pendingNamed('NAS'));
    const directAddresses = [knownAddress('192.0.2.1:4242', clock.nowMs())];
    const relayInfo = relayInfoOf(['https://relay.example/']);
    const tooMany = relayInfoOf(Array.from({ length: 9 }, (_, index) => `https://relay-${index}.example/`));
    const wrong = client.request('promote', { deviceId: device.id, directAddresses, relayInfo: tooMany });
    await expect(wrong).rejects.toMatchObject({ code: 'STORE_INPUT_INVALID' });
    expect(await only()).toEqual(device);
    const promoted = await client.request('promote', { deviceId: device.id, directAddresses, relayInfo });
    expect(promoted.device).toMatchObject({ pairingState: 'paired', directAddresses, relayInfo });
    expect(await only()).toEqual(promoted.device);
  });

  it('refuse what could not be read back', async () => {
    const { client } = await startedStoreIn(freshDataDir());
    const valid = pendingNamed('NAS');
    for (const wrong of [{ endpointId: 'x' as never }, { name: '\u0007' }, { platform: 'a\nb' }]) {
      await expect(client.request('addPending', { ...valid, ...wrong })).rejects.toMatchObject({
        code: 'STORE_INPUT_INVALID',
      });
    }
    expect((await client.request('listDevices', {})).devices).toEqual([]);
  });
});

describe('renew', () => {
  const [OLD, NEW] = [brandAs<RelayUrl>('https://old.example/'), brandAs<RelayUrl>('https://new.example/')];
  const renewal = (name: string) => ({
    deviceId: deviceIdNamed(name),
    platform: 'darwin',
    relayUrls: [NEW],
    directAddresses: [knownAddress('10.0.0.2:1', 5)],
    tokens: [],
  });

  /** Paired, renamed, and with everything a device collects. */
  const usedStore = async () => {
    const store = await pairedStore(['NAS', 'Phone']);
    const { client } = store;
    const deviceId = deviceIdNamed('NAS');
    await client.request('renameDevice', { deviceId, name: 'Attic' });
    await client.request('updateDevice', {
      deviceId,
      incarnation: 9,
      lastSeenAtMs: 7,
      relayInfo: relayInfoOf([OLD], 8, 9),
      directAddresses: [knownAddress('10.0.0.1:1', 4)],
    });
    await client.request('receiveMessage', receivedMessage(9, 4, { deviceId }));
    await client.request('putRelayTokens', { deviceId, tokens: [{ url: OLD, token: 'old' }] });
    const tokens = async () => (await client.request('listRelayTokens', {})).peers[0]?.tokens;
    return { ...store, tokens };
  };

  it('changes nothing at all when a part of it cannot be stored', async () => {
    const { client, only, tokens } = await usedStore();
    const before = [await only(), await tokens()];
    for (const wrong of [
      { tokens: [{ url: NEW, token: '' }] },
      { directAddresses: [{ address: 'x' as never, seenAtMs: 1 }] },
    ]) {
      await expect(client.request('renew', { ...renewal('NAS'), ...wrong })).rejects.toMatchObject({
        code: 'STORE_INPUT_INVALID',
      });
    }
    expect([await only(), await tokens()]).toEqual(before);
  });
});

describe('updateDevice', () => {
  it('refuses more relays than a device may have, and changes nothing then', async () => {
    const { client, only } = await pairedStore(['NAS']);
    const before = await only();
    const relayInfo = relayInfoOf(Array.from({ length: 9 }, (_, index) => `https://r${index}.example/`));
    const update = client.request('updateDevice', { deviceId: deviceIdNamed('NAS'), lastSeenAtMs: 9, relayInfo });
    await expect(update).rejects.toMatchObject({ code: 'STORE_INPUT_INVALID' });
    expect(await only()).toEqual(before);
  });
});

describe('removeDevice', () => {
  it('removes a device and all that is known of it, and nothing else', async () => {
    const { client, names, dataDir, actor } = await pairedStore(['NAS', 'Phone']);
    for (const name of ['NAS', 'Phone']) {
      await client.request('updateDevice', {
        deviceId: deviceIdNamed(name),
        relayInfo: relayInfoOf(['https://a.example/']),
        directAddresses: [knownAddress('10.0.0.1:1', 1)],
      });
    }
    await client.request('removeDevice', { deviceId: deviceIdNamed('NAS') });
    await client.request('removeDevice', { deviceId: deviceIdNamed('NAS') });
    expect(await names()).toEqual(['Phone']);
    await actor.stop();
    const database = new DatabaseSync(join(dataDir, 'store.db'));
    for (const table of ['relay_info', 'relay_urls', 'direct_addresses']) {
      expect(database.prepare(`SELECT device_id FROM ${table}`).all()).toEqual([{ device_id: deviceIdNamed('Phone') }]);
    }
    database.close();
  });
});

describe('a list with an altered device', () => {
  it.each([
    "UPDATE devices SET name = ''",
    "UPDATE devices SET name = 'Nas'",
    "UPDATE devices SET pairing_state = 'pending'",
    `UPDATE devices SET endpoint_id = '${'cd'.repeat(32)}' WHERE name = 'NAS'`,
    "UPDATE relay_urls SET url = 'https://b.example/'",
    'DELETE FROM relay_urls',
    'UPDATE relay_info SET revision = -1',
    "UPDATE direct_addresses SET address = '10.0.0.2:1'",
    'UPDATE devices SET incarnation = 9007199254740993',
    "DELETE FROM devices WHERE name = 'Phone'",
  ])('is damage, never another list: %s', async (sql) => {
    const dataDir = freshDataDir();
    const { client, actor } = await startedStoreIn(dataDir);
    await client.request('openIdentity', { defaultName: 'Laptop' });
    for (const name of ['NAS', 'Phone']) {
      await client.request('addPending', pendingNamed(name));
      await client.request('promote', { deviceId: deviceIdNamed(name) });
    }
    await client.request('updateDevice', {
      deviceId: deviceIdNamed('NAS'),
      relayInfo: relayInfoOf(['https://a.example/']),
      directAddresses: [knownAddress('10.0.0.1:1', 1)],
    });
    await actor.stop();
    const file = join(dataDir, 'store.db');
    const database = new DatabaseSync(file);
    database.exec(sql);
    database.close();
    const altered = readFileSync(file);
    await expect(storeIn(dataDir).actor.start()).rejects.toMatchObject({ code: 'STORE_DAMAGED', data: { file } });
    expect(readFileSync(file).equals(altered)).toBe(true);
  });
});
