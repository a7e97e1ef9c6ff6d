import { brandAs, type PeerDevice, type PresenceKey, type RelayUrl } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { deviceIdNamed, endpointIdNamed, knownAddress, pendingNamed, relayInfoOf } from './named-devices.ts';
import { receivedMessage } from './received-message.ts';
import { type StoreArrangement, type StoreImplementation, withPaired } from './store-arrangement.ts';

const [OLD, NEW] = [brandAs<RelayUrl>('https://old.example/'), brandAs<RelayUrl>('https://new.example/')];
const KEY = brandAs<PresenceKey>('3d'.repeat(32));
const [NAS, PHONE] = [deviceIdNamed('NAS'), deviceIdNamed('Phone')];

const devicesIn = async ({ client }: StoreArrangement): Promise<readonly PeerDevice[]> =>
  (await client.request('listDevices', {})).devices;

const onlyIn = async (store: StoreArrangement): Promise<PeerDevice | undefined> => (await devicesIn(store))[0];

const namesIn = async (store: StoreArrangement): Promise<readonly string[]> =>
  (await devicesIn(store)).map(({ name }) => name);

/** What a store owes those who pair devices, find them and keep them out. Long because it is a list of facts. */
export const deviceConformance = (open: StoreImplementation['open']): void => {
  describe('addPending and promote', () => {
    it('store a peer as pending, then paired, under the id of its endpoint', async () => {
      const { client, clock } = await open();
      const { device } = await client.request('addPending', pendingNamed('NAS'));
      expect(device).toEqual({
        id: NAS,
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

    it('record what was learnt in the same step', async () => {
      const store = await open();
      const { device } = await store.client.request('addPending', pendingNamed('NAS'));
      const directAddresses = [knownAddress('192.0.2.1:4242', store.clock.nowMs())];
      const relayInfo = relayInfoOf(['https://relay.example/']);
      const learnt = { directAddresses, relayInfo, pairingId: 'abc' };
      const promoted = await store.client.request('promote', { deviceId: device.id, ...learnt });
      expect(promoted.device).toMatchObject({ pairingState: 'paired', ...learnt });
      expect(await onlyIn(store)).toEqual(promoted.device);
    });

    it('list devices in the order they were paired, also after the clock was set back', async () => {
      const store = await open();
      await store.client.request('addPending', pendingNamed('late'));
      await store.client.request('addPending', pendingNamed('early'));
      await store.client.request('promote', { deviceId: deviceIdNamed('early') });
      store.clock.setWallTime(1_000);
      await store.client.request('promote', { deviceId: deviceIdNamed('late') });
      expect(await namesIn(store)).toEqual(['early', 'late']);
      expect(await namesIn(await store.restart())).toEqual(['early', 'late']);
    });

    it('do not touch a paired device', async () => {
      const store = await withPaired(await open(), 'NAS');
      const before = await onlyIn(store);
      await expect(store.client.request('addPending', { ...pendingNamed('NAS'), name: 'Fake' })).rejects.toMatchObject({
        code: 'DEVICE_ALREADY_PAIRED',
        data: { deviceId: NAS },
      });
      expect(await onlyIn(store)).toEqual(before);
    });

    it('never overwrite the record of another device, whatever a peer calls itself', async () => {
      const store = await withPaired(await open(), 'NAS');
      await store.client.request('addPending', { ...pendingNamed('Intruder'), name: 'NAS' });
      const endpoints = (await devicesIn(store)).map(({ endpointId, pairingState }) => [endpointId, pairingState]);
      expect(endpoints).toEqual([
        [endpointIdNamed('NAS'), 'paired'],
        [endpointIdNamed('Intruder'), 'pending'],
      ]);
    });

    it('reject with DEVICE_UNKNOWN for a device that is not stored', async () => {
      const { client } = await open();
      const deviceId = deviceIdNamed('nobody');
      const unknown = { code: 'DEVICE_UNKNOWN' };
      await expect(client.request('promote', { deviceId })).rejects.toMatchObject(unknown);
      await expect(client.request('renameDevice', { deviceId, name: 'X' })).rejects.toMatchObject(unknown);
      await expect(client.request('changeTrust', { deviceId, change: { note: 'x' } })).rejects.toMatchObject(unknown);
    });
  });

  describe('renew', () => {
    const renewal = (name: string) => ({
      deviceId: deviceIdNamed(name),
      platform: 'darwin',
      relayUrls: [NEW],
      directAddresses: [knownAddress('10.0.0.2:1', 5)],
      tokens: [],
    });

    /** Paired, renamed, and with everything a device collects. */
    const openUsed = async (): Promise<StoreArrangement> => {
      const store = await withPaired(await open(), 'NAS', 'Phone');
      await store.client.request('renameDevice', { deviceId: NAS, name: 'Attic' });
      await store.client.request('updateDevice', {
        deviceId: NAS,
        incarnation: 9,
        lastSeenAtMs: 7,
        relayInfo: relayInfoOf([OLD], 8, 9),
        directAddresses: [knownAddress('10.0.0.1:1', 4)],
      });
      await store.client.request('receiveMessage', receivedMessage(9, 4));
      await store.client.request('putRelayTokens', { deviceId: NAS, tokens: [{ url: OLD, token: 'old' }] });
      return store;
    };
    const tokensIn = async ({ client }: StoreArrangement) =>
      (await client.request('listRelayTokens', {})).peers[0]?.tokens;

    it('starts the counters from the beginning and replaces where the device was found, but not its name', async () => {
      const store = await openUsed();
      await store.clock.advance(1_000);
      const { device } = await store.client.request('renew', renewal('NAS'));
      expect(device).toEqual({
        id: NAS,
        endpointId: endpointIdNamed('NAS'),
        name: 'Attic',
        platform: 'darwin',
        pairingState: 'paired',
        pairedAtMs: store.clock.nowMs(),
        relayInfo: relayInfoOf([NEW], 0, 0),
        directAddresses: [knownAddress('10.0.0.2:1', 5)],
        incarnation: 0,
        lastReceived: null,
        lastSeenAtMs: 7,
      });
      expect(await onlyIn(store)).toEqual(device);
    });

    it('keeps the journal, the other devices, and the place in the list', async () => {
      const store = await openUsed();
      const others = async () => [
        (await devicesIn(store))[1],
        await store.client.request('readJournal', { afterPosition: 0, limit: 10 }),
      ];
      const before = await others();
      await store.client.request('renew', renewal('NAS'));
      expect(await others()).toEqual(before);
      expect(await namesIn(store)).toEqual(['Attic', 'Phone']);
    });

    it('keeps relays and tokens when nothing is told of them, as the beginning of what will be', async () => {
      const store = await openUsed();
      await store.client.request('renew', { ...renewal('NAS'), relayUrls: [] });
      expect((await onlyIn(store))?.relayInfo).toEqual(relayInfoOf([OLD], 0, 0));
      expect(await tokensIn(store)).toEqual([{ url: OLD, token: 'old' }]);
      await store.client.request('renew', { ...renewal('NAS'), tokens: [{ url: NEW, token: 'new' }] });
      expect(await tokensIn(store)).toEqual([{ url: NEW, token: 'new' }]);
    });

    it('is for paired devices only', async () => {
      const { client } = await openUsed();
      await client.request('addPending', pendingNamed('Tablet'));
      for (const name of ['Tablet', 'nobody']) {
        await expect(client.request('renew', renewal(name))).rejects.toMatchObject({ code: 'DEVICE_UNKNOWN' });
      }
    });
  });

  describe('updateDevice', () => {
    it('changes what it is given and leaves the rest', async () => {
      const store = await withPaired(await open(), 'NAS');
      const relayInfo = relayInfoOf(['https://b.example/', 'https://a.example/'], 3, 2);
      const directAddresses = [knownAddress('192.168.1.5:4000', 20), knownAddress('[fd00::5]:4000', 10)];
      const full = { relayInfo, directAddresses, incarnation: 5, lastSeenAtMs: 7 };
      await store.client.request('updateDevice', { deviceId: NAS, ...full });
      expect(await onlyIn(store)).toMatchObject(full);
      await store.client.request('updateDevice', { deviceId: NAS });
      expect(await onlyIn(store)).toMatchObject(full);
      await store.client.request('updateDevice', { deviceId: NAS, lastSeenAtMs: 8 });
      expect(await onlyIn(store)).toMatchObject({ ...full, lastSeenAtMs: 8 });
    });

    it('replaces relays as a whole, down to none, and never lowers the incarnation', async () => {
      const store = await withPaired(await open(), 'NAS');
      await store.client.request('updateDevice', { deviceId: NAS, relayInfo: relayInfoOf([OLD], 1), incarnation: 5 });
      await store.client.request('updateDevice', { deviceId: NAS, relayInfo: relayInfoOf([], 2), incarnation: 4 });
      expect(await onlyIn(store)).toMatchObject({
        relayInfo: { homeRelayUrl: null, relayUrls: [], revision: 2, incarnation: 1 },
        incarnation: 5,
      });
    });

    it('keeps the 16 newest direct addresses, newest first, each with its latest time', async () => {
      const store = await withPaired(await open(), 'NAS');
      const learn = (...directAddresses: readonly ReturnType<typeof knownAddress>[]) =>
        store.client.request('updateDevice', { deviceId: NAS, directAddresses });
      await learn(...Array.from({ length: 20 }, (_, index) => knownAddress(`10.0.0.${index + 1}:1`, index)));
      await learn(knownAddress('10.0.0.20:1', 1));
      await learn(knownAddress('10.0.0.1:1', 50));
      const kept = (await onlyIn(store))?.directAddresses ?? [];
      expect(kept).toHaveLength(16);
      expect(kept.slice(0, 2)).toEqual([knownAddress('10.0.0.1:1', 50), knownAddress('10.0.0.20:1', 19)]);
      const times = kept.map(({ seenAtMs }) => seenAtMs);
      expect(times).toEqual(times.toSorted((one, other) => other - one));
    });

    it('ignores devices that are not stored', async () => {
      const store = await open();
      const relayInfo = relayInfoOf([OLD]);
      await store.client.request('updateDevice', { deviceId: deviceIdNamed('gone'), incarnation: 1, relayInfo });
      expect(await devicesIn(store)).toEqual([]);
    });
  });

  describe('what is known of a device', () => {
    it('is kept for each, replaced by what is told next, and there after a restart', async () => {
      const store = await withPaired(await open(), 'NAS', 'Phone');
      const { client } = store;
      const url = OLD;
      await client.request('putRelayTokens', { deviceId: NAS, tokens: [{ url, token: 'one' }] });
      await client.request('putRelayTokens', { deviceId: PHONE, tokens: [{ url, token: 'two' }] });
      await client.request('putRelayTokens', { deviceId: NAS, tokens: [{ url, token: 'three' }] });
      await client.request('putPresence', { deviceId: PHONE, presenceKey: null, isTold: false });
      await client.request('putPresence', { deviceId: PHONE, presenceKey: KEY, isTold: true });
      await client.request('putDeviceFacts', { deviceId: NAS, atMs: 1, facts: { nat: 'none' } });
      await client.request('putDeviceFacts', { deviceId: NAS, atMs: 2, facts: { nat: 'symmetric' } });
      const again = (await store.restart()).client;
      expect((await again.request('listRelayTokens', {})).peers).toEqual([
        { endpointId: endpointIdNamed('NAS'), tokens: [{ url, token: 'three' }] },
        { endpointId: endpointIdNamed('Phone'), tokens: [{ url, token: 'two' }] },
      ]);
      const { peers } = await again.request('listPresence', {});
      expect(peers).toEqual([{ deviceId: PHONE, presenceKey: KEY, isTold: true }]);
      const { facts } = await again.request('listDeviceFacts', {});
      expect(facts).toEqual([{ deviceId: NAS, atMs: 2, facts: { nat: 'symmetric' } }]);
    });

    it('goes with it, and is not kept for one that is not stored', async () => {
      const { client } = await withPaired(await open(), 'NAS', 'Phone');
      for (const deviceId of [NAS, deviceIdNamed('nobody')]) {
        await client.request('putRelayTokens', { deviceId, tokens: [{ url: OLD, token: 'one' }] });
        await client.request('putPresence', { deviceId, presenceKey: KEY, isTold: true });
        await client.request('putDeviceFacts', { deviceId, atMs: 1, facts: {} });
      }
      const known = async () => [
        (await client.request('listRelayTokens', {})).peers.length,
        (await client.request('listPresence', {})).peers.length,
        (await client.request('listDeviceFacts', {})).facts.length,
      ];
      expect(await known()).toEqual([1, 1, 1]);
      await client.request('removeDevice', { deviceId: NAS });
      await client.request('removeDevice', { deviceId: NAS });
      expect(await known()).toEqual([0, 0, 0]);
      expect((await client.request('listDevices', {})).devices.map(({ name }) => name)).toEqual(['Phone']);
    });

    it('is what a person decides of it, each part until it is changed', async () => {
      const store = await withPaired(await open(), 'NAS');
      const change = (changed: object) => store.client.request('changeTrust', { deviceId: NAS, change: changed });
      await change({ note: 'in the cellar', comparedAtMs: 5 });
      await change({ permissions: { relay: 'deny' } });
      const decided = { note: 'in the cellar', comparedAtMs: 5, permissions: { relay: 'deny' } };
      expect(await onlyIn(store)).toMatchObject(decided);
      await change({ note: null });
      const again = await store.restart();
      expect(await onlyIn(again)).toMatchObject({ comparedAtMs: 5 });
      expect(await onlyIn(again)).not.toHaveProperty('note');
      await again.client.request('removeDevice', { deviceId: NAS });
      await again.client.request('addPending', pendingNamed('NAS'));
      expect(await onlyIn(again)).not.toHaveProperty('comparedAtMs');
    });
  });

  describe('a blocked device', () => {
    it('is forgotten, kept out and listed, until it is blocked no more', async () => {
      const store = await withPaired(await open(), 'NAS', 'Phone');
      const { client, clock } = store;
      const { blocked } = await client.request('blockDevice', { endpointId: endpointIdNamed('NAS') });
      expect(blocked).toEqual({ id: NAS, endpointId: endpointIdNamed('NAS'), name: 'NAS', blockedAtMs: clock.nowMs() });
      expect(await namesIn(store)).toEqual(['Phone']);
      await clock.advance(1_000);
      await client.request('blockDevice', { endpointId: endpointIdNamed('Stranger') });
      expect(await client.request('blockDevice', { endpointId: endpointIdNamed('NAS') })).toEqual({ blocked });
      const refused = client.request('addPending', pendingNamed('NAS'));
      await expect(refused).rejects.toMatchObject({ code: 'DEVICE_BLOCKED' });

      const again = await store.restart();
      const listed = (await again.client.request('listBlocked', {})).blocked;
      expect(listed.map(({ name }) => name)).toEqual(['NAS', null]);
      expect(await again.client.request('unblockDevice', { deviceId: NAS })).toEqual({ wasBlocked: true });
      expect(await again.client.request('unblockDevice', { deviceId: NAS })).toEqual({ wasBlocked: false });
      await again.client.request('addPending', pendingNamed('NAS'));
      expect(await namesIn(again)).toEqual(['Phone', 'NAS']);
    });
  });
};
