import { BowlineError, brandAs, type KnownAddress, type RelayUrl, type SocketAddress } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { deliverMessages } from '../src/wiring/deliver-messages.ts';
import { followLinks } from '../src/wiring/follow-links.ts';
import { removePeer } from '../src/wiring/peer-changes.ts';
import { refreshRelays } from '../src/wiring/refresh-relays.ts';
import { tellPeers } from '../src/wiring/tell-peers.ts';
import { peerDevice, scriptedSystem } from './scripted-system.ts';

const phone = peerDevice(2);
const relayInfo = { homeRelayUrl: null, relayUrls: [], revision: 2, incarnation: 7 };
const linkUp = { deviceId: phone.id, path: null, relayInfo, directAddresses: [], incarnation: 7 };
const position = { incarnation: 7, sequence: 3 };

/** A system with a paired phone whose workers are ready, in which one request is answered only when the test says so. */
const heldAt = async (request: string, answer: object = {}) => {
  const held = Promise.withResolvers<object>();
  const scripted = scriptedSystem({ [request]: () => held.promise });
  await scripted.peers.adopt(phone);
  tellPeers(scripted.system);
  followLinks(scripted.system);
  for (const worker of ['links', 'scheduler', 'refresh'] as const) await scripted.becomeReady(worker);
  const release = async (): Promise<void> => {
    held.resolve(answer);
    await settle();
  };
  return { ...scripted, release };
};

describe('a link that comes up', () => {
  it('is told to the scheduler and to the relay refresh, once each, with what the device said', async () => {
    const { inputsOf, tell } = await heldAt('nothing');
    tell('links', 'link.up', linkUp);
    await settle();
    expect(inputsOf('scheduler.setPeers').slice(1)).toEqual([
      { scope: 'some', peers: [{ deviceId: phone.id, link: 'up', dialAfterMs: 0 }] },
    ]);
    expect(inputsOf('refresh.setPeers').slice(1)).toMatchObject([
      { scope: 'some', peers: [{ deviceId: phone.id, isLinked: true, heard: relayInfo }] },
    ]);
  });

  it('does not bring back a device that is unpaired meanwhile', async () => {
    const { system, peers, tell, release } = await heldAt('persistence.updateDevice');
    tell('links', 'link.up', linkUp);
    await removePeer(system, phone.id, 'us');
    await release();
    expect(peers.list()).toEqual([]);
  });

  it('heals a pairing left pending', async () => {
    const { peers, tell, asked } = await heldAt('nothing');
    peers.updateRecord(phone.id, { pairingState: 'pending' });
    tell('links', 'link.up', linkUp);
    await settle();
    expect(peers.list()).toMatchObject([{ pairingState: 'paired', incarnation: 7 }]);
    expect(asked).toContain('persistence.promote');
  });

  it('heals it in the store, too, once that is back', async () => {
    const store = { isDown: true as boolean };
    const scripted = scriptedSystem({
      'persistence.promote': () => {
        if (store.isDown) throw new BowlineError({ code: 'WORKER_DOWN', message: 'being restarted' });
        return {};
      },
    });
    const { inputsOf, peers, tell, becomeReady } = scripted;
    await peers.adopt({ ...phone, pairingState: 'pending' });
    followLinks(scripted.system);
    tell('links', 'link.up', linkUp);
    await settle();
    store.isDown = false;
    await becomeReady('persistence');
    await settle();
    expect(inputsOf('persistence.promote')).toMatchObject([{ incarnation: 7 }, { incarnation: 7 }]);
    await becomeReady('persistence');
    await settle();
    expect(inputsOf('persistence.promote')).toHaveLength(2);
  });
});

describe('a link that ends', () => {
  it('leaves behind when the device was last heard, not when it came', async () => {
    const { peers, tell, clock } = await heldAt('nothing');
    tell('links', 'link.up', linkUp);
    const cameAtMs = clock.nowMs();
    await clock.advance(90_000);
    tell('links', 'link.down', { deviceId: phone.id, reason: 'goodbye' });
    await settle();
    expect(peers.list()).toMatchObject([{ lastSeenAtMs: cameAtMs + 90_000 }]);
  });

  it.each([
    ['goodbye', 'away'],
    ['connectionLost', 'down'],
  ])('by %s leaves the device %s', async (reason, link) => {
    const { inputsOf, tell } = await heldAt('nothing');
    tell('links', 'link.up', linkUp);
    tell('links', 'link.down', { deviceId: phone.id, reason });
    await settle();
    expect(inputsOf('scheduler.setPeers').at(-1)).toMatchObject({ peers: [{ deviceId: phone.id, link }] });
    expect(inputsOf('refresh.setPeers').at(-1)).toMatchObject({ peers: [{ isLinked: false }] });
  });
});

describe('a device that is unpaired', () => {
  it('stays, and is told of nowhere, when the store does not take it', async () => {
    const scripted = await heldAt('nothing');
    const { system, peers, asked } = scripted;
    const failing = scriptedSystem({
      'persistence.removeDevice': () => {
        throw new Error('full');
      },
    });
    await failing.peers.adopt(phone);
    await expect(removePeer(failing.system, phone.id, 'us')).rejects.toThrow('full');
    expect(failing.peers.list()).toEqual([phone]);
    await removePeer(system, phone.id, 'us');
    expect(peers.list()).toEqual([]);
    expect(asked.indexOf('persistence.removeDevice')).toBeLessThan(asked.lastIndexOf('links.setPeers'));
  });

  it('hears so on its link before it is admitted no more', async () => {
    const { system, own, bound, inputsOf, asked, release } = await heldAt('links.sayNothing');
    own.update({ bound });
    await removePeer(system, phone.id, 'us');
    await release();
    expect(inputsOf('links.setPeers').at(-1)).toEqual({ scope: 'some', peers: [], gone: [phone.id] });
    expect(asked.lastIndexOf('links.setPeers')).toBeLessThan(asked.lastIndexOf('endpoint.setAdmitted'));
    expect(inputsOf('endpoint.setAdmitted').at(-1)).toMatchObject({ admitted: [] });
  });
});

describe('the record of this device', () => {
  it('goes on from where it was when the relay refresh was started again', async () => {
    const { system, becomeReady, inputsOf, own } = scriptedSystem({ 'refresh.presentSelf': () => ({ relayInfo }) });
    refreshRelays(system);
    await becomeReady('refresh');
    await becomeReady('refresh');
    expect(inputsOf('refresh.presentSelf')).toEqual([
      { relayUrls: [], last: null },
      { relayUrls: [], last: relayInfo },
    ]);
    expect(own.current.relayInfo).toEqual(relayInfo);
  });

  it('names the relays of before while none is reached, as far as they are still to be used', async () => {
    const [home, other] = [brandAs<RelayUrl>('https://home.example/'), brandAs<RelayUrl>('https://other.example/')];
    const named = { homeRelayUrl: home, relayUrls: [home, other], revision: 3, incarnation: 7 };
    const { system, becomeReady, inputsOf, own } = scriptedSystem({
      'refresh.presentSelf': ({ relayUrls }: { relayUrls: readonly RelayUrl[] }) => ({
        relayInfo: { ...named, relayUrls },
      }),
    });
    const last = () => (inputsOf('refresh.presentSelf') as { relayUrls: readonly RelayUrl[] }[]).at(-1)?.relayUrls;
    refreshRelays(system);
    await becomeReady('refresh');
    expect(last()).toEqual([]);
    own.update({ configuredRelayUrls: [home, other], relayUrls: [home, other] });
    await settle();
    expect(last()).toEqual([home, other]);
    own.update({ relayUrls: [] });
    await settle();
    expect(last()).toEqual([home, other]);
    own.update({ configuredRelayUrls: [other] });
    await settle();
    expect(last()).toEqual([other]);
    own.update({ configuredRelayUrls: [] });
    await settle();
    expect(last()).toEqual([]);
  });
});

describe('a message that is journaled', () => {
  it('does not bring back a device that is unpaired meanwhile', async () => {
    const { system, peers, tell, release } = await heldAt('persistence.appendJournal', { stored: true });
    deliverMessages(system);
    tell('links', 'message.received', { deviceId: phone.id, position, payload: Uint8Array.of(0) });
    await settle();
    await peers.remove(phone.id);
    await release();
    expect(peers.list()).toEqual([]);
  });
});

describe('what a device says of itself', () => {
  const at = (...texts: readonly string[]) => texts.map((text) => brandAs<SocketAddress>(text));
  const elsewhere = { eth0: [{ address: '192.168.1.10', internal: false }] } as never;
  const storedOf = (written: unknown): readonly SocketAddress[] =>
    (written as { directAddresses: readonly KnownAddress[] }).directAddresses.map(({ address }) => address);

  it('is written once a second, however often it is said, and the last word counts', async () => {
    const { tell, clock, inputsOf } = await heldAt('nothing');
    for (let count = 0; count < 500; count += 1) {
      const directAddresses = at(`203.0.113.7:${4_000 + count}`);
      tell('links', 'peer.updated', { deviceId: phone.id, name: `phone ${count}`, directAddresses });
      if (count % 100 === 99) await clock.advance(200);
    }
    await clock.advance(5_000);
    const written = inputsOf('persistence.updateDevice');
    expect(written.length).toBeLessThanOrEqual(3);
    expect(storedOf(written.at(-1))).toContain('203.0.113.7:4499');
  });

  it('leads to no address of this machine, of a link, or of a cloud that describes it', async () => {
    const { system, tell, peers, clock, inputsOf } = await heldAt('nothing');
    Object.assign(system, { networkInterfaces: () => elsewhere });
    const refused = at('127.0.0.1:22', '[::1]:22', '169.254.169.254:80', '[fe80::1]:80', '100.100.100.200:80');
    const taken = at('203.0.113.7:4000', '10.8.0.2:4000');
    tell('links', 'link.up', { ...linkUp, directAddresses: [...refused, ...taken] });
    tell('links', 'peer.updated', { deviceId: phone.id, name: 'phone', directAddresses: [...refused, ...taken] });
    await clock.advance(2_000);
    expect(peers.get(phone.id)?.device.directAddresses.map(({ address }) => address)).toEqual(taken);
    for (const written of inputsOf('persistence.updateDevice')) expect(storedOf(written)).toEqual(taken);
  });
});
