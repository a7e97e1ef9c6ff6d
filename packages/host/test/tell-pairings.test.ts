import { BowlineError } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { followLinks } from '../src/wiring/follow-links.ts';
import { lendTokens } from '../src/wiring/lend-tokens.ts';
import { tellPairings } from '../src/wiring/tell-pairings.ts';
import { tellPeers } from '../src/wiring/tell-peers.ts';
import { peerDevice, scriptedSystem } from './scripted-system.ts';

const phone = peerDevice(2, { pairingState: 'pending' });
const failed = { sessionId: 's', role: 'joiner', code: 'CONNECTION_LOST', reason: 'r', attempts: [] };

describe('a pairing that failed', () => {
  it('has the device it left pending adopted, and says nothing of it to the app', async () => {
    const { system, peers, tell } = scriptedSystem();
    const told: unknown[] = [];
    system.hub.onAny((event) => told.push(event));
    tellPairings(system);
    tell('pairing', 'pairing.failed', { ...failed, leftPending: phone });
    await settle();
    expect(peers.list()).toEqual([phone]);
    expect(told).toEqual([{ event: 'pairing.failed', ...failed }]);
  });

  it('leaves alone what another session has stored and may take back', async () => {
    const { system, peers, tell, asked } = scriptedSystem({
      'persistence.listDevices': () => ({ devices: [phone] }),
    });
    tellPairings(system);
    tell('pairing', 'pairing.failed', failed);
    await settle();
    expect(peers.list()).toEqual([]);
    expect(asked).not.toContain('endpoint.setAdmitted');
  });

  it('leaves pending what was left so before, and gives the other side time anew to store it', async () => {
    const { system, clock, peers, tell } = scriptedSystem();
    onTestFinished(tellPairings(system));
    onTestFinished(followLinks(system));
    await peers.adopt(phone);
    await clock.advance(3_600_000);
    tell('pairing', 'pairing.failed', { ...failed, leftPending: phone, leftBehind: null });
    const unknownThere = { deviceId: phone.id, toldOn: 'dial', pairingId: null };
    tell('links', 'peer.unpaired', unknownThere);
    await settle();
    expect(peers.list()).toEqual([phone]);
    await clock.advance(60_001);
    tell('links', 'peer.unpaired', unknownThere);
    await settle();
    expect(peers.list()).toEqual([]);
  });

  it('does not make a paired device a pending one', async () => {
    const { system, peers, tell } = scriptedSystem();
    const paired = peerDevice(2);
    await peers.adopt(paired);
    tellPairings(system);
    tell('pairing', 'pairing.failed', { ...failed, leftPending: phone });
    await settle();
    expect(peers.list()).toEqual([paired]);
  });
});

describe('a pairing that completed', () => {
  const paired = peerDevice(2);
  const completed = {
    sessionId: 's',
    role: 'joiner',
    authenticationString: '123456',
    via: 'mdns',
    path: 'direct',
    elapsedMs: 1,
  };

  /** A scheduler that is just being restarted. */
  const withoutScheduler = () => {
    const scripted = scriptedSystem({
      'scheduler.setPeers': () => {
        throw new BowlineError({ code: 'WORKER_DOWN', message: 'm' });
      },
    });
    const told: string[] = [];
    scripted.system.hub.onAny(({ event }) => told.push(event));
    onTestFinished(tellPairings(scripted.system));
    onTestFinished(tellPeers(scripted.system));
    return { ...scripted, told };
  };

  it('is told although a worker is being restarted, and once', async () => {
    const { peers, clock, tell, told } = withoutScheduler();
    tell('pairing', 'pairing.completed', { ...completed, device: paired });
    await settle();
    expect(told).toEqual(['pairing.completed']);
    await clock.advance(60_000);
    expect(told).toEqual(['pairing.completed']);
    expect(peers.list()).toEqual([paired]);
  });

  it('is given up at once when the other device says that this very pairing has ended, and never for an earlier one', async () => {
    const { system, clock, peers, tell } = scriptedSystem();
    onTestFinished(tellPairings(system));
    onTestFinished(followLinks(system));
    tell('pairing', 'pairing.completed', { ...completed, device: { ...paired, pairingId: 'p-2' } });
    await settle();
    await clock.advance(120_000);
    tell('links', 'peer.unpaired', { deviceId: paired.id, toldOn: 'dial', pairingId: 'p-1' });
    await settle();
    expect(peers.list()).toHaveLength(1);
    tell('links', 'peer.unpaired', { deviceId: paired.id, toldOn: 'dial', pairingId: 'p-2' });
    await settle();
    expect(peers.list()).toEqual([]);
  });

  it('is not given up at once because the clock was put forward', async () => {
    const { system, clock, peers, tell } = scriptedSystem();
    onTestFinished(tellPairings(system));
    onTestFinished(followLinks(system));
    tell('pairing', 'pairing.completed', { ...completed, device: { ...paired, pairedAtMs: clock.nowMs() } });
    await settle();
    clock.setWallTime(clock.nowMs() + 86_400_000);
    const unknownThere = { deviceId: paired.id, toldOn: 'dial', pairingId: null };
    tell('links', 'peer.unpaired', unknownThere);
    await settle();
    expect(peers.list()).toHaveLength(1);
    await clock.advance(60_001);
    tell('links', 'peer.unpaired', unknownThere);
    await settle();
    expect(peers.list()).toEqual([]);
  });

  it('anew has links forget what the device said before, once', async () => {
    const { peers, becomeReady, inputsOf, tell } = withoutScheduler();
    await peers.adopt(paired);
    await becomeReady('links');
    tell('pairing', 'pairing.completed', { ...completed, isRenewed: true, device: paired });
    await settle();
    const pairings = inputsOf('links.setPeers').map((list) => (list as { peers: { pairing: number }[] }).peers);
    expect(pairings).toMatchObject([[{ pairing: 1 }], [{ pairing: 2 }]]);
  });

  it.each(['pairing.completed', 'pairing.failed'])(
    'lends the relays the tokens stored with the device, whatever another session took back (%s)',
    async (event) => {
      const shared = { endpointId: paired.endpointId, tokens: [{ url: 'https://relay.test/', token: 'of the phone' }] };
      const lent: unknown[] = [];
      const { system, becomeReady, tell } = scriptedSystem({
        'persistence.listRelayTokens': () => ({ peers: [{ ...shared, endpointId: peerDevice(3).endpointId }, shared] }),
        'switchboard.setPeers': ({ peers }: { peers: readonly object[] }) => void lent.push(...peers),
      });
      onTestFinished(tellPairings(system));
      onTestFinished(lendTokens(system));
      onTestFinished(tellPeers(system));
      await becomeReady('switchboard');
      const told = event === 'pairing.failed' ? { ...failed, leftPending: phone, leftBehind: null } : completed;
      tell('pairing', event, { ...told, device: paired });
      await settle();
      expect(lent).toEqual([{ ...shared, relayUrls: [] }]);
    },
  );

  it('takes the device from those once unpaired', async () => {
    const removed: unknown[] = [];
    const { system, tell } = scriptedSystem();
    const unpaired = { ...system.unpaired, remove: async (endpointId: unknown) => void removed.push(endpointId) };
    onTestFinished(tellPairings({ ...system, unpaired }));
    tell('pairing', 'pairing.completed', { ...completed, device: paired });
    await settle();
    expect(removed).toEqual([paired.endpointId]);
  });
});
