import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { deliverMessages } from '../src/wiring/deliver-messages.ts';
import { adoptPeer, rememberPeers, removePeer } from '../src/wiring/remember-peers.ts';
import { peerDevice, scriptedSystem } from './scripted-system.ts';

const phone = peerDevice(2);
const linkUp = { deviceId: phone.id, path: null, relayInfo: null, directAddresses: [], incarnation: 7 };
const position = { incarnation: 7, sequence: 3 };

/** A system with a paired phone, in which one request is answered only when the test says so. */
const heldAt = (request: string, answer: object = {}) => {
  const held = Promise.withResolvers<object>();
  const scripted = scriptedSystem({ [request]: () => held.promise });
  scripted.directory.put(phone);
  const release = async (): Promise<void> => {
    held.resolve(answer);
    await settle();
  };
  return { ...scripted, release };
};

describe('a link that comes up', () => {
  it('does not bring back a device that is unpaired meanwhile', async () => {
    const { system, directory, tell, release } = heldAt('refresh.learn');
    rememberPeers(system);
    tell('links', 'link.up', linkUp);
    await removePeer(system, phone.id, 'us');
    await release();
    expect(directory.list()).toEqual([]);
  });

  it('keeps what is learnt of the device meanwhile', async () => {
    const { system, directory, tell, release } = heldAt('refresh.learn');
    rememberPeers(system);
    tell('links', 'link.up', linkUp);
    directory.put({ ...phone, lastReceived: position });
    await release();
    expect(directory.list()).toMatchObject([{ lastReceived: position, incarnation: 7 }]);
  });
});

describe('a device that is adopted', () => {
  it('is not dialled any more when it is unpaired meanwhile', async () => {
    const { system, directory, asked, release } = heldAt('links.addPeer');
    const changes = [adoptPeer(system, phone), removePeer(system, phone.id, 'us')];
    await release();
    await Promise.all(changes);
    expect(asked.filter((request) => request.startsWith('scheduler.')).at(-1)).toBe('scheduler.untrack');
    expect(directory.list()).toEqual([]);
  });
});

describe('a message that is journaled', () => {
  it('does not bring back a device that is unpaired meanwhile', async () => {
    const { system, directory, tell, release } = heldAt('persistence.appendJournal', { stored: true });
    deliverMessages(system);
    tell('links', 'message.received', { deviceId: phone.id, position, payload: Uint8Array.of(0) });
    await settle();
    directory.remove(phone.id);
    await release();
    expect(directory.list()).toEqual([]);
  });
});
