import { BowlineError } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { rememberPeers, removePeer } from '../src/wiring/remember-peers.ts';
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

  it('leaves pending what was left so before, and gives the other side time anew to store it', async () => {
    const { system, clock, directory, tell } = scriptedSystem();
    onTestFinished(tellPairings(system));
    onTestFinished(rememberPeers(system));
    directory.put(phone);
    await clock.advance(3_600_000);
    tell('pairing', 'pairing.failed', { ...failed, leftPending: phone, leftBehind: null });
    const unknownThere = { deviceId: phone.id, toldOn: 'dial' };
    tell('links', 'peer.unpaired', unknownThere);
    await settle();
    expect(directory.list()).toEqual([phone]);
    await clock.advance(60_001);
    tell('links', 'peer.unpaired', unknownThere);
    await settle();
    expect(directory.list()).toEqual([]);
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

  /** A scheduler that is just being restarted; `back` brings it back. */
  const withoutScheduler = (answers: Parameters<typeof scriptedSystem>[0] = {}) => {
    let isDown = true;
    const track = (): void => {
      if (isDown) throw new BowlineError({ code: 'WORKER_DOWN', message: 'm' });
    };
    const scripted = scriptedSystem({ ...answers, 'scheduler.track': track });
    const told: string[] = [];
    scripted.system.hub.onAny(({ event }) => told.push(event));
    const back = (): void => {
      isDown = false;
    };
    const tracked = () => scripted.asked.filter((request) => request === 'scheduler.track').length;
    return { ...scripted, told, back, tracked };
  };

  it('is told although a worker is being restarted, which hears of the device once it is back', async () => {
    const { system, clock, tell, told, back, tracked } = withoutScheduler();
    onTestFinished(tellPairings(system));
    tell('pairing', 'pairing.completed', { ...completed, device: paired });
    await settle();
    expect(told).toEqual(['pairing.completed']);
    await clock.advance(1_000);
    expect(tracked()).toBe(2);
    back();
    await clock.advance(60_000);
    expect(tracked()).toBe(3);
    expect(told).toEqual(['pairing.completed']);
  });

  it('is not given up at once because the clock was put forward', async () => {
    const { system, clock, directory, tell } = scriptedSystem();
    onTestFinished(tellPairings(system));
    onTestFinished(rememberPeers(system));
    tell('pairing', 'pairing.completed', { ...completed, device: { ...paired, pairedAtMs: clock.nowMs() } });
    await settle();
    clock.setWallTime(clock.nowMs() + 86_400_000);
    const unknownThere = { deviceId: paired.id, toldOn: 'dial' };
    tell('links', 'peer.unpaired', unknownThere);
    await settle();
    expect(directory.list()).toHaveLength(1);
    await clock.advance(60_001);
    tell('links', 'peer.unpaired', unknownThere);
    await settle();
    expect(directory.list()).toEqual([]);
  });

  it('anew forgets what the device said before once, however often adoption is tried', async () => {
    const anew: unknown[] = [];
    const addPeer = (peer: { readonly isAnew?: boolean }): void => {
      anew.push(peer.isAnew);
    };
    const { system, clock, tell } = withoutScheduler({ 'links.addPeer': addPeer });
    onTestFinished(tellPairings(system));
    tell('pairing', 'pairing.completed', { ...completed, isRenewed: true, device: paired });
    await settle();
    await clock.advance(2_000);
    expect(anew).toEqual([true, false, false]);
  });

  it.each(['pairing.completed', 'pairing.failed'])(
    'lends the relays the tokens stored with the device, whatever another session took back (%s)',
    async (event) => {
      const shared = { endpointId: paired.endpointId, tokens: [{ url: 'https://relay.test/', token: 'of the phone' }] };
      const lent: unknown[] = [];
      const { system, tell } = scriptedSystem({
        'persistence.listRelayTokens': () => ({ peers: [{ ...shared, endpointId: peerDevice(3).endpointId }, shared] }),
        'switchboard.lendTokens': (tokens: object) => void lent.push(tokens),
      });
      onTestFinished(tellPairings(system));
      const told = event === 'pairing.failed' ? { ...failed, leftPending: phone, leftBehind: null } : completed;
      tell('pairing', event, { ...told, device: paired });
      await settle();
      expect(lent).toEqual([shared]);
    },
  );

  it('and was undone since is not adopted again', async () => {
    const { system, directory, clock, tell, tracked } = withoutScheduler();
    onTestFinished(tellPairings(system));
    tell('pairing', 'pairing.completed', { ...completed, device: paired });
    await settle();
    directory.remove(paired.id);
    await clock.advance(60_000);
    expect(tracked()).toBe(1);
    expect(directory.list()).toEqual([]);
  });

  it('and is being removed when adoption is tried again stays removed', async () => {
    const removed = Promise.withResolvers<void>();
    const { system, directory, clock, tell, back, asked } = withoutScheduler({
      'persistence.removeDevice': () => removed.promise,
    });
    onTestFinished(tellPairings(system));
    tell('pairing', 'pairing.completed', { ...completed, device: paired });
    await settle();
    back();
    const removing = removePeer(system, paired.id, 'us');
    await clock.advance(1_000);
    removed.resolve();
    await removing;
    await settle();
    expect(directory.list()).toEqual([]);
    expect(asked.filter((request) => request === 'links.addPeer')).toHaveLength(1);
  });

  it('is not adopted again after the device stopped', async () => {
    const { system, clock, tell, tracked } = withoutScheduler();
    const cancel = tellPairings(system);
    tell('pairing', 'pairing.completed', { ...completed, device: paired });
    await settle();
    cancel();
    await clock.advance(60_000);
    expect(tracked()).toBe(1);
  });
});
