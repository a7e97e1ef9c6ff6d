import { brandAs, type DeviceFacts, type RelayFact, type RelayUrl } from '@bowline/contracts';
import type { ConnectionFacts, Situation } from '../src/index.ts';

export const NOW_MS = 1_800_000_000_000;

export const HOME = brandAs<RelayUrl>('https://home.relay.example/');
export const OTHER = brandAs<RelayUrl>('https://other.relay.example/');

export const relay = (fields: Partial<RelayFact> = {}): RelayFact => ({
  url: HOME,
  role: 'home',
  state: 'connected',
  downReason: null,
  rttMs: 20,
  ...fields,
});

/** A device where all is well, behind a router that lets itself be punched. */
export const device = (fields: Partial<DeviceFacts> = {}): DeviceFacts => ({
  atMs: NOW_MS - 1_000,
  version: '0.1.0',
  nat: 'endpoint-independent',
  udp: 'works',
  hasObserver: true,
  bound: 'everywhere',
  families: ['ipv4'],
  relayChoice: 'custom',
  usesProxy: false,
  relays: [relay()],
  mdns: 'works',
  mdnsProblem: null,
  storeProblem: null,
  timerDelayMs: 5,
  ...fields,
});

export const PORT_TAKEN = {
  code: 'portTaken',
  reason: 'Another program keeps UDP port 5353 to itself',
  remedy: 'end it',
} as const;

export const offline = (fields: Partial<ConnectionFacts> = {}): ConnectionFacts => ({
  state: 'offline',
  stateSinceMs: NOW_MS - 60_000,
  path: null,
  pathSinceMs: null,
  rttMs: null,
  tcpBytesPerSecond: null,
  tcpAbsence: null,
  tcpFailure: null,
  tcpFailureThere: null,
  tcpWithOthers: { stoodCount: 0, failedCount: 0 },
  lossRatio: null,
  lossRatioThere: null,
  roundTripsMs: [],
  lastDown: null,
  lastFailure: null,
  lastRefusal: null,
  failureCount: 0,
  lastHeardAtMs: NOW_MS - 60_000,
  sightedAtMs: null,
  knownAddressCount: 1,
  nearAddressCount: 0,
  usesRelays: true,
  peerRelayUrls: [HOME],
  sharedRelayUrls: [],
  absences: [],
  isOverBudget: false,
  sharesOutsideAddress: null,
  nearestRelay: null,
  ...fields,
});

export const relayed = (fields: Partial<ConnectionFacts> = {}): ConnectionFacts =>
  offline({
    state: 'connected',
    path: { kind: 'relay', relayUrl: HOME },
    pathSinceMs: NOW_MS - 60_000,
    rttMs: 40,
    lossRatio: 0,
    lossRatioThere: 0,
    lastHeardAtMs: NOW_MS,
    sharedRelayUrls: [HOME],
    ...fields,
  });

export const situation = (
  connection: ConnectionFacts,
  here: Partial<DeviceFacts> = {},
  there: Partial<DeviceFacts> | null = {},
): Situation => ({
  nowMs: NOW_MS,
  name: 'nas',
  here: device(here),
  there: there === null ? null : device(there),
  thereAtMs: there === null ? null : NOW_MS - 2_000,
  connection,
});

export const direct = (
  scope: 'loopback' | 'lan' | 'private' | 'public',
  learntFrom: 'mdns' | 'stored' | 'peer' | null,
) => relayed({ path: { kind: 'direct', family: 'ipv4', scope, learntFrom } });

export const down = (
  downReason: NonNullable<ReturnType<typeof relay>['downReason']>,
  url = HOME,
  role = 'home' as 'home' | 'peer',
) => relay({ state: 'down', downReason, url, role, rttMs: null });

export const refusedWith = (
  name: 'unpaired' | 'not-paired' | 'stale' | 'cloned' | 'version-unsupported' | 'busy',
  agoMs = 5_000,
) =>
  offline({
    lastFailure: { atMs: NOW_MS - agoMs, code: 'LINK_REFUSED', refusedWith: name },
    failureCount: 3,
    sharedRelayUrls: [HOME],
  });
