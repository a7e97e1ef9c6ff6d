import { brandAs } from '@bowline/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CAUSES, type CauseCode, explain, REMEDIES, type Situation } from '../src/index.ts';
import {
  direct,
  down,
  HOME,
  NOW_MS,
  OTHER,
  offline,
  PORT_TAKEN,
  refusedWith,
  relay,
  relayed,
  situation,
} from './situations.ts';

const CASES: readonly (readonly [
  about: string,
  situation: Situation,
  cause: CauseCode,
  certainty: string,
  side: string | null,
])[] = [
  ['a path on this machine', situation(direct('loopback', 'stored')), 'direct-same-machine', 'known', null],
  ['a path on the LAN', situation(direct('lan', 'mdns')), 'direct-lan', 'known', null],
  ['a path over a VPN', situation(direct('private', 'peer')), 'direct-private', 'known', null],
  ['a punched path', situation(direct('public', null)), 'direct-internet', 'known', null],

  ['a new link', situation(relayed({ stateSinceMs: NOW_MS - 2_000 })), 'relayed-still-looking', 'likely', null],
  ['loopback only here', situation(relayed(), { bound: 'loopback' }), 'relayed-bound-to-loopback', 'known', 'here'],
  [
    'loopback only there',
    situation(relayed(), {}, { bound: 'loopback' }),
    'relayed-bound-to-loopback',
    'known',
    'there',
  ],
  [
    'IPv4 here, IPv6 there',
    situation(relayed(), { families: ['ipv4'] }, { families: ['ipv6'] }),
    'relayed-no-common-family',
    'known',
    'between',
  ],
  ['UDP blocked here, and not there', situation(relayed(), { udp: 'blocked' }), 'relayed-udp-blocked', 'known', 'here'],
  ['UDP blocked there', situation(relayed(), {}, { udp: 'blocked' }), 'relayed-udp-blocked', 'known', 'there'],
  [
    'UDP silent on both sides, as with an observer that is down',
    situation(relayed(), { udp: 'blocked' }, { udp: 'blocked' }),
    'relayed-udp-blocked',
    'likely',
    'both',
  ],
  [
    'UDP silent here, nothing told',
    situation(relayed(), { udp: 'blocked' }, null),
    'relayed-udp-blocked',
    'likely',
    'here',
  ],
  ['symmetric here', situation(relayed(), { nat: 'symmetric' }), 'relayed-symmetric-nat', 'likely', 'here'],
  ['symmetric there', situation(relayed(), {}, { nat: 'symmetric' }), 'relayed-symmetric-nat', 'likely', 'there'],
  [
    'symmetric twice',
    situation(relayed(), { nat: 'symmetric' }, { nat: 'symmetric' }),
    'relayed-symmetric-nat',
    'known',
    'both',
  ],
  [
    'symmetric here, nothing told',
    situation(relayed(), { nat: 'symmetric' }, null),
    'relayed-symmetric-nat',
    'likely',
    'here',
  ],
  [
    'symmetric here, and public there: no reason for a relay but a firewall',
    situation(relayed(), { nat: 'symmetric' }, { nat: 'none' }),
    'relayed-firewall',
    'likely',
    'there',
  ],
  [
    'one outside address',
    situation(relayed({ sharesOutsideAddress: true })),
    'relayed-same-router',
    'likely',
    'between',
  ],
  ['public here, and yet relayed', situation(relayed(), { nat: 'none' }), 'relayed-firewall', 'likely', 'here'],
  [
    'nobody to ask there',
    situation(relayed(), {}, { nat: 'unknown', udp: 'unknown', hasObserver: false }),
    'relayed-no-address-discovery',
    'likely',
    'there',
  ],
  ['both open', situation(relayed()), 'relayed-punch-failed', 'likely', 'between'],
  ['nothing known', situation(relayed(), { nat: 'unknown' }, null), 'relayed-unknown', 'unknown', null],

  ['a link whose path was not told yet', situation(relayed({ path: null })), 'path-unknown', 'unknown', null],

  ['a dial under way', situation(offline({ state: 'connecting' })), 'offline-connecting', 'known', null],
  ['no network', situation(offline(), { families: [], relays: [down('dns')] }), 'offline-no-network', 'known', 'here'],
  [
    'no address to be seen, and a relay that is connected',
    situation(offline(), { families: [] }),
    'offline-no-network',
    'likely',
    'here',
  ],
  [
    'link-local addresses alone',
    situation(offline(), {
      families: [],
      relays: [],
      mdns: 'failing',
      mdnsProblem: { code: 'linkLocalOnly', reason: 'Link-local alone', remedy: 'give others' },
    }),
    'offline-link-local-only',
    'known',
    'here',
  ],
  ['unpaired, told on dialling', situation(refusedWith('unpaired')), 'offline-unpaired', 'known', 'there'],
  [
    'unpaired, told on the link',
    situation(offline({ lastDown: { atMs: NOW_MS - 10, reason: 'unpaired' } })),
    'offline-unpaired',
    'known',
    'there',
  ],
  ['not admitted', situation(refusedWith('not-paired')), 'offline-not-admitted', 'known', 'there'],
  ['cloned, seen on dialling', situation(refusedWith('cloned')), 'offline-cloned', 'known', 'there'],
  [
    'cloned, seen on the link',
    situation(offline({ lastDown: { atMs: NOW_MS - 10, reason: 'cloned' } })),
    'offline-cloned',
    'known',
    'there',
  ],
  ['stale', situation(refusedWith('stale')), 'offline-stale', 'known', null],
  ['another version', situation(refusedWith('version-unsupported')), 'offline-version', 'known', null],
  ['busy', situation(refusedWith('busy')), 'offline-busy', 'known', 'there'],
  [
    'a goodbye',
    situation(offline({ lastDown: { atMs: NOW_MS - 10, reason: 'goodbye' } })),
    'offline-goodbye',
    'known',
    'there',
  ],
  ['no DNS', situation(offline(), { relays: [down('dns'), down('dns', OTHER)] }), 'offline-no-dns', 'known', 'here'],
  [
    'a token that is refused',
    situation(offline(), { relays: [down('auth')] }),
    'offline-relay-refuses-here',
    'known',
    'here',
  ],
  [
    'one bad certificate',
    situation(offline(), { relays: [down('tls')] }),
    'offline-relay-certificate',
    'known',
    'between',
  ],
  [
    'certificates that are not trusted, of relays of one’s own',
    situation(offline(), { relays: [down('tls'), down('tls', OTHER)] }),
    'offline-relay-certificate',
    'known',
    'between',
  ],
  [
    'certificates that are not trusted, in the place of the public relays',
    situation(offline(), { relayChoice: 'default', relays: [down('tls'), down('tls', OTHER)] }),
    'offline-captive-network',
    'likely',
    'here',
  ],
  [
    'a certificate whose dates do not fit',
    situation(offline(), { relays: [down('certificateDates')] }),
    'offline-relay-certificate',
    'known',
    'between',
  ],
  [
    'certificates whose dates do not fit, of every relay',
    situation(offline(), { relays: [down('certificateDates'), down('certificateDates', OTHER)] }),
    'offline-clock',
    'likely',
    'here',
  ],
  ['a twin', situation(offline(), { relays: [down('contested')] }), 'offline-cloned', 'known', 'here'],
  ['a login displaced once', situation(offline(), { relays: [down('displaced')] }), 'offline-cloned', 'likely', 'here'],
  [
    'a twin, or somebody on the way to a relay over http',
    situation(offline(), { relays: [down('contested', brandAs('http://home.relay.example/'))] }),
    'offline-cloned',
    'likely',
    'here',
  ],
  [
    'cloned, as this device knows of itself',
    situation(refusedWith('cloned'), { storeProblem: 'IDENTITY_CLONED' }),
    'offline-cloned',
    'known',
    'here',
  ],
  [
    'both cloned, as each knows of itself',
    situation(refusedWith('cloned'), { storeProblem: 'IDENTITY_CLONED' }, { storeProblem: 'IDENTITY_CLONED' }),
    'offline-cloned',
    'known',
    'both',
  ],
  [
    'cloned, as the other one knows of itself',
    situation(refusedWith('cloned'), {}, { storeProblem: 'IDENTITY_CLONED' }),
    'offline-cloned',
    'known',
    'there',
  ],
  [
    'every relay answered by something else',
    situation(offline(), { relays: [down('http'), down('tls', OTHER)] }),
    'offline-captive-network',
    'likely',
    'here',
  ],
  [
    'one relay that is none',
    situation(offline(), { relays: [down('http')] }),
    'offline-relay-protocol',
    'known',
    'between',
  ],
  [
    'a proxy that lets nothing through',
    situation(offline(), { usesProxy: true, relays: [down('proxy')] }),
    'offline-proxy',
    'known',
    'here',
  ],
  [
    'a relay down behind a proxy that works',
    situation(offline(), { usesProxy: true, relays: [down('tcp')] }),
    'offline-relay-down',
    'known',
    'between',
  ],
  [
    'a proxy that answers for the relay',
    situation(offline(), { usesProxy: true, relays: [down('http')] }),
    'offline-proxy',
    'likely',
    'here',
  ],
  ['one relay down', situation(offline(), { relays: [down('tcp')] }), 'offline-relay-down', 'known', 'between'],
  [
    'every relay down, one on a machine that answers',
    situation(offline(), { relays: [down('portClosed'), down('timeout', OTHER)] }),
    'offline-relay-down',
    'likely',
    'between',
  ],
  [
    'every relay unreachable',
    situation(offline(), { relays: [down('dns'), down('tcp', OTHER)] }),
    'offline-no-internet',
    'likely',
    'here',
  ],
  [
    'every relay takes connections, and answers on none',
    situation(offline(), { relays: [down('timeout'), down('tcp', OTHER)] }),
    'offline-relay-down',
    'likely',
    'between',
  ],
  [
    'a proxy takes connections to every relay, and nobody answers',
    situation(offline(), { usesProxy: true, relays: [down('timeout'), down('timeout', OTHER)] }),
    'offline-proxy',
    'likely',
    'here',
  ],
  ['no way to any relay', situation(offline(), { relays: [down('noRoute')] }), 'offline-no-route', 'known', 'here'],
  [
    'web servers whose relays are down',
    situation(offline(), { relays: [down('unavailable'), down('unavailable', OTHER)] }),
    'offline-relay-unavailable',
    'known',
    'between',
  ],
  [
    'relays that pass no WebSockets on',
    situation(offline(), { relays: [down('version'), down('version', OTHER)] }),
    'offline-relay-protocol',
    'known',
    'between',
  ],
  [
    'relays that fail each in its own way',
    situation(offline(), { relays: [down('certificateDates'), down('portClosed', OTHER)] }),
    'offline-relays-unusable',
    'known',
    'between',
  ],
  [
    'their relay with a certificate that is not trusted',
    situation(offline({ peerRelayUrls: [OTHER] }), { relays: [relay(), down('tls', OTHER, 'peer')] }),
    'offline-their-relay-unusable',
    'likely',
    'between',
  ],
  [
    'seen on the LAN, no answer',
    situation(offline({ sightedAtMs: NOW_MS - 1_000, failureCount: 2 })),
    'offline-sighted',
    'likely',
    'between',
  ],
  [
    'seen on the LAN, no answer, and relays are disabled',
    situation(offline({ sightedAtMs: NOW_MS - 1_000, failureCount: 2 }), { relayChoice: 'disabled', relays: [] }),
    'offline-sighted',
    'likely',
    'between',
  ],
  [
    'no relay may be used for it',
    situation(offline({ usesRelays: false, sharedRelayUrls: [HOME], failureCount: 3 })),
    'offline-relays-denied',
    'likely',
    'here',
  ],
  [
    'no relay may be used for it, and none is reached',
    situation(offline({ usesRelays: false }), { relays: [down('tcp')] }),
    'offline-relays-denied',
    'likely',
    'here',
  ],
  [
    'relays disabled here',
    situation(offline(), { relayChoice: 'disabled', relays: [] }),
    'offline-relays-disabled',
    'likely',
    'here',
  ],
  [
    'relays disabled here and there',
    situation(offline(), { relayChoice: 'disabled', relays: [] }, { relayChoice: 'disabled' }),
    'offline-relays-disabled',
    'likely',
    'both',
  ],
  [
    'relays disabled there, as it said before it left its relay',
    situation(
      offline({ sharedRelayUrls: [HOME], absences: [{ url: HOME, atMs: NOW_MS }] }),
      {},
      {
        relayChoice: 'disabled',
      },
    ),
    'offline-relays-disabled',
    'likely',
    'there',
  ],
  [
    'relays disabled there',
    situation(offline({ peerRelayUrls: [] }), {}, { relayChoice: 'disabled' }),
    'offline-relays-disabled',
    'likely',
    'there',
  ],
  [
    'relays disabled, and mDNS broken',
    situation(offline(), { relayChoice: 'disabled', relays: [], mdns: 'failing', mdnsProblem: PORT_TAKEN }),
    'offline-mdns-failing',
    'likely',
    'here',
  ],
  [
    'their relay down',
    situation(offline({ peerRelayUrls: [OTHER] }), { relays: [relay(), down('tcp', OTHER, 'peer')] }),
    'offline-their-relay-down',
    'likely',
    'between',
  ],
  [
    'their relay refuses us',
    situation(offline({ peerRelayUrls: [OTHER] }), { relays: [relay(), down('auth', OTHER, 'peer')] }),
    'offline-their-relay-refuses',
    'likely',
    'here',
  ],
  [
    'their relay, which this device is not told to use',
    situation(offline({ peerRelayUrls: [OTHER] }), { relays: [relay(), down('notConfigured', OTHER, 'peer')] }),
    'offline-their-relay-not-configured',
    'likely',
    'here',
  ],
  [
    'no relay told',
    situation(offline({ peerRelayUrls: [] }), {}, { relays: [] }),
    'offline-no-common-relay',
    'likely',
    'there',
  ],
  [
    'no relay told, and none reached there',
    situation(offline({ peerRelayUrls: [] }), {}, { relays: [down('tcp')] }),
    'offline-relays-down-there',
    'likely',
    'there',
  ],
  [
    'absent at its relay',
    situation(offline({ sharedRelayUrls: [HOME], absences: [{ url: HOME, atMs: NOW_MS - 10 }] })),
    'offline-away',
    'known',
    'there',
  ],
  [
    'silent at a relay both know',
    situation(offline({ sharedRelayUrls: [HOME], failureCount: 4 })),
    'offline-away',
    'likely',
    'there',
  ],
  ['never heard', situation(offline({ lastHeardAtMs: null })), 'offline-never-seen', 'likely', 'there'],
  ['nothing that would tell', situation(offline()), 'offline-unknown', 'unknown', null],
];

describe('explain', () => {
  it.each(CASES)('%s', (_about, given, cause, certainty, side) => {
    const { cause: found, certainty: how, side: whose } = explain(given);
    expect({ found, how, whose }).toEqual({ found: cause, how: certainty, whose: side });
  });

  it.each<[string, Situation, CauseCode]>([
    ['a used-up budget', situation(relayed({ isOverBudget: true })), 'slow-over-budget'],
    [
      'a nearer relay',
      situation(relayed({ nearestRelay: { url: OTHER, rttMs: 20 } }), { relays: [relay({ rttMs: 200 })] }),
      'slow-far-relay',
    ],
    ['loss', situation(relayed({ lossRatio: 0.1 })), 'slow-loss'],
    ['a busy host there', situation(relayed(), {}, { timerDelayMs: 900 }), 'slow-busy'],
    ['a full disk there', situation(relayed(), {}, { storeProblem: 'STORE_FULL' }), 'store-failing'],
  ])('says %s beside the path', (_about, given, cause) => {
    expect(explain(given).also.map((other) => other.cause)).toContain(cause);
  });

  it('says nothing of slowness where all is well', () => {
    expect(explain(situation(direct('lan', 'mdns'))).also).toEqual([]);
  });

  it('says beside the cause that the local network cannot help, and what would mend it', () => {
    const away = offline({ lastDown: { atMs: NOW_MS - 5_000, reason: 'goodbye' } });
    const here = explain(situation(away, { mdns: 'failing', mdnsProblem: PORT_TAKEN }));
    expect(here.cause).toBe('offline-goodbye');
    expect(here.also).toContainEqual(expect.objectContaining({ cause: 'local-network-failing', side: 'here' }));
    expect(here.remedies.map(({ code }) => code)).toContain('free-mdns-port');
    const there = explain(situation(away, {}, { mdns: 'failing' }));
    expect(there.also).toContainEqual(expect.objectContaining({ cause: 'local-network-failing', side: 'there' }));
    expect(there.remedies.map(({ code }) => code)).toContain('check-mdns');
    expect(explain(situation(away)).also).toEqual([]);
  });

  it('has a case for every cause', () => {
    const reached = new Set([
      ...CASES.map(([, , cause]) => cause),
      ...([
        'slow-over-budget',
        'slow-far-relay',
        'slow-loss',
        'slow-answers',
        'slow-jitter',
        'slow-tcp-blocked',
        'slow-busy',
        'store-failing',
        'local-network-failing',
      ] as const),
    ]);
    expect(Object.keys(CAUSES).filter((code) => !reached.has(code as CauseCode))).toEqual([]);
  });

  it('prefers what is known to what is likely, whatever the order', () => {
    const sighted = offline({
      sightedAtMs: NOW_MS - 1_000,
      failureCount: 2,
    });
    const { cause, also } = explain(situation(sighted, { relays: [relay({ state: 'down', downReason: 'dns' })] }));
    expect(cause).toBe('offline-no-dns');
    expect(also.map((other) => other.cause)).toContain('offline-sighted');
  });

  it('does not count what an absent device told an hour ago', () => {
    const given = situation(relayed(), { udp: 'blocked' }, { udp: 'works' });
    const old = { ...given, thereAtMs: NOW_MS - 3_600_000, connection: offline({ peerRelayUrls: [] }) };
    expect(explain(old).evidence.every(({ from }) => from === 'here')).toBe(true);
  });

  it('names each relay with what is wrong with it, and what helps against that', () => {
    const { sentence, remedies } = explain(situation(offline(), { relays: [down('auth'), down('dns', OTHER)] }));
    expect(sentence).toBe(
      'nas is not connected: this device can use none of its relays: home.relay.example (it does not admit this device) and other.relay.example (its name was not found).',
    );
    expect(remedies.map(({ code }) => code)).toEqual(['check-relay-token', 'check-dns']);
  });

  it('does not say of the relay of the other device what it has said of its own', () => {
    const both = situation(offline(), { relays: [down('tcp')] });
    expect(explain(both)).toMatchObject({ cause: 'offline-relay-down', also: [] });
    const further = situation(offline({ peerRelayUrls: [OTHER] }), {
      relays: [down('tcp'), down('tcp', OTHER, 'peer')],
    });
    expect(explain(further).also).toMatchObject([{ cause: 'offline-their-relay-down', certainty: 'likely' }]);
  });

  it('says of each further cause how certain it is, and what helps against one that may be it', () => {
    const lossy = situation(relayed({ lossRatio: 0.08 }), { nat: 'symmetric', udp: 'blocked' }, null);
    const { certainty, also, remedies } = explain(lossy);
    expect(certainty).toBe('likely');
    expect(also).toMatchObject([
      { cause: 'slow-loss', certainty: 'known', side: 'between' },
      { cause: 'relayed-symmetric-nat', certainty: 'likely', side: 'here' },
    ]);
    expect(remedies.map(({ code }) => code)).toContain('open-port-mapping');
  });

  it('says of a full disk and of load also while the two are not connected', () => {
    const here = situation(offline(), { storeProblem: 'STORE_FULL' }, { timerDelayMs: 900 });
    expect(explain(here).also).toMatchObject([
      { cause: 'slow-busy', certainty: 'likely', side: 'there' },
      { cause: 'store-failing', certainty: 'known', side: 'here' },
    ]);
  });

  it('says that answers take long, unless one of the two is busy', () => {
    const slow = relayed({ rttMs: 820 });
    expect(explain(situation(slow)).also).toMatchObject([
      {
        cause: 'slow-answers',
        sentence: 'Answers on this path took long of late (820 ms).',
        certainty: 'known',
        side: 'between',
      },
    ]);
    expect(explain(situation(relayed({ rttMs: 399 }))).also).toEqual([]);
    expect(explain(situation(relayed({ rttMs: 820, stateSinceMs: NOW_MS - 9_000 }))).also).not.toContainEqual(
      expect.objectContaining({ cause: 'slow-answers' }),
    );
    expect(explain(situation(slow, {}, { timerDelayMs: 900 })).also).toMatchObject([{ cause: 'slow-busy' }]);
  });

  it('shows what came of a remedy', () => {
    const tried = { 'allow-udp': { outcome: 'still blocked', atMs: NOW_MS } };
    const { remedies } = explain(situation(relayed(), { udp: 'blocked' }), tried);
    expect(remedies).toEqual([{ code: 'allow-udp', sentence: REMEDIES['allow-udp'], tried: tried['allow-udp'] }]);
  });

  it.each(CASES)('says %s in one sentence, with evidence', (_about, given) => {
    const { sentence, evidence, remedies } = explain(given);
    expect(sentence).toMatch(/^\S.*[^.]\.$/);
    expect(sentence).toContain('nas');
    expect(sentence).not.toMatch(/undefined|null|--/);
    expect(evidence.length).toBeGreaterThan(0);
    for (const { code } of remedies) expect(REMEDIES).toHaveProperty(code);
  });

  it('finds one cause, and never one without evidence, for whatever is known', () => {
    const states = fc.constantFrom('connected', 'connecting', 'offline');
    const reasons = fc.constantFrom(
      'dns',
      'tcp',
      'tls',
      'http',
      'auth',
      'version',
      'protocol',
      'timeout',
      'closed',
      'displaced',
      null,
    );
    const relays = fc.array(
      fc.record({
        url: fc.constantFrom(HOME, OTHER),
        role: fc.constantFrom('home', 'standby', 'peer'),
        state: fc.constantFrom('connected', 'connecting', 'down'),
        downReason: reasons,
        rttMs: fc.option(fc.nat(500)),
      }),
      { maxLength: 8 },
    );
    const facts = fc.record({
      nat: fc.constantFrom('none', 'endpoint-independent', 'symmetric', 'unknown'),
      udp: fc.constantFrom('works', 'blocked', 'unknown'),
      hasObserver: fc.boolean(),
      bound: fc.constantFrom('everywhere', 'some', 'loopback', 'nowhere'),
      families: fc.subarray(['ipv4', 'ipv6']),
      relayChoice: fc.constantFrom('default', 'custom', 'disabled'),
      usesProxy: fc.boolean(),
      relays,
      mdns: fc.constantFrom('works', 'failing', 'off'),
      timerDelayMs: fc.option(fc.nat(2_000)),
    });
    const connections = fc.record({
      state: states,
      path: fc.constantFrom(null, { kind: 'relay', relayUrl: null }, { kind: 'relay', relayUrl: HOME }),
      failureCount: fc.nat(9),
      sightedAtMs: fc.option(fc.nat(NOW_MS)),
      lastHeardAtMs: fc.option(fc.nat(NOW_MS)),
      peerRelayUrls: fc.subarray([HOME, OTHER]),
      sharedRelayUrls: fc.subarray([HOME, OTHER]),
      isOverBudget: fc.boolean(),
      tcpBytesPerSecond: fc.option(fc.nat(1_000_000_000)),
      tcpAbsence: fc.constantFrom(null, 'notNeeded', 'blocked'),
      tcpFailure: fc.constantFrom(null, 'refused', 'noAnswer'),
      tcpFailureThere: fc.constantFrom(null, 'noRoute', 'other'),
      lossRatio: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      lossRatioThere: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      roundTripsMs: fc.array(fc.nat(2_000), { maxLength: 64 }),
      sharesOutsideAddress: fc.option(fc.boolean()),
      nearestRelay: fc.option(fc.record({ url: fc.constantFrom(HOME, OTHER), rttMs: fc.nat(300) })),
    });
    fc.assert(
      fc.property(connections, facts, fc.option(facts), (connection, here, there) => {
        const found = explain(situation(offline(connection as never), here as never, there as never));
        expect(CAUSES).toHaveProperty(found.cause);
        expect(found.evidence.length).toBeGreaterThan(0);
        expect(found.also.map(({ cause }) => cause)).not.toContain(found.cause);
        expect(found.sentence).toMatch(/\.$/);
      }),
      { numRuns: 500 },
    );
  });
});
