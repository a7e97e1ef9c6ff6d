import type { NetworkInterfaceInfo } from 'node:os';
import { BowlineError, brandAs, type ConnectionId, type RelayUrl } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, it, vi } from 'vitest';
import { deviceFactsOf } from '../../src/diagnosis/device-facts.ts';
import { explainDevice } from '../../src/diagnosis/explain-device.ts';
import { tryRemedies } from '../../src/diagnosis/try-remedies.ts';
import { NOTHING_SEEN } from '../../src/seen-report.ts';
import { mdnsReport } from '../../src/status.ts';
import type { System } from '../../src/system.ts';
import { dialDevices } from '../../src/wiring/dial-devices.ts';
import { followLinks } from '../../src/wiring/follow-links.ts';
import { watchMulticast } from '../../src/wiring/watch-multicast.ts';
import { watchNetwork } from '../../src/wiring/watch-network.ts';
import { peerDevice, scriptedSystem } from '../scripted-system.ts';

const HOME = brandAs<RelayUrl>('https://home.example/');
const phone = peerDevice(2);
const home = { url: HOME, role: 'home', state: 'connected', rttMs: 12.3456, downReason: null } as const;
const eth0 = {
  address: '192.168.1.10',
  cidr: '192.168.1.10/24',
  family: 'IPv4',
  internal: false,
} as NetworkInterfaceInfo;

/** A device that is bound and has one relay, with a paired phone. */
const system = async (answers: Parameters<typeof scriptedSystem>[0] = {}) => {
  const scripted = scriptedSystem({
    'switchboard.status': () => ({ relays: [home], homeRelayUrl: HOME }),
    'switchboard.traffic': () => ({ peers: [], budget: null }),
    'links.status': () => ({ links: [] }),
    'observation.status': () => NOTHING_SEEN,
    ...answers,
  });
  await scripted.peers.adopt(phone);
  const whole = Object.assign(scripted.system, {
    storeHealth: { key: 'file', problem: null },
    networkInterfaces: () => ({ eth0: [eth0] }),
    options: { bind: [], isLoopbackOnly: false, mdns: true, relayAccess: {} },
  }) as System;
  whole.own.update({ bound: scripted.bound, relayUrls: [HOME], relayChoice: 'custom' });
  return { ...scripted, system: whole };
};

describe('the facts of this device', () => {
  it('name its relays, its network and how it is bound', async () => {
    const { system: one } = await system();
    expect(deviceFactsOf(one, [home], NOTHING_SEEN)).toMatchObject({
      nat: 'unknown',
      udp: 'unknown',
      hasObserver: false,
      bound: 'everywhere',
      families: ['ipv4'],
      relayChoice: 'custom',
      relays: [{ url: HOME, rttMs: 12.35 }],
      mdns: 'works',
    });
  });

  it('call UDP blocked once observers were silent twice while their relay is there', async () => {
    const { system: one } = await system();
    const asked = (silentCount: number, hasAnswered = false, hasObserver = true) => ({
      ...NOTHING_SEEN,
      asked: { hasObserver, silentCount, hasAnswered },
    });
    expect(deviceFactsOf(one, [home], asked(1))).toMatchObject({ udp: 'unknown', hasObserver: true });
    expect(deviceFactsOf(one, [home], asked(2)).udp).toBe('blocked');
    expect(deviceFactsOf(one, [{ ...home, state: 'down' }], asked(2)).udp).toBe('unknown');
    expect(deviceFactsOf(one, [home], asked(0, true)).udp).toBe('works');
    expect(deviceFactsOf(one, [home], asked(0, false, false))).toMatchObject({ udp: 'unknown', hasObserver: false });
  });

  it('say why multicast does not work, and how late timers fire', async () => {
    const { system: one, clock, tell } = await system();
    const cancels = [watchMulticast(one), watchNetwork(one)];
    const told = vi.fn();
    one.hub.on('discovery.healthChanged', told);
    const problem = { code: 'noNetwork', reason: 'There is no network', remedy: 'connect one' } as const;
    tell('mdns', 'health.changed', { problem, interfaces: [] });
    await clock.advance(20_000);
    expect(deviceFactsOf(one, [], NOTHING_SEEN)).toMatchObject({
      mdns: 'failing',
      mdnsProblem: problem,
      timerDelayMs: 0,
    });
    expect(mdnsReport(one)).toEqual({ state: 'failing', problem });
    expect(told).toHaveBeenCalledWith(expect.objectContaining({ problem: 'There is no network; connect one.' }));
    tell('mdns', 'health.changed', { problem: null, interfaces: ['eth0'] });
    await settle();
    expect(mdnsReport(one)).toEqual({ state: 'works', problem: null });
    for (const cancel of cancels) cancel();
  });
});

describe('why a device is connected as it is', () => {
  it.each([
    ['stale', 'offline-stale'],
    ['version-unsupported', 'offline-version'],
    ['busy', 'offline-busy'],
  ])('is what the other side said, when it refuses: %s', async (name, cause) => {
    const refused = new BowlineError({ code: 'LINK_REFUSED', message: 'no', data: { name } });
    const { system: one, tell } = await system({
      'links.connect': () => {
        throw refused;
      },
    });
    dialDevices(one);
    tell('scheduler', 'dial.due', { deviceId: phone.id, cause: 'start', failureCount: 0 });
    await settle();
    expect(await explainDevice(one, phone.id)).toMatchObject({
      device: { id: phone.id, name: phone.name },
      state: 'offline',
      path: null,
      cause,
      certainty: 'known',
    });
  });

  it('is what the other side was refused for, when it came by itself, until it is connected', async () => {
    const { system: one, tell } = await system();
    followLinks(one);
    tell('links', 'link.down', { deviceId: phone.id, reason: 'goodbye' });
    tell('links', 'peer.refused', { deviceId: phone.id, name: 'version-unsupported' });
    expect(await explainDevice(one, phone.id)).toMatchObject({
      cause: 'offline-version',
      certainty: 'known',
      evidence: [{ fact: 'connection.refusedHere', value: 'version-unsupported' }, { fact: 'version' }],
    });
    const relayInfo = { homeRelayUrl: null, relayUrls: [], revision: 1, incarnation: 1 };
    tell('links', 'link.up', { deviceId: phone.id, path: null, relayInfo, directAddresses: [], incarnation: 1 });
    tell('links', 'link.down', { deviceId: phone.id, reason: 'goodbye' });
    expect(await explainDevice(one, phone.id)).toMatchObject({ cause: 'offline-goodbye' });
  });

  it('is that it was never heard, of a device that went right after it was paired', async () => {
    const relayInfo = { homeRelayUrl: HOME, relayUrls: [HOME], revision: 1, incarnation: 1 };
    const { system: one, peers } = await system({
      'switchboard.absences': () => ({ absences: [{ relayUrl: HOME, agoMs: 0 }] }),
    });
    peers.updateRecord(phone.id, { relayInfo, lastSeenAtMs: null });
    expect(await explainDevice(one, phone.id)).toMatchObject({
      cause: 'offline-never-seen',
      certainty: 'known',
      side: 'there',
    });
  });

  it('is that it said goodbye, after it did', async () => {
    const { system: one, tell } = await system();
    followLinks(one);
    tell('links', 'link.down', { deviceId: phone.id, reason: 'goodbye' });
    expect(await explainDevice(one, phone.id)).toMatchObject({ cause: 'offline-goodbye', side: 'there' });
  });

  it('is what gets lost on the way, as the endpoint counts it', async () => {
    const connectionId = brandAs<ConnectionId>('c-1');
    const path = { kind: 'direct', remoteAddress: '192.168.1.20:4000', rttMs: 3 };
    const link = { deviceId: phone.id, state: 'connected', path, connectionId, sinceMs: 0, rttMs: 3 };
    const { system: one, inputsOf } = await system({
      'links.status': () => ({ links: [link] }),
      'endpoint.inspect': () => ({ path, lossRatio: 0.1, roundTrips: [] }),
      'links.measurements': () => ({ roundTrips: [], lossRatioThere: 0 }),
    });
    const { also } = await explainDevice(one, phone.id);
    const sentence = 'The path loses packets on the way from this device to device 2 (10 %).';
    expect(also).toEqual([{ cause: 'slow-loss', sentence, certainty: 'known', side: 'between' }]);
    expect(inputsOf('endpoint.inspect')).toEqual([{ connectionId }]);
  });

  it('is what gets lost on the way here, as the other device tells, and how uneven answers are, whoever measured', async () => {
    const connectionId = brandAs<ConnectionId>('c-1');
    const path = { kind: 'direct', remoteAddress: '192.168.1.20:4000', rttMs: 3 };
    const link = { deviceId: phone.id, state: 'connected', path, connectionId, sinceMs: 0, rttMs: 3 };
    const { system: one } = await system({
      'links.status': () => ({ links: [link] }),
      'links.measurements': () => ({
        roundTrips: Array.from({ length: 8 }, (_, count) => ({ rttMs: 10 + count, agoMs: count })),
        lossRatioThere: 0.1,
      }),
      'endpoint.inspect': () => ({
        path,
        lossRatio: 0,
        roundTrips: Array.from({ length: 8 }, (_, count) => ({ rttMs: 200 + count, agoMs: 1_000 + count })),
      }),
    });
    expect((await explainDevice(one, phone.id)).also.map(({ sentence }) => sentence)).toEqual([
      'The path loses packets on the way from device 2 to this device (10 %).',
      'Answers on this path come unevenly: after 10 ms to 207 ms, half of them within 200 ms.',
    ]);
  });

  it('is answered also while workers do not answer', async () => {
    const { system: one } = await system({
      'switchboard.status': () => Promise.reject(new Error('restarting')),
      'switchboard.traffic': () => Promise.reject(new Error('restarting')),
      'links.status': () => Promise.reject(new Error('restarting')),
      'observation.status': () => Promise.reject(new Error('restarting')),
    });
    expect(await explainDevice(one, phone.id)).toMatchObject({ state: 'offline' });
  });

  it('cannot be said of a device that is not paired', async () => {
    const { system: one } = await system();
    await expect(explainDevice(one, peerDevice(9).id)).rejects.toMatchObject({ code: 'DEVICE_NOT_FOUND' });
  });
});

describe('what this device can try by itself', () => {
  it('is tried when asked for, with what came of it', async () => {
    const {
      system: one,
      tell,
      peers,
    } = await system({
      'scheduler.nudge': () => {
        const { contact } = peers.get(phone.id) ?? { contact: null };
        if (contact === null) throw new Error('the phone is paired');
        const lastFailure = { atMs: 5, code: 'LINK_UNREACHABLE', refusedWith: null };
        peers.update(phone.id, { contact: { ...contact, lastFailure } });
        return {};
      },
    });
    followLinks(one);
    tell('links', 'link.down', { deviceId: phone.id, reason: 'goodbye' });
    const untried = await explainDevice(one, phone.id);
    expect(untried.remedies).toMatchObject([{ code: 'switch-on-peer', tried: null }]);
    expect((await explainDevice(one, phone.id, true)).remedies).toMatchObject([
      { code: 'switch-on-peer', tried: { outcome: 'dialled just now: it did not answer' } },
    ]);
  });

  it('asks relays that are down, listens on interfaces and looks whether the router opens ports', async () => {
    const { system: one } = await system({
      'switchboard.status': () => ({ relays: [{ ...home, state: 'down', downReason: 'unavailable' }] }),
      'switchboard.askRelay': () => ({
        rttMs: null,
        clockAheadMs: null,
        isProxied: false,
        problem: { reason: 'unavailable', detail: 'it answered 502' },
      }),
      'mdns.readInterfaces': () => ({ interfaces: [{ name: 'eth0', problem: null }] }),
      'endpoint.readPortMapping': () => ({ attempts: 2, successes: 0 }),
    });
    one.own.update({ configuredRelayUrls: [HOME] });
    const tried = await tryRemedies(one, phone.id, ['check-relay', 'check-mdns', 'open-port-mapping', 'set-clock']);
    expect(Object.entries(tried).map(([code, { outcome }]) => [code, outcome])).toEqual([
      ['check-relay', `${new URL(HOME).hostname} is not connected: it answers that it cannot serve now`],
      ['set-clock', 'no relay told the time'],
      ['check-mdns', 'eth0: what is sent there comes back'],
      ['open-port-mapping', 'no router here opens a port when it is asked'],
    ]);
  });

  it('says so when it could not be tried', async () => {
    const { system: one, tell } = await system({ 'scheduler.nudge': () => Promise.reject(new Error('restarting')) });
    followLinks(one);
    tell('links', 'link.down', { deviceId: phone.id, reason: 'goodbye' });
    expect((await explainDevice(one, phone.id, true)).remedies).toMatchObject([
      { tried: { outcome: 'could not be tried: restarting' } },
    ]);
  });
});
