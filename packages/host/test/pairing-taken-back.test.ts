import type { EndpointId, HostEvent, PeerDevice } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tellPairings } from '../src/wiring/tell-pairings.ts';
import { tellPeers } from '../src/wiring/tell-peers.ts';
import { peerDevice, scriptedSystem } from './scripted-system.ts';

const DEVICE = peerDevice(9, { pairingState: 'pending', name: 'nas' });
const NAS = DEVICE.endpointId;
const FAILURE = { sessionId: 'one', role: 'joiner', code: 'CANCELLED', reason: 'Cancelled.', attempts: [] };

/** A host whose parts answer nothing and whose pairings end as the test says. */
const arrange = async (known: readonly PeerDevice[]) => {
  const { system, own, bound, peers, asked, tell } = scriptedSystem();
  for (const device of known) await peers.adopt(device);
  own.update({ bound });
  const unpaired: EndpointId[] = [];
  const told: HostEvent[] = [];
  const kept = {
    ...system.unpaired,
    list: () => unpaired.map((endpointId) => ({ endpointId, pairingId: null })),
    add: async (id: EndpointId) => void unpaired.push(id),
  };
  system.hub.onAny((event) => told.push(event));
  onTestFinished(tellPeers({ ...system, unpaired: kept }));
  onTestFinished(tellPairings({ ...system, unpaired: kept }));
  const fail = async (leftBehind: EndpointId | null): Promise<void> => {
    tell('pairing', 'pairing.failed', { ...FAILURE, leftBehind });
    await settle();
  };
  return { peers, unpaired, asked, told, fail };
};

describe('a pairing that was taken back while the other device may have stored it', () => {
  it('makes that device hear, when it comes, that it is not paired', async () => {
    const { unpaired, asked, told, fail } = await arrange([]);
    await fail(NAS);
    expect(unpaired).toEqual([NAS]);
    expect(asked).toContain('endpoint.setAdmitted');
    expect(told).toEqual([{ event: 'pairing.failed', ...FAILURE }]);
  });

  it('ends what was begun for the record it had left pending', async () => {
    const { peers, unpaired, asked, fail } = await arrange([DEVICE]);
    await fail(NAS);
    expect(peers.list()).toEqual([]);
    expect(unpaired).toEqual([NAS]);
    expect(asked).toContain('persistence.removeDevice');
    expect(asked).toContain('endpoint.setAdmitted');
  });

  it('leaves a device alone that is paired', async () => {
    const { peers, unpaired, fail } = await arrange([{ ...DEVICE, pairingState: 'paired' }]);
    await fail(NAS);
    expect([peers.list().length, unpaired]).toEqual([1, []]);
  });
});

describe('a pairing that failed', () => {
  it('unpairs nobody', async () => {
    const { unpaired, fail } = await arrange([]);
    await fail(null);
    expect(unpaired).toEqual([]);
  });
});
