import { brandAs, type RelayUrl, type SocketAddress, type WorkerReport } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { type CheckedDevice, checkDevice, REMEDIES } from '../src/index.ts';
import { device, OTHER, PORT_TAKEN, relay } from './situations.ts';

const worker: WorkerReport = {
  name: 'endpoint',
  pid: 1,
  placement: 'process',
  state: 'started',
  restarts: 0,
  failure: null,
};

const checked = (fields: Partial<CheckedDevice> = {}): CheckedDevice => ({
  facts: device(),
  workers: [worker],
  silentWorkers: [],
  answers: [],
  clockAheadMs: [300],
  openedPort: null,
  runtime: 'Node.js',
  storeRemedy: null,
  storeKey: 'keychain',
  multicast: [{ name: 'eth0', problem: null }],
  portMapping: { attempts: 2, successes: 1 },
  firewalls: [],
  tcp: { reach: 'private', listeningAt: [brandAs('192.168.1.2:5000')] },
  ...fields,
});

const resultOf = (name: string, fields: Partial<CheckedDevice>) =>
  checkDevice(checked(fields)).find((check) => check.name === name);

it('finds nothing wrong where all is well', () => {
  const facts = device({ families: ['ipv4', 'ipv6'], usesProxy: true });
  const results = checkDevice(checked({ facts }));
  expect(results.map(({ result }) => result)).toEqual(results.map(() => 'ok'));
  expect(new Set(results.map(({ name }) => name)).size).toBe(results.length);
});

it('says how far TCP is used, and where the internet may knock', () => {
  const listeningAt = [brandAs<SocketAddress>('192.168.1.2:5000'), brandAs<SocketAddress>('[2001:db8::1]:5001')];
  expect(resultOf('tcp', { tcp: { reach: 'public', listeningAt } })).toMatchObject({
    result: 'ok',
    sentence: 'Paired devices reach this one by TCP across the internet ([2001:db8::1]:5001).',
  });
  expect(resultOf('tcp', { tcp: { reach: 'public', listeningAt: [] } })?.result).toBe('skipped');
  expect(resultOf('tcp', { tcp: { reach: 'off', listeningAt: [] } })?.result).toBe('skipped');
});

it('says of a part that does not answer that, and nothing of relays that it alone knows', () => {
  const silent = { silentWorkers: ['relay-switchboard'], facts: device({ relays: [] }) };
  expect(resultOf('workers', silent)).toMatchObject({
    result: 'warning',
    sentence: expect.stringContaining('Not answering now: relay-switchboard.'),
  });
  expect(resultOf('relays', silent)?.result).toBe('skipped');
  expect(resultOf('relays', { ...silent, silentWorkers: [] })?.result).toBe('failed');
});

it('blames neither names nor relays nor a proxy where there is no network', () => {
  const down = [
    relay({ state: 'down', downReason: 'dns' }),
    relay({ url: OTHER, state: 'down', downReason: 'timeout' }),
  ];
  const facts = device({ families: [], relays: down, usesProxy: true });
  const failed = checkDevice(checked({ facts })).filter(({ result }) => result === 'failed');
  expect(failed.map(({ name }) => name.split(' ')[0])).toEqual(['network', 'relay', 'relay']);
  for (const { remedy } of failed) expect(remedy).toBe(REMEDIES['check-network']);
  expect(resultOf('dns', { facts })?.result).toBe('skipped');
  expect(resultOf('proxy', { facts: device({ ...facts, relays: down.slice(1) }) })?.result).toBe('skipped');
});

describe('a check fails', () => {
  it.each<[string, 'failed' | 'warning', Partial<CheckedDevice>, string | null]>([
    ['store', 'failed', { facts: device({ storeProblem: 'STORE_FULL' }), storeRemedy: 'make room' }, 'make room'],
    ['identity', 'failed', { facts: device({ storeProblem: 'IDENTITY_CLONED' }) }, REMEDIES['end-one-copy']],
    [
      'mdns wlan0',
      'warning',
      { multicast: [{ name: 'wlan0', problem: 'It does not come back.' }] },
      REMEDIES['check-mdns'],
    ],
    [
      'port-mapping',
      'warning',
      { facts: device({ nat: 'symmetric' }), portMapping: { attempts: 1, successes: 0 } },
      REMEDIES['open-port-mapping'],
    ],
    [
      'firewall',
      'warning',
      { facts: device({ udp: 'unknown' }), firewalls: ['ufw'] },
      'Allow incoming UDP for Bowline in the firewall of this device.',
    ],
    ['workers', 'failed', { workers: [{ ...worker, state: 'crashed' }] }, REMEDIES['start-anew']],
    ['workers', 'warning', { workers: [{ ...worker, restarts: 2 }] }, REMEDIES['report-it']],
    ['load', 'warning', { facts: device({ timerDelayMs: 400 }) }, 'Give this device less to do; its timers fire late.'],
    ['clock', 'warning', { clockAheadMs: [-90_000, -91_000, 40] }, REMEDIES['set-clock']],
    ['network', 'failed', { facts: device({ families: [] }) }, REMEDIES['check-network']],
    [
      'network',
      'failed',
      {
        facts: device({
          families: [],
          mdnsProblem: { code: 'linkLocalOnly', reason: 'Link-local alone', remedy: 'give others' },
        }),
      },
      REMEDIES['give-lan-addresses'],
    ],
    ['network', 'failed', { facts: device({ bound: 'nowhere' }) }, REMEDIES['start-anew']],
    ['network', 'warning', { facts: device({ bound: 'loopback' }) }, REMEDIES['bind-everywhere']],
    ['relays', 'failed', { facts: device({ relays: [] }) }, REMEDIES['check-internet']],
    [
      'dns',
      'failed',
      { facts: device({ relays: [relay({ state: 'down', downReason: 'dns' })] }) },
      REMEDIES['check-dns'],
    ],
    [
      'relay home.relay.example',
      'failed',
      { facts: device({ relays: [relay({ state: 'down', downReason: 'auth' })] }) },
      REMEDIES['check-relay-token'],
    ],
    [
      'relay home.relay.example',
      'failed',
      { facts: device({ usesProxy: true, relays: [relay({ state: 'down', downReason: 'http' })] }) },
      REMEDIES['check-proxy'],
    ],
    [
      'token',
      'failed',
      { facts: device({ relays: [relay({ state: 'down', downReason: 'auth' })] }) },
      REMEDIES['check-relay-token'],
    ],
    [
      'proxy',
      'failed',
      { facts: device({ usesProxy: true, relays: [relay({ state: 'down', downReason: 'http' })] }) },
      REMEDIES['check-proxy'],
    ],
    [
      'dns',
      'warning',
      { facts: device({ relays: [relay(), relay({ url: OTHER, state: 'down', downReason: 'dns' })] }) },
      REMEDIES['check-dns'],
    ],
    [
      'relay home.relay.example',
      'failed',
      { facts: device({ relays: [relay({ state: 'down', downReason: 'noRoute' })] }) },
      REMEDIES['check-gateway'],
    ],
    [
      'captive',
      'warning',
      { facts: device({ relays: [relay({ state: 'down', downReason: 'http' })] }) },
      REMEDIES['open-captive-page'],
    ],
    ['udp', 'failed', { facts: device({ udp: 'blocked' }) }, REMEDIES['allow-udp']],
    [
      'router',
      'warning',
      { openedPort: { address: brandAs('203.0.113.7:5000'), isClosed: false, reason: 'no router answers' } },
      REMEDIES['switch-off-port-mapping'],
    ],
    ['nat', 'warning', { facts: device({ nat: 'symmetric' }) }, REMEDIES['open-port-mapping']],
    ['mdns', 'failed', { facts: device({ mdns: 'failing', mdnsProblem: PORT_TAKEN }) }, 'End it.'],
  ])('%s: %s', (name, result, fields, remedy) => {
    expect(resultOf(name, fields)).toMatchObject({ result, remedy });
  });

  it.each<[string, Partial<CheckedDevice>]>([
    ['relays', { facts: device({ relayChoice: 'disabled', relays: [] }) }],
    ['udp', { facts: device({ udp: 'unknown' }) }],
    ['nat', { facts: device({ nat: 'unknown' }) }],
    ['mdns', { facts: device({ mdns: 'off' }) }],
    ['load', { facts: device({ timerDelayMs: null }) }],
    ['dns', { facts: device({ relays: [] }) }],
    ['dns', { facts: device({ relays: [relay({ state: 'connecting', downReason: null })] }) }],
    ['proxy', { facts: device({ usesProxy: true, relays: [relay({ state: 'down', downReason: 'tcp' })] }) }],
    ['proxy', { facts: device({ usesProxy: true, relays: [relay({ state: 'connecting' })] }) }],
  ])('and none for what is not wanted, or not known: %s', (name, fields) => {
    expect(resultOf(name, fields)).toMatchObject({ result: 'skipped', remedy: null });
  });

  it('keeps two relays of one machine apart, and says in words why one is down', () => {
    const relays = [
      relay({ url: brandAs('http://10.0.0.1:3340/'), state: 'down', downReason: 'portClosed' }),
      relay({ url: brandAs('http://10.0.0.1:3341/'), state: 'connecting', downReason: null }),
    ];
    const answers = [{ url: brandAs<RelayUrl>('http://10.0.0.1:3341/'), rttMs: 3, problem: null }];
    const found = { facts: device({ relays }), answers };
    expect(resultOf('relay 10.0.0.1:3340', found)).toMatchObject({
      result: 'failed',
      sentence: 'Not connected: nothing listens at its address.',
    });
    expect(resultOf('relay 10.0.0.1:3341', found)).toMatchObject({ result: 'warning', remedy: REMEDIES['try-later'] });
  });
});
