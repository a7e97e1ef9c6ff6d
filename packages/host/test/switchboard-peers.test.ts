import { brandAs, type RelayUrl } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { expect, it } from 'vitest';
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
