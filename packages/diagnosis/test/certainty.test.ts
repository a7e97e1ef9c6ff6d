import type { RelayUrl } from '@bowline/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CauseCode, type ConnectionFacts, type Diagnosis, explain, type Situation } from '../src/index.ts';
import { direct, down, HOME, NOW_MS, OTHER, offline, refusedWith, relay, relayed, situation } from './situations.ts';
import { APART, isTrueApart, isTrueRelayed, RELAYED, seenApart, seenRelayed } from './worlds.ts';

const LOST = { atMs: NOW_MS - 60_000, reason: 'connectionLost' } as const;

/** It has named two relays, of which those that are given are reached, and say that it is not there. */
const twoRelays = (urls: readonly RelayUrl[], more: Partial<ConnectionFacts> = {}, atMs = NOW_MS - 10): Situation =>
  situation(
    offline({
      peerRelayUrls: [HOME, OTHER],
      sharedRelayUrls: urls,
      absences: urls.map((url) => ({ url, atMs })),
      failureCount: 3,
      ...more,
    }),
    { relays: [relay(), urls.includes(OTHER) ? relay({ url: OTHER, role: 'standby' }) : down('tcp', OTHER)] },
  );

/** What a diagnosis says with certainty: the cause, and whatever it says beside it. */
const allKnown = (diagnosis: Diagnosis) =>
  [diagnosis, ...diagnosis.also].filter(({ certainty }) => certainty === 'known');

describe('certainty', () => {
  it.each<[about: string, Situation, CauseCode, 'known' | 'likely']>([
    ['both relays it named say that it is not there', twoRelays([HOME, OTHER]), 'offline-away', 'known'],
    ['one of two says so, and the other is not reached', twoRelays([HOME]), 'offline-away', 'likely'],
    [
      'they said so before it was heard last',
      twoRelays([HOME, OTHER], { lastHeardAtMs: NOW_MS - 5 }),
      'offline-away',
      'likely',
    ],
    ['they said so long ago', twoRelays([HOME, OTHER], {}, NOW_MS - 200_000), 'offline-away', 'likely'],
    ['it has shown itself since', twoRelays([HOME, OTHER], { sightedAtMs: NOW_MS - 1 }), 'offline-sighted', 'likely'],
    [
      'it was shown before it was lost',
      twoRelays([HOME, OTHER], { sightedAtMs: NOW_MS - 70_000, lastDown: LOST }),
      'offline-away',
      'known',
    ],
    [
      'it never was heard, and is at no relay',
      twoRelays([HOME, OTHER], { lastHeardAtMs: null }),
      'offline-never-seen',
      'known',
    ],
    ['it was busy a moment ago', situation(refusedWith('busy')), 'offline-busy', 'known'],
    ['it was busy an hour ago', situation(refusedWith('busy', 3_600_000)), 'offline-busy', 'likely'],
    [
      'it came with another version',
      situation(offline({ lastRefusal: { atMs: NOW_MS - 10, name: 'version-unsupported' } })),
      'offline-version',
      'known',
    ],
    [
      'it came so an hour ago',
      situation(offline({ lastRefusal: { atMs: NOW_MS - 3_600_000, name: 'version-unsupported' } })),
      'offline-version',
      'likely',
    ],
    [
      'two saw each other run twice an hour ago',
      situation(offline({ lastDown: { atMs: NOW_MS - 3_600_000, reason: 'cloned' } })),
      'offline-cloned',
      'likely',
    ],
    [
      'UDP is silent at another relay than the other one’s',
      situation(relayed(), { udp: 'blocked' }, { relays: [relay({ url: OTHER })] }),
      'relayed-udp-blocked',
      'likely',
    ],
    [
      'UDP is silent, and both may be on one network',
      situation(relayed({ nearAddressCount: 1 }), { udp: 'blocked' }),
      'relayed-udp-blocked',
      'likely',
    ],
    [
      'UDP is silent over IPv4, and both have IPv6',
      situation(relayed(), { udp: 'blocked', families: ['ipv4', 'ipv6'] }, { families: ['ipv4', 'ipv6'] }),
      'relayed-udp-blocked',
      'likely',
    ],
    [
      'both are behind symmetric NATs, and have IPv6',
      situation(
        relayed(),
        { nat: 'symmetric', families: ['ipv4', 'ipv6'] },
        { nat: 'symmetric', families: ['ipv6', 'ipv4'] },
      ),
      'relayed-symmetric-nat',
      'likely',
    ],
    [
      'both keep to their machine, which may be one',
      situation(relayed(), { bound: 'loopback' }, { bound: 'loopback' }),
      'relayed-bound-to-loopback',
      'likely',
    ],
    [
      'both are behind one address',
      situation({ ...direct('public', null), sharesOutsideAddress: true }),
      'direct-internet',
      'likely',
    ],
    [
      'the own relay is down, and the peer may be at another one',
      situation(offline({ peerRelayUrls: [OTHER] }), { relays: [down('tcp')] }),
      'offline-relay-down',
      'likely',
    ],
    [
      'the own relay is down, and so is the peer’s',
      situation(offline({ peerRelayUrls: [OTHER] }), { relays: [down('tcp'), down('tcp', OTHER, 'peer')] }),
      'offline-relay-down',
      'known',
    ],
  ])('is had where nothing else can be: %s', (_about, given, cause, certainty) => {
    expect(explain(given)).toMatchObject({ cause, certainty });
  });

  it('does not blame its own relay while it reaches one of the other device', () => {
    const connection = offline({ peerRelayUrls: [OTHER], sharedRelayUrls: [OTHER], failureCount: 3 });
    const here = { relays: [down('tcp'), relay({ url: OTHER, role: 'peer' as const })] };
    expect(explain(situation(connection, here))).toMatchObject({ cause: 'offline-away', certainty: 'likely' });
    const asked = { ...connection, absences: [{ url: OTHER, atMs: NOW_MS }] };
    expect(explain(situation(asked, here))).toMatchObject({
      cause: 'offline-away',
      certainty: 'known',
      also: [{ cause: 'offline-relay-down' }],
    });
  });

  it('does not hold on to a goodbye of one that has shown itself since, or has answered', () => {
    const lastDown = { atMs: NOW_MS - 60_000, reason: 'goodbye' } as const;
    const shown = offline({ lastDown, sightedAtMs: NOW_MS - 1_000, failureCount: 1 });
    expect(explain(situation(shown))).toMatchObject({ cause: 'offline-sighted', certainty: 'likely' });
    expect(explain(situation({ ...shown, failureCount: 0 })).cause).not.toBe('offline-goodbye');
    const stopping = offline({ lastDown, sightedAtMs: lastDown.atMs + 1_000, failureCount: 1 });
    expect(explain(situation(stopping)).cause).toBe('offline-goodbye');
    const refused = { atMs: NOW_MS - 5, name: 'stale' } as const;
    expect(explain(situation(offline({ lastDown, lastRefusal: refused }))).cause).toBe('offline-stale');
    const before = { ...refused, atMs: lastDown.atMs - 5 };
    expect(explain(situation(offline({ lastDown, lastRefusal: before }))).cause).toBe('offline-goodbye');
    const answered = offline({
      lastDown,
      lastFailure: { atMs: NOW_MS - 5, code: 'LINK_REFUSED', refusedWith: 'timed-out' },
    });
    expect(explain(situation(answered)).cause).not.toBe('offline-goodbye');
    const leaving = offline({
      lastDown,
      lastFailure: { atMs: NOW_MS - 5, code: 'LINK_REFUSED', refusedWith: 'shutdown' },
    });
    expect(explain(situation(leaving)).cause).toBe('offline-goodbye');
  });

  it('says without a network that there is none, whatever was said before', () => {
    const here = { families: [], relays: [] };
    expect(explain(situation(refusedWith('busy'), here))).toMatchObject({
      cause: 'offline-no-network',
      certainty: 'known',
    });
  });

  it('names the release of each, as it was told lately', () => {
    const { evidence } = explain(
      situation(refusedWith('version-unsupported'), { version: '2.0.0' }, { version: '1.0.0' }),
    );
    expect(evidence.map(({ fact, value, from }) => [fact, value, from])).toContainEqual(['version', '1.0.0', 'there']);
    expect(evidence.map(({ fact, value, from }) => [fact, value, from])).toContainEqual(['version', '2.0.0', 'here']);
  });

  it('is said of what holds, whatever else is wrong where it is not seen, of two that are not connected', () => {
    const known = new Set<CauseCode>();
    fc.assert(
      fc.property(APART, (world) => {
        for (const { cause, side } of allKnown(explain(seenApart(world)))) {
          known.add(cause);
          expect(isTrueApart(world, cause), `${cause} (${side})`).toBe(true);
        }
      }),
      { numRuns: 10_000, seed: 71 },
    );
    expect([...known]).toEqual(
      expect.arrayContaining([
        'offline-away',
        'offline-goodbye',
        'offline-no-route',
        'offline-relay-down',
        'offline-relay-unavailable',
        'offline-relays-unusable',
      ]),
    );
  });

  it('is said of what holds, whatever else is wrong where it is not seen, of two that are on a relay', () => {
    const known = new Set<CauseCode>();
    fc.assert(
      fc.property(RELAYED, (world) => {
        for (const { cause, side } of allKnown(explain(seenRelayed(world)))) {
          known.add(cause);
          expect(isTrueRelayed(world, cause, side), `${cause} (${side})`).toBe(true);
        }
      }),
      { numRuns: 5_000, seed: 71 },
    );
    expect(known).toEqual(
      new Set([
        'relayed-bound-to-loopback',
        'relayed-no-common-family',
        'relayed-symmetric-nat',
        'relayed-udp-blocked',
      ]),
    );
  });
});
