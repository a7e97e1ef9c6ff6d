import { brandAs, type RelayUrl } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { expect, it, onTestFinished } from 'vitest';
import { dialDevices } from '../src/wiring/dial-devices.ts';
import { switchboardPeers } from '../src/wiring/switchboard-peers.ts';
import { peerDevice, scriptedSystem } from './scripted-system.ts';

const relayInfo = {
  homeRelayUrl: null,
  relayUrls: [brandAs<RelayUrl>('https://a.test/')],
  revision: 1,
  incarnation: 1,
};

it('the switchboard is told the whole list, and one more however many changes come while it takes one', async () => {
  const held = Promise.withResolvers<object>();
  const { system, peers, inputsOf } = scriptedSystem({ 'switchboard.setPeers': () => held.promise });
  for (const seed of [2, 3, 4]) {
    await peers.adopt(peerDevice(seed));
    peers.update(peerDevice(seed).id, { lentTokens: [] });
  }
  const tell = switchboardPeers(system.parts.switchboard.client, peers);
  const telling = [tell()];
  for (const seed of [2, 3]) {
    peers.updateRecord(peerDevice(seed).id, { relayInfo });
    telling.push(tell());
  }
  held.resolve({});
  await Promise.all(telling);
  const lists = inputsOf('switchboard.setPeers') as { peers: { relayUrls: unknown[] }[] }[];
  expect(lists.map((list) => list.peers.map(({ relayUrls }) => relayUrls.length))).toEqual([
    [0, 0, 0],
    [1, 1, 0],
  ]);
});

it('a device whose tokens are not read yet is left to what its pairing session told', async () => {
  const { system, peers, inputsOf } = scriptedSystem();
  await peers.adopt(peerDevice(2));
  await switchboardPeers(system.parts.switchboard.client, peers)();
  await settle();
  expect(inputsOf('switchboard.setPeers')).toEqual([{ peers: [] }]);
});

it('a device that is denied relays is kept off them, and dialled without', async () => {
  const { system, peers, own, inputsOf, tell } = scriptedSystem();
  onTestFinished(dialDevices(system));
  own.update({ configuredRelayUrls: [brandAs<RelayUrl>('https://a.test/')] });
  const device = peerDevice(2, { relayInfo });
  await peers.adopt(device);
  const telling = switchboardPeers(system.parts.switchboard.client, peers);
  peers.updateRecord(device.id, { permissions: { relay: 'deny' } });
  await telling();
  expect(inputsOf('switchboard.setPeers').at(-1)).toEqual({
    peers: [{ endpointId: device.endpointId, relayUrls: [], tokens: [], usesRelays: false }],
  });
  tell('scheduler', 'dial.due', { deviceId: device.id });
  await settle();
  expect(inputsOf('links.connect')).toMatchObject([{ throughRelay: false }]);
});
