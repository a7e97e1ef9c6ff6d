import { brandAs, type EndpointId } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { type HelloSituation, judgeHello, type SeenGreeting } from '../src/index.ts';

const low = brandAs<EndpointId>('1'.repeat(64));
const high = brandAs<EndpointId>('2'.repeat(64));
const hello: SeenGreeting = { incarnation: 4, life: 'aaaaaaaaaaaaaaaa', turn: 6 };
const situation = (fields: Partial<HelloSituation> = {}): HelloSituation => ({
  ourEndpointId: low,
  peerEndpointId: high,
  knownIncarnation: 4,
  lastSeen: null,
  isLinked: false,
  isOurHelloOut: false,
  ...fields,
});

describe('judging a hello', () => {
  it('accepts it when nothing else is there, and when our own dial has not said hello', () => {
    expect(judgeHello(hello, situation())).toBe('accept');
  });

  it('lets the hello of the smaller endpoint id win when both are under way', () => {
    const ours = { isOurHelloOut: true };
    expect(judgeHello(hello, situation({ ...ours, ourEndpointId: low, peerEndpointId: high }))).toBe('outranked');
    expect(judgeHello(hello, situation({ ...ours, ourEndpointId: high, peerEndpointId: low }))).toBe('accept');
  });

  it('lets a newer hello displace a link', () => {
    const lastSeen = { ...hello, turn: 5 };
    expect(judgeHello(hello, situation({ isLinked: true, lastSeen }))).toBe('displace');
  });

  it('calls a hello that a later greeting overtook a duplicate, linked or not', () => {
    const lastSeen = { ...hello, turn: 7 };
    expect(judgeHello(hello, situation({ isLinked: true, lastSeen }))).toBe('duplicate');
    expect(judgeHello(hello, situation({ isLinked: false, lastSeen }))).toBe('duplicate');
  });

  it('lets another run of the peer displace a link, whatever its turn', () => {
    const lastSeen = { ...hello, life: 'bbbbbbbbbbbbbbbb', turn: 900 };
    expect(judgeHello(hello, situation({ isLinked: true, lastSeen }))).toBe('displace');
  });

  it('calls a lower incarnation stale, linked or not', () => {
    expect(judgeHello(hello, situation({ knownIncarnation: 5 }))).toBe('stale');
    expect(judgeHello(hello, situation({ knownIncarnation: 5, isLinked: true }))).toBe('stale');
  });
});
