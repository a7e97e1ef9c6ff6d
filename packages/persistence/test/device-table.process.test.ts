import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { brandAs, type RelayUrl } from '@bowline/contracts';
import {
  deviceIdNamed,
  endpointIdNamed,
  knownAddress,
  pendingNamed,
  receivedMessage,
  relayInfoOf,
} from '@bowline/testing';
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
  it('store a peer as pending, then paired, under the id of its endpoint', async () => {
    const { client, clock } = await startedStoreIn(freshDataDir());
    const { device } = await client.request('addPending', pendingNamed('NAS'));
    expect(device).toEqual({
      id: deviceIdNamed('NAS'),
      endpointId: endpointIdNamed('NAS'),
      name: 'NAS',
      platform: 'linux',
      pairingState: 'pending',
      pairedAtMs: clock.nowMs(),
      relayInfo: null,
      directAddresses: [],
      incarnation: 0,
      lastReceived: null,
      lastSeenAtMs: null,
    });
    await clock.advance(1_000);
    const promoted = await client.request('promote', { deviceId: device.id });
    expect(promoted.device).toEqual({ ...device, pairingState: 'paired', pairedAtMs: clock.nowMs() });
    await clock.advance(1_000);
    expect(await client.request('promote', { deviceId: device.id })).toEqual(promoted);
  });

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

  it('list devices in the order they were paired, also after the clock was set back', async () => {
    const { client, clock, names } = await pairedStore([]);
    await client.request('addPending', pendingNamed('late'));
    await client.request('addPending', pendingNamed('early'));
    await client.request('promote', { deviceId: deviceIdNamed('early') });
    clock.setWallTime(1_000);
    await client.request('promote', { deviceId: deviceIdNamed('late') });
    expect(await names()).toEqual(['early', 'late']);
  });

  it('do not touch a paired device', async () => {
    const { client, only } = await pairedStore(['NAS']);
    const before = await only();
    await expect(client.request('addPending', { ...pendingNamed('NAS'), name: 'Fake' })).rejects.toMatchObject({
      code: 'DEVICE_ALREADY_PAIRED',
      data: { deviceId: deviceIdNamed('NAS') },
    });
    expect(await only()).toEqual(before);
  });

  it('never overwrite the record of another device, whatever a peer calls itself', async () => {
    const { client, names } = await pairedStore(['NAS']);
    await client.request('addPending', { ...pendingNamed('Intruder'), name: 'NAS' });
    expect(await names()).toEqual(['NAS', 'NAS']);
    const { devices } = await client.request('listDevices', {});
    expect(devices.map(({ endpointId }) => endpointId)).toEqual([endpointIdNamed('NAS'), endpointIdNamed('Intruder')]);
    expect(devices.map(({ pairingState }) => pairingState)).toEqual(['paired', 'pending']);
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

  it('reject with DEVICE_UNKNOWN for a device that is not stored', async () => {
    const { client } = await startedStoreIn(freshDataDir());
    const deviceId = deviceIdNamed('nobody');
    await expect(client.request('promote', { deviceId })).rejects.toMatchObject({ code: 'DEVICE_UNKNOWN' });
    await expect(client.request('renameDevice', { deviceId, name: 'X' })).rejects.toMatchObject({
      code: 'DEVICE_UNKNOWN',
    });
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

  it('starts the counters from the beginning and replaces where the device was found, but not its name', async () => {
    const { client, clock, only } = await usedStore();
    await clock.advance(1_000);
    const { device } = await client.request('renew', renewal('NAS'));
    expect(device).toEqual({
      id: deviceIdNamed('NAS'),
      endpointId: endpointIdNamed('NAS'),
      name: 'Attic',
      platform: 'darwin',
      pairingState: 'paired',
      pairedAtMs: clock.nowMs(),
      relayInfo: relayInfoOf([NEW], 0, 0),
      directAddresses: [knownAddress('10.0.0.2:1', 5)],
      incarnation: 0,
      lastReceived: null,
      lastSeenAtMs: 7,
    });
    expect(await only()).toEqual(device);
  });

  it('keeps the journal, the other devices, and the place in the list', async () => {
    const { client, names } = await usedStore();
    const phone = async () => (await client.request('listDevices', {})).devices[1];
    const journal = async () => (await client.request('readJournal', { afterPosition: 0, limit: 10 })).entries;
    const before = [await phone(), await journal()];
    await client.request('renew', renewal('NAS'));
    expect([await phone(), await journal()]).toEqual(before);
    expect(await names()).toEqual(['Attic', 'Phone']);
  });

  it('keeps relays and tokens when nothing is told of them, as the beginning of what will be', async () => {
    const { client, only, tokens } = await usedStore();
    await client.request('renew', { ...renewal('NAS'), relayUrls: [] });
    expect((await only())?.relayInfo).toEqual(relayInfoOf([OLD], 0, 0));
    expect(await tokens()).toEqual([{ url: OLD, token: 'old' }]);
  });

  it('replaces tokens when some are told', async () => {
    const { client, tokens } = await usedStore();
    await client.request('renew', { ...renewal('NAS'), tokens: [{ url: NEW, token: 'new' }] });
    expect(await tokens()).toEqual([{ url: NEW, token: 'new' }]);
  });

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

  it('is for paired devices only', async () => {
    const { client } = await usedStore();
    await client.request('addPending', pendingNamed('Tablet'));
    for (const name of ['Tablet', 'nobody']) {
      await expect(client.request('renew', renewal(name))).rejects.toMatchObject({ code: 'DEVICE_UNKNOWN' });
    }
  });
});

describe('updateDevice', () => {
  it('changes what it is given and leaves the rest', async () => {
    const { client, only } = await pairedStore(['NAS']);
    const deviceId = deviceIdNamed('NAS');
    const relayInfo = relayInfoOf(['https://b.example/', 'https://a.example/'], 3, 2);
    const directAddresses = [knownAddress('192.168.1.5:4000', 20), knownAddress('[fd00::5]:4000', 10)];
    await client.request('updateDevice', { deviceId, relayInfo, directAddresses, incarnation: 5, lastSeenAtMs: 7 });
    const full = { relayInfo, directAddresses, incarnation: 5, lastSeenAtMs: 7 };
    expect(await only()).toMatchObject(full);
    await client.request('updateDevice', { deviceId });
    expect(await only()).toMatchObject(full);
    await client.request('updateDevice', { deviceId, lastSeenAtMs: 8 });
    expect(await only()).toMatchObject({ ...full, lastSeenAtMs: 8 });
  });

  it('replaces relays as a whole, down to none', async () => {
    const { client, only } = await pairedStore(['NAS']);
    const deviceId = deviceIdNamed('NAS');
    await client.request('updateDevice', { deviceId, relayInfo: relayInfoOf(['https://a.example/'], 1) });
    await client.request('updateDevice', { deviceId, relayInfo: relayInfoOf([], 2) });
    expect((await only())?.relayInfo).toEqual({ homeRelayUrl: null, relayUrls: [], revision: 2, incarnation: 1 });
  });

  it('never lowers the incarnation', async () => {
    const { client, only } = await pairedStore(['NAS']);
    await client.request('updateDevice', { deviceId: deviceIdNamed('NAS'), incarnation: 5 });
    await client.request('updateDevice', { deviceId: deviceIdNamed('NAS'), incarnation: 4 });
    expect((await only())?.incarnation).toBe(5);
  });

  it('keeps the 16 newest direct addresses, newest first, each with its latest time', async () => {
    const { client, only } = await pairedStore(['NAS']);
    const deviceId = deviceIdNamed('NAS');
    const addresses = Array.from({ length: 20 }, (_, index) => knownAddress(`10.0.0.${index + 1}:1`, index));
    await client.request('updateDevice', { deviceId, directAddresses: addresses });
    await client.request('updateDevice', { deviceId, directAddresses: [knownAddress('10.0.0.20:1', 1)] });
    await client.request('updateDevice', { deviceId, directAddresses: [knownAddress('10.0.0.1:1', 50)] });
    const kept = (await only())?.directAddresses ?? [];
    expect(kept).toHaveLength(16);
    expect(kept.slice(0, 2)).toEqual([knownAddress('10.0.0.1:1', 50), knownAddress('10.0.0.20:1', 19)]);
    expect(kept.map(({ seenAtMs }) => seenAtMs)).toEqual(
      kept.map(({ seenAtMs }) => seenAtMs).toSorted((a, b) => b - a),
    );
  });

  it('ignores devices that are not stored', async () => {
    const { client } = await startedStoreIn(freshDataDir());
    const relayInfo = relayInfoOf(['https://a.example/']);
    await client.request('updateDevice', { deviceId: deviceIdNamed('gone'), incarnation: 1, relayInfo });
    expect((await client.request('listDevices', {})).devices).toEqual([]);
  });

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
