import { brandAs, type SocketAddress } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { addressesOf } from '../../src/peers/peer.ts';
import { type PeerChange, peerRegistry } from '../../src/peers/peer-registry.ts';
import { peerDevice } from '../scripted-system.ts';

const phone = peerDevice(2);
const address = (text: string) => brandAs<SocketAddress>(text);

const listened = () => {
  const registry = peerRegistry([phone]);
  const changes: PeerChange[] = [];
  registry.onChanged((change) => void changes.push(change));
  return { registry, changes };
};

describe('peerRegistry', () => {
  it('begins with what is stored, in the order it was paired', () => {
    const nas = peerDevice(3);
    const registry = peerRegistry([phone, nas]);
    expect(registry.list()).toEqual([phone, nas]);
    expect(registry.getByEndpoint(nas.endpointId)?.device).toBe(nas);
    expect(registry.get(phone.id)).toMatchObject({ link: 'down', path: null });
  });

  it('tells each change once, with what was before', () => {
    const { registry, changes } = listened();
    registry.update(phone.id, { link: 'up' });
    registry.updateRecord(phone.id, { incarnation: 4 });
    expect(changes.map(({ before, after }) => [before?.link, after?.link])).toEqual([
      ['down', 'up'],
      ['up', 'up'],
    ]);
    expect(registry.list()[0]?.incarnation).toBe(4);
  });

  it('brings nobody back who was removed, whatever becomes known of it', async () => {
    const { registry, changes } = listened();
    await registry.remove(phone.id);
    await registry.remove(phone.id);
    registry.update(phone.id, { link: 'up' });
    registry.updateRecord(phone.id, { name: 'back' });
    expect(registry.list()).toEqual([]);
    expect(changes).toHaveLength(1);
  });

  it('forgets what a device said before it was paired anew, and keeps where it is and that it is linked', async () => {
    const { registry } = listened();
    const heardRelayInfo = { homeRelayUrl: null, relayUrls: [], revision: 9, incarnation: 9 };
    registry.update(phone.id, { link: 'up', heardRelayInfo, sightedAddresses: [address('192.0.2.9:9')] });
    const before = registry.get(phone.id)?.pairing ?? Number.NaN;
    await registry.adopt(phone, { isAnew: true });
    expect(registry.get(phone.id)).toMatchObject({
      link: 'up',
      heardRelayInfo: null,
      sightedAddresses: ['192.0.2.9:9'],
    });
    expect(registry.get(phone.id)?.pairing).toBeGreaterThan(before);
  });

  it('keeps all that is known of a pending device whose pairing completes', async () => {
    const { registry } = listened();
    registry.update(phone.id, { link: 'up' });
    const before = registry.get(phone.id);
    await registry.adopt({ ...phone, incarnation: 3 });
    expect(registry.get(phone.id)).toEqual({ ...before, device: { ...phone, incarnation: 3 } });
  });

  it('resolves an adoption and a removal when every listener is done', async () => {
    const registry = peerRegistry();
    const told = Promise.withResolvers<void>();
    registry.onChanged(() => told.promise);
    let isAdopted = false;
    const adopting = registry.adopt(phone).then(() => {
      isAdopted = true;
    });
    await Promise.resolve();
    expect([isAdopted, registry.list().length]).toEqual([false, 1]);
    told.resolve();
    await adopting;
    expect(isAdopted).toBe(true);
  });
});

describe('addressesOf', () => {
  it('puts sightings before what the device told, without repeats', () => {
    const directAddresses = [{ address: address('192.0.2.1:1'), seenAtMs: 0 }];
    const registry = peerRegistry([peerDevice(2, { directAddresses })]);
    registry.update(phone.id, { sightedAddresses: [address('192.0.2.9:9'), address('192.0.2.1:1')] });
    const peer = registry.get(phone.id);
    expect(peer && addressesOf(peer)).toEqual(['192.0.2.9:9', '192.0.2.1:1']);
  });
});
