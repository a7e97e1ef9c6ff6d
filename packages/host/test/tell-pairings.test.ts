import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { tellPairings } from '../src/wiring/tell-pairings.ts';
import { peerDevice, scriptedSystem } from './scripted-system.ts';

const phone = peerDevice(2, { pairingState: 'pending' });
const failed = { sessionId: 's', role: 'joiner', code: 'CONNECTION_LOST', reason: 'r', attempts: [] };

describe('a pairing that failed', () => {
  it('has the device it left pending adopted, and says nothing of it to the app', async () => {
    const { system, directory, tell } = scriptedSystem();
    const told: unknown[] = [];
    system.hub.onAny((event) => told.push(event));
    tellPairings(system);
    tell('pairing', 'pairing.failed', { ...failed, leftPending: phone });
    await settle();
    expect(directory.list()).toEqual([phone]);
    expect(told).toEqual([{ event: 'pairing.failed', ...failed }]);
  });

  it('leaves alone what another session has stored and may take back', async () => {
    const { system, directory, tell, asked } = scriptedSystem({
      'persistence.listDevices': () => ({ devices: [phone] }),
    });
    tellPairings(system);
    tell('pairing', 'pairing.failed', failed);
    await settle();
    expect(directory.list()).toEqual([]);
    expect(asked).not.toContain('endpoint.setAdmitted');
  });

  it('does not make a paired device a pending one', async () => {
    const { system, directory, tell } = scriptedSystem();
    const paired = peerDevice(2);
    directory.put(paired);
    tellPairings(system);
    tell('pairing', 'pairing.failed', { ...failed, leftPending: phone });
    await settle();
    expect(directory.list()).toEqual([paired]);
  });
});
