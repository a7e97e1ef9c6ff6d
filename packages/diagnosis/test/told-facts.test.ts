import { describe, expect, it } from 'vitest';
import { type ConnectionFacts, explain, type Situation } from '../src/index.ts';
import { down, HOME, NOW_MS, OTHER, offline, relay, relayed, situation } from './situations.ts';

const UNTOLD = 'whether that holds for nas as well is not known: it has told nothing yet.';

/** The same situation, but for when the other device told what it told. */
const toldAgo = (given: Situation, agoMs: number): Situation => ({ ...given, thereAtMs: NOW_MS - agoMs });

const DAY_MS = 86_400_000;

describe('what the other device has not told', () => {
  it.each<[string, Situation]>([
    ['a device bound to its machine', situation(relayed(), { bound: 'loopback' }, null)],
    ['UDP that is blocked', situation(relayed(), { udp: 'blocked' }, null)],
    ['a symmetric NAT', situation(relayed(), { nat: 'symmetric' }, null)],
    ['a firewall', situation(relayed(), { nat: 'none' }, null)],
    ['nobody to ask', situation(relayed(), { nat: 'unknown', hasObserver: false }, null)],
    ['relays that are disabled', situation(offline({ peerRelayUrls: [] }), { relayChoice: 'disabled' }, null)],
  ])('is said to be unknown: %s', (_about, given) => {
    expect(explain(given)).toMatchObject({ side: 'here', sentence: expect.stringMatching(new RegExp(`${UNTOLD}$`)) });
  });

  it('is said to be unknown of a local network beside the cause, too', () => {
    const { also } = explain(situation(offline(), { mdns: 'failing' }, null));
    expect(also.map(({ sentence }) => sentence)).toContainEqual(expect.stringContaining(UNTOLD));
  });

  it('is open no more once it has told, or named relays that it uses', () => {
    const { sentence } = explain(situation(relayed(), { nat: 'symmetric' }));
    expect(sentence).not.toContain('not known');
    const named = situation(offline({ peerRelayUrls: [HOME] }), { relayChoice: 'disabled' }, null);
    expect(explain(named)).toMatchObject({ cause: 'offline-relays-disabled', side: 'here' });
    expect(explain(named).sentence).not.toContain('not known');
  });

  it('is no matter of what this device alone has to mend', () => {
    const { also } = explain(situation(relayed(), { storeProblem: 'STORE_FULL' }, null));
    expect(also).toMatchObject([{ cause: 'store-failing', sentence: expect.not.stringContaining('not known') }]);
  });
});

describe('what the other device told before this link', () => {
  it('counts as nothing once it is older than ten minutes, however the two are linked', () => {
    const given = toldAgo(situation(relayed(), { nat: 'symmetric' }, { nat: 'symmetric' }), DAY_MS);
    expect(explain(given)).toMatchObject({
      side: 'here',
      certainty: 'likely',
      sentence: expect.stringContaining('whether that holds for nas as well is not known: it last told 1 day ago.'),
    });
  });

  it.each<[string, Partial<ConnectionFacts>, Situation]>([
    ['UDP that is blocked there', {}, situation(relayed(), {}, { udp: 'blocked' })],
    ['NATs of both', {}, situation(relayed(), { nat: 'symmetric' }, { nat: 'symmetric' })],
    ['no family in common', {}, situation(relayed(), { families: ['ipv4'] }, { families: ['ipv6'] })],
    ['a device bound to its machine', {}, situation(relayed(), {}, { bound: 'loopback' })],
  ])('is likely, and known as soon as it is told on the link: %s', (_about, _fields, given) => {
    expect(explain(given).certainty).toBe('known');
    expect(explain(toldAgo(given, 120_000)).certainty).toBe('likely');
  });

  it('is of this link where the clock was set back meanwhile', () => {
    const later = relayed({ stateSinceMs: NOW_MS + DAY_MS });
    const given = toldAgo(situation(later, { nat: 'symmetric' }, { nat: 'symmetric' }), 3_600_000);
    expect(explain(given)).toMatchObject({ cause: 'relayed-symmetric-nat', side: 'both', certainty: 'known' });
  });

  it('is likely of its disk, as well', () => {
    const given = situation(relayed(), {}, { storeProblem: 'STORE_FULL' });
    expect(explain(given).also).toMatchObject([{ cause: 'store-failing', certainty: 'known' }]);
    expect(explain(toldAgo(given, 120_000)).also).toMatchObject([{ cause: 'store-failing', certainty: 'likely' }]);
  });

  it('holds of its choice of relays until it tells of another one', () => {
    const disabled = { relayChoice: 'disabled', relays: [] } as const;
    const both = toldAgo(situation(offline({ peerRelayUrls: [] }), disabled, disabled), DAY_MS);
    expect(explain(both)).toMatchObject({ cause: 'offline-relays-disabled', side: 'both', certainty: 'likely' });
    // That it has told no relay follows from it; that it may be off does not.
    expect(explain(both).also).toEqual([]);
    expect(explain(both).remedies.map(({ code }) => code)).toContain('switch-on-peer');
    const absent = offline({ sharedRelayUrls: [HOME], absences: [{ url: HOME, atMs: NOW_MS - 10 }] });
    const there = toldAgo(situation(absent, {}, disabled), DAY_MS);
    expect(explain(there)).toMatchObject({ cause: 'offline-relays-disabled', side: 'there', certainty: 'likely' });
    expect(explain(there).evidence).toContainEqual({
      fact: 'relayChoice',
      value: 'disabled',
      atMs: NOW_MS - DAY_MS,
      from: 'there',
    });
  });
});

describe('a device that was started while its relays were down', () => {
  const unnamed = offline({ peerRelayUrls: [] });
  const there = (state: 'down' | 'connected') =>
    situation(
      unnamed,
      {},
      { relays: [relay({ url: OTHER, state, downReason: state === 'down' ? 'portClosed' : null })] },
    );

  it('has told no relay, and which it did not reach', () => {
    const said = explain(there('down'));
    expect(said).toMatchObject({
      cause: 'offline-relays-down-there',
      side: 'there',
      certainty: 'likely',
      sentence:
        'nas is not connected: it has told no relay at which it can be found, for it reached none of its own: other.relay.example.',
      evidence: [{ fact: 'relay other.relay.example', value: 'portClosed', from: 'there' }],
      also: [],
    });
  });

  it('has told none where it reached one, where it has none, and where it told long ago', () => {
    const old = toldAgo(there('down'), DAY_MS);
    for (const given of [there('connected'), situation(unnamed, {}, { relays: [] }), old])
      expect(explain(given).cause).toBe('offline-no-common-relay');
  });
});

describe('the certificate of a relay', () => {
  it('is said to be of another time, or not to be trusted', () => {
    const of = (reason: 'tls' | 'certificateDates') =>
      explain(situation(offline(), { relays: [down(reason)] })).sentence;
    expect(of('certificateDates')).toBe(
      'nas is not connected: what answers as the relay home.relay.example shows a certificate that is not valid yet, or not any more, by the clock of this device.',
    );
    expect(of('tls')).toBe(
      'nas is not connected: what answers as the relay home.relay.example shows a certificate that is not trusted here.',
    );
  });
});

describe('what the other device measures', () => {
  it('is of now, not of when it told its facts', () => {
    const given = toldAgo(
      situation(relayed({ lossRatioThere: 0.1 }), { relays: [relay(), relay({ url: OTHER, role: 'standby' })] }),
      50_000,
    );
    expect(explain(given).evidence).toContainEqual({
      fact: 'connection.lossRatio',
      value: 0.1,
      atMs: NOW_MS,
      from: 'there',
    });
  });
});
