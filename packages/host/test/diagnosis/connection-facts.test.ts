import type { NetworkInterfaceInfo } from 'node:os';
import {
  brandAs,
  type ConnectionId,
  type ConnectionPath,
  type DeviceId,
  type LinkStatus,
  type RelayStatus,
  type RelayUrl,
  type SocketAddress,
} from '@bowline/contracts';
import { describe, expect, it, test } from 'vitest';
import { type ConnectionSources, connectionFactsOf } from '../../src/diagnosis/connection-facts.ts';
import { pathScopeOf } from '../../src/diagnosis/path-scope.ts';
import { originOf } from '../../src/peers/contact.ts';
import { type PeerRegistry, peerRegistry } from '../../src/peers/peer-registry.ts';
import { peerDevice } from '../scripted-system.ts';

const HOME = brandAs<RelayUrl>('https://home.example/');
const OTHER = brandAs<RelayUrl>('https://other.example/');
const address = (text: string) => brandAs<SocketAddress>(text);

const eth0 = { address: '192.168.1.10', cidr: '192.168.1.10/24', internal: false } as NetworkInterfaceInfo;
const interfaces = { eth0: [eth0] };

const phone = peerDevice(2, {
  relayInfo: { homeRelayUrl: HOME, relayUrls: [HOME, OTHER], revision: 1, incarnation: 1 },
  directAddresses: [{ address: address('203.0.113.5:4000'), seenAtMs: 1 }],
});
const registry: PeerRegistry = peerRegistry([phone]);

const relay = (url: RelayUrl, fields: Partial<RelayStatus> = {}): RelayStatus => ({
  url,
  role: 'home',
  state: 'connected',
  rttMs: 20,
  downReason: null,
  ...fields,
});

const link = (fields: Partial<LinkStatus> = {}): LinkStatus => ({
  deviceId: phone.id,
  state: 'connected',
  path: null,
  sinceMs: 5,
  unacknowledgedCount: 0,
  unkept: { count: 0, sizeBytes: 0 },
  heldBack: null,
  ...fields,
});

const factsOf = (sources: Partial<ConnectionSources>) => {
  const peer = registry.get(phone.id);
  if (peer === undefined) throw new Error('the phone is paired');
  return connectionFactsOf({
    peer,
    link: undefined,
    lossRatio: null,
    lossRatioThere: null,
    roundTrips: [],
    tcpFailureThere: null,
    directPeers: [],
    relays: [],
    tcp: null,
    isTcpOn: true,
    nowMs: 5,
    traffic: null,
    observations: [],
    absences: [],
    interfaces,
    ...sources,
  });
};

describe('the facts of a connection', () => {
  it('have what relays say of a device that is not there, as long as they are connected and it has named them', () => {
    const [home, other] = [
      { url: HOME, atMs: 5 },
      { url: OTHER, atMs: 7 },
    ];
    const strange = { url: brandAs<RelayUrl>('https://strange.example/'), atMs: 9 };
    const relays = [relay(HOME), relay(OTHER, { role: 'standby' })];
    expect(factsOf({ relays, absences: [home, other] }).absences).toEqual([home, other]);
    expect(factsOf({ relays: [relay(HOME)], absences: [home, other] }).absences).toEqual([home]);
    expect(factsOf({ relays: [...relays, relay(strange.url)], absences: [strange] }).absences).toEqual([]);
  });

  it('count the addresses that lie in a network of this device', () => {
    const wlan0 = { address: '203.0.113.9', cidr: '203.0.113.9/24', internal: false } as NetworkInterfaceInfo;
    expect(factsOf({})).toMatchObject({ knownAddressCount: 1, nearAddressCount: 0 });
    expect(factsOf({ interfaces: { wlan0: [wlan0] } })).toMatchObject({ knownAddressCount: 1, nearAddressCount: 1 });
  });

  it('say offline of a device that links know nothing of', () => {
    expect(factsOf({})).toMatchObject({ state: 'offline', stateSinceMs: null, path: null });
  });

  it('tell what goes over TCP, of this device alone', () => {
    const tcp = [
      { deviceId: phone.id, bytesPerSecond: 1_000 },
      { deviceId: phone.id, bytesPerSecond: 50 },
      { deviceId: brandAs<DeviceId>('d-9'), bytesPerSecond: 7 },
    ].map((each) => ({
      ...each,
      connectionId: brandAs<ConnectionId>('c'),
      remoteAddress: address('192.168.1.20:9'),
      dialledBy: 'us' as const,
      sentBytes: 0,
      receivedBytes: 0,
    }));
    const of = (connections: typeof tcp) => factsOf({ tcp: { listeningAt: [], links: [], connections } });
    expect(of(tcp)).toMatchObject({ tcpBytesPerSecond: 1_050, tcpAbsence: null });
    expect(of(tcp.slice(2)).tcpBytesPerSecond).toBeNull();
  });

  it('count the further devices on this network that TCP gets through to, and those that it does not', () => {
    const others = [3, 4, 5, 6, 7].map((index) => peerDevice(index, { directAddresses: [] }));
    const known = peerRegistry([phone, ...others]);
    const at = ['192.168.1.9', '192.168.1.13', '192.168.1.11', '203.0.113.9', '192.168.1.12'];
    others.forEach(({ id }, index) => {
      known.update(id, { path: { kind: 'direct', remoteAddress: address(`${at[index]}:4000`) } as ConnectionPath });
    });
    known.update(phone.id, { path: { kind: 'direct', remoteAddress: address('192.168.1.8:4000') } as ConnectionPath });
    const directPeers = [...known.peers()].filter(({ path }) => path?.kind === 'direct');
    const attempts = [
      // The peer itself, one there, one that failed, one that could not be dialled, one elsewhere, and one never tried.
      ['failed', phone, true],
      ['stood', others[0], true],
      ['failed', others[1], true],
      ['failed', others[2], false],
      ['stood', others[3], true],
      [null, others[4], true],
    ] as const;
    const links = attempts.map(([lastAttempt, device, isDiallable]) => ({
      deviceId: (device ?? phone).id,
      isDiallable,
      lastAttempt,
      lastFailure: null,
    }));
    const facts = factsOf({ directPeers, tcp: { listeningAt: [], links, connections: [] } });
    expect(facts.tcpWithOthers).toEqual({ stoodCount: 1, failedCount: 1 });
  });

  it('tell where a direct path leads', () => {
    const path = { kind: 'direct', remoteAddress: address('192.168.1.20:4000'), rttMs: 1 } as const;
    expect(factsOf({ link: link({ path }) }).path).toEqual({
      kind: 'direct',
      family: 'ipv4',
      scope: 'lan',
      learntFrom: null,
    });
  });

  it('count a relay as shared only while it is connected, and name the nearest', () => {
    const relays = [relay(HOME, { rttMs: 90 }), relay(OTHER, { role: 'standby', rttMs: 8 })];
    expect(factsOf({ relays })).toMatchObject({
      sharedRelayUrls: [HOME, OTHER],
      nearestRelay: { url: OTHER, rttMs: 8 },
    });
    const down = [relay(HOME, { state: 'down', downReason: 'tcp' })];
    expect(factsOf({ relays: down })).toMatchObject({ sharedRelayUrls: [], nearestRelay: null });
  });

  it('know whether both are seen at one outside address, once both are seen', () => {
    const seenAt = (text: string) => [{ address: address(text), by: HOME, atMs: 1 }];
    expect(factsOf({}).sharesOutsideAddress).toBeNull();
    expect(factsOf({ observations: seenAt('203.0.113.5:9') }).sharesOutsideAddress).toBe(true);
    expect(factsOf({ observations: seenAt('203.0.113.6:9') }).sharesOutsideAddress).toBe(false);
  });

  it('say that the budget of one device, or of all, is used up', () => {
    const count = {
      sentDatagrams: 0,
      sentBytes: 0,
      receivedDatagrams: 0,
      receivedBytes: 0,
      droppedDatagrams: 0,
      droppedBytes: 0,
    };
    const traffic = {
      total: count,
      relays: [],
      peers: [{ endpointId: phone.endpointId, traffic: count, spentTodayBytes: 20 }],
      spentTodayBytes: 30,
      budget: { peerBytesPerDay: 20, totalBytesPerDay: null },
    };
    expect(factsOf({ traffic }).isOverBudget).toBe(true);
    expect(factsOf({ traffic: { ...traffic, budget: null } }).isOverBudget).toBe(false);
    const total = { peerBytesPerDay: 21, totalBytesPerDay: 30 };
    expect(factsOf({ traffic: { ...traffic, budget: total } }).isOverBudget).toBe(true);
  });
});

it.each([
  ['127.0.0.1', 'loopback'],
  ['192.168.1.10', 'loopback'],
  ['192.168.1.99', 'lan'],
  ['fe80::1%eth0', 'lan'],
  ['10.8.0.2', 'private'],
  ['203.0.113.5', 'public'],
  ['2001:db8::5', 'public'],
])('%s lies, seen from 192.168.1.10/24, in: %s', (ip, scope) => {
  expect(pathScopeOf(ip, interfaces)).toBe(scope);
});

test('a network that a tunnel leads to is not the local one, where the system tells tunnels from others', () => {
  const wg0 = {
    address: '10.9.0.2',
    cidr: '10.9.0.2/24',
    mac: '00:00:00:00:00:00',
    internal: false,
  } as NetworkInterfaceInfo;
  expect(pathScopeOf('10.9.0.1', { eth0: [{ ...eth0, mac: '02:00:00:00:00:01' }], wg0: [wg0] })).toBe('private');
  expect(pathScopeOf('10.9.0.1', { wlan0: [wg0] })).toBe('lan');
});

describe('the address of a path', () => {
  const path = { kind: 'direct', remoteAddress: address('10.0.0.2:1'), rttMs: null } as const;
  const known = {
    device: { directAddresses: [{ address: address('10.0.0.2:1'), seenAtMs: 1 }] },
    sightedAddresses: [],
  };
  const unknown = { device: { directAddresses: [] }, sightedAddresses: [] };

  it('was sighted, known from before, told on this link, or found by a punched hole', () => {
    expect(originOf(path, { ...known, sightedAddresses: [address('10.0.0.2:1')] }, [])).toBe('mdns');
    expect(originOf(path, known, [])).toBe('stored');
    expect(originOf(path, unknown, [address('10.0.0.2:1')])).toBe('peer');
    expect(originOf(path, known, null)).toBe('peer');
    expect(originOf(path, unknown, null)).toBeNull();
  });

  it('is none on a relay', () => {
    expect(originOf({ kind: 'relay', remoteAddress: null, rttMs: null }, known, [])).toBeNull();
  });
});
