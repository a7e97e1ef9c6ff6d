import { brandAs, type RelayUrl, type SocketAddress, type WorkerReport } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { type CheckedDevice, checkDevice, REMEDIES } from '../src/index.ts';
import { device, HOME, OTHER, PORT_TAKEN, relay } from './situations.ts';

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
  proxy: null,
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
  const facts = device({ families: ['ipv4', 'ipv6'], usesProxy: true, relays: [relay(), relay({ url: OTHER })] });
  const results = checkDevice(checked({ facts, proxy: { relayUrls: [OTHER], problem: null } }));
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

const wrongIn = (fields: Partial<CheckedDevice>) =>
  checkDevice(checked(fields)).filter(({ result }) => result === 'failed' || result === 'warning');

describe('what follows from something else is said so, and asks for nothing', () => {
  const dated = relay({ state: 'down', downReason: 'certificateDates' });
  const refused = relay({ state: 'down', downReason: 'proxy' });
  const down = [
    relay({ state: 'down', downReason: 'dns' }),
    relay({ url: OTHER, state: 'down', downReason: 'timeout' }),
  ];
  const offline = device({
    families: [],
    relays: down,
    usesProxy: true,
    udp: 'unknown',
    nat: 'unknown',
    mdns: 'failing',
    mdnsProblem: { code: 'linkLocalOnly', reason: 'Link-local alone', remedy: 'give others' },
  });

  it.each<[string, string, Partial<CheckedDevice>, readonly string[]]>([
    [
      'no network',
      'network',
      { facts: offline, firewalls: ['ufw'], clockAheadMs: [], portMapping: { attempts: 3, successes: 0 } },
      [
        'relay home.relay.example',
        'relay other.relay.example',
        'proxy',
        'captive',
        'udp',
        'nat',
        'port-mapping',
        'mdns',
        'clock',
      ],
    ],
    [
      'a clock that is wrong',
      'clock',
      { facts: device({ relays: [dated] }), clockAheadMs: [-94_608_000_000] },
      ['relay home.relay.example'],
    ],
    [
      'a name server that knows nothing',
      'dns',
      { facts: device({ relays: down.slice(0, 1) }) },
      ['relay home.relay.example'],
    ],
    [
      'a proxy that opens nothing',
      'proxy',
      { facts: device({ usesProxy: true, relays: [refused] }), proxy: { relayUrls: [HOME], problem: 'ECONNREFUSED' } },
      ['relay home.relay.example'],
    ],
    [
      'a relay that lets nobody in',
      'token',
      { facts: device({ relays: [relay({ state: 'down', downReason: 'auth' })] }) },
      ['relay home.relay.example'],
    ],
    [
      'a part that does not run',
      'workers',
      {
        workers: [worker, { ...worker, name: 'relay-switchboard', state: 'starting' }],
        facts: device({ relays: [] }),
      },
      ['relays'],
    ],
    [
      'a part that has no address',
      'workers',
      { workers: [{ ...worker, state: 'starting' }], facts: device({ bound: 'nowhere' }) },
      ['network'],
    ],
  ])('%s', (_cause, alarm, fields, followers) => {
    expect(wrongIn(fields).map(({ name }) => name)).toEqual([alarm]);
    for (const name of followers) {
      const followed = resultOf(name, fields);
      expect(followed).toMatchObject({
        result: 'skipped',
        remedy: null,
        sentence: expect.stringMatching(/, because /),
      });
    }
  });
});

it('tells a clock that is off from a certificate that is, and how far it is off in words', () => {
  const facts = device({ relays: [relay({ state: 'down', downReason: 'certificateDates' })] });
  expect(resultOf('clock', { facts, clockAheadMs: [94_608_000_000] })).toMatchObject({
    result: 'failed',
    sentence: expect.stringContaining('is 1095 days ahead of that of the relays (it says 2027-01-15)'),
  });
  expect(resultOf('relay home.relay.example', { facts, clockAheadMs: [400] })).toMatchObject({
    result: 'failed',
    sentence: expect.stringContaining('the clock of this device is right'),
    remedy: REMEDIES['renew-relay-certificate'],
  });
  expect(resultOf('relay home.relay.example', { facts, clockAheadMs: [] })?.remedy).toBe(
    REMEDIES['check-relay-certificate'],
  );
  const inTheSeventies = { facts: device({ atMs: 86_400_000 }), clockAheadMs: [] };
  expect(resultOf('clock', inTheSeventies)).toMatchObject({
    result: 'failed',
    sentence: expect.stringContaining('1970-01-02'),
  });
});

it('says of a proxy what it says, and nothing of it where relays go past it', () => {
  const relays = [relay({ state: 'down', downReason: 'proxy' })];
  const facts = device({ usesProxy: true, relays });
  const saying = (problem: string) => resultOf('proxy', { facts, proxy: { relayUrls: [HOME], problem } });
  expect(saying('ECONNREFUSED')?.sentence).toContain('nothing listens at the address of the proxy');
  expect(saying('it wants a password')?.sentence).toContain(': it wants a password.');

  const half = { usesProxy: true, relays: [relay({ url: OTHER }), ...relays] };
  const excepted = { facts: device(half), proxy: { relayUrls: [HOME], problem: null } };
  expect(resultOf('proxy', excepted)?.result).toBe('failed');
  expect(resultOf('proxy', { ...excepted, proxy: { relayUrls: [], problem: null } })?.result).toBe('skipped');
  expect(resultOf('dns', { facts, proxy: { relayUrls: [HOME], problem: null } })).toMatchObject({
    result: 'skipped',
    sentence: 'The proxy looks names of relays up.',
  });
});

it('tells of relays that are kept for later, too', () => {
  const answerOf = (problem: string | null) => ({ answers: [{ url: OTHER, rttMs: null, problem }] });
  expect(resultOf('relay other.relay.example', answerOf(null))).toMatchObject({ result: 'ok' });
  expect(resultOf('relay other.relay.example', answerOf('portClosed: ECONNREFUSED'))).toMatchObject({
    result: 'warning',
    sentence: 'Kept for later, and not usable when it was asked: nothing listens at its address.',
    remedy: REMEDIES['check-relay'],
  });
});

it('does not blame the name server for one name', () => {
  const facts = device({ relays: [relay(), relay({ url: OTHER, state: 'down', downReason: 'dns' })] });
  expect(wrongIn({ facts })).toMatchObject([{ name: 'relay other.relay.example', remedy: REMEDIES['check-spelling'] }]);
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
      {
        facts: device({
          usesProxy: true,
          relays: [relay({ state: 'down', downReason: 'http' }), relay({ url: OTHER })],
        }),
      },
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
