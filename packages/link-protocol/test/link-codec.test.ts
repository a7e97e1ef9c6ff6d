import { brandAs, type DeviceFacts, type RelayFact, type RelayUrl, type SocketAddress } from '@bowline/contracts';
import { encodeFrame } from '@bowline/wire-format';
import { describe, expect, it } from 'vitest';
import {
  decodeLinkFrame,
  encodeLinkFrame,
  LINK_MAX_FRAME_BYTES,
  type LinkFrame,
  type LinkGreeting,
  MAX_PART_BYTES,
} from '../src/index.ts';

const relay = brandAs<RelayUrl>('https://relay.example/');
const greeting: LinkGreeting = {
  version: 1,
  incarnation: 3,
  life: '0123456789abcdef',
  turn: 7,
  name: 'Laptop',
  relayInfo: { homeRelayUrl: relay, relayUrls: [relay], revision: 2, incarnation: 3 },
  directAddresses: [brandAs<SocketAddress>('192.0.2.1:4000'), brandAs<SocketAddress>('[2001:db8::1]:4000')],
  observedAddress: null,
  received: { incarnation: 2, sequence: 9 },
  heard: null,
};

const home: RelayFact = { url: relay, role: 'home', state: 'connected', downReason: null, rttMs: 12.34 };

const facts: DeviceFacts = {
  atMs: 1_800_000_000_000,
  version: '0.1.0',
  nat: 'symmetric',
  udp: 'works',
  hasObserver: true,
  bound: 'everywhere',
  families: ['ipv4'],
  relayChoice: 'custom',
  usesProxy: false,
  relays: [home, { ...home, role: 'peer' }],
  mdns: 'failing',
  mdnsProblem: { code: 'other', reason: 'No multicast on 192.168.1.10', remedy: 'none' },
  storeProblem: null,
  timerDelayMs: 3.2,
};

/** The same as it is on the wire. */
const { mdnsProblem: _words, ...others } = facts;
const toldRelay = { ...home, rttMs: 12 };
const told = { ...others, relays: [toldRelay], timerDelayMs: 3 };

const frames: readonly LinkFrame[] = [
  { kind: 'hello', ...greeting },
  { kind: 'welcome', ...greeting },
  { kind: 'ping', nonce: 0 },
  { kind: 'pong', nonce: 2 ** 32 - 1 },
  { kind: 'message', sequence: 1, sizeBytes: 0, offset: 0, part: new Uint8Array(0) },
  { kind: 'message', sequence: 2, sizeBytes: 20_000, offset: 16_384, part: new Uint8Array(3_616).fill(7) },
  { kind: 'ack', position: { incarnation: 1, sequence: 1 } },
  { kind: 'relayInfo', relayInfo: greeting.relayInfo },
  { kind: 'askRelayInfo' },
  { kind: 'update', name: 'Desk', directAddresses: [] },
  { kind: 'tcp', share: new Uint8Array(32).fill(9), addresses: greeting.directAddresses },
  { kind: 'tcp', share: new Uint8Array(32), addresses: [] },
  { kind: 'askTcp' },
  { kind: 'tcpFailed', failure: 'refused' },
  { kind: 'loss', permille: 153 },
  { kind: 'loss', permille: null },
  { kind: 'goodbye' },
  { kind: 'unpaired' },
];

describe('link codec', () => {
  it.each(frames.map((frame) => [frame.kind, frame] as const))('reads back a %s', (_kind, frame) => {
    expect(decodeLinkFrame(encodeLinkFrame(frame))).toEqual(frame);
  });

  it('keeps the largest part and the largest greeting within the frame bound', () => {
    const part = encodeLinkFrame({
      kind: 'message',
      sequence: 2 ** 48,
      sizeBytes: 262_144,
      offset: 262_144 - MAX_PART_BYTES,
      part: new Uint8Array(MAX_PART_BYTES),
    });
    const url = brandAs<RelayUrl>(`https://${'a'.repeat(503)}/`);
    const address = brandAs<SocketAddress>('[1111:2222:3333:4444:5555:6666:7777:8888]:65535');
    const hello = encodeLinkFrame({
      kind: 'hello',
      ...greeting,
      name: '\u{1F600}'.repeat(64),
      relayInfo: { ...greeting.relayInfo, homeRelayUrl: url, relayUrls: Array.from({ length: 8 }, () => url) },
      directAddresses: Array.from({ length: 16 }, () => address),
    });
    expect(part.length).toBeLessThanOrEqual(LINK_MAX_FRAME_BYTES);
    expect(hello.length).toBeLessThanOrEqual(LINK_MAX_FRAME_BYTES);
    expect(decodeLinkFrame(hello)).toMatchObject({ kind: 'hello' });
  });

  it.each<[string, Partial<DeviceFacts>]>([
    ['no release is known', { version: '' }],
    ['the release has blanks', { version: 'built by hand' }],
    ['a problem has no code', { storeProblem: '' }],
    ['the machine slept for a week', { timerDelayMs: 604_800_000 }],
    ['a clock went back', { timerDelayMs: -3 }],
  ])('tells facts in a form that is read where %s', (_about, odd) => {
    expect(decodeLinkFrame(encodeLinkFrame({ kind: 'facts', facts: { ...facts, ...odd } }))).toMatchObject({
      kind: 'facts',
    });
  });

  it('tells facts without the relays of other devices, and without words that may name addresses', () => {
    const frame = decodeLinkFrame(encodeLinkFrame({ kind: 'facts', facts }));
    expect(frame).toEqual({
      kind: 'facts',
      facts: { ...facts, relays: [{ ...home, rttMs: 12 }], mdnsProblem: null, timerDelayMs: 3 },
    });
  });

  it('reads a reason that only a later version knows as none', () => {
    const later = { kind: 'facts', facts: { ...told, relays: [{ ...toldRelay, downReason: 'eclipse' }] } };
    expect(decodeLinkFrame(encodeFrame(later))).toMatchObject({ facts: { relays: [{ downReason: null }] } });
  });

  it('cleans names', () => {
    const frame = decodeLinkFrame(
      encodeLinkFrame({ kind: 'update', name: ' La\u202Eptop\u0007 ', directAddresses: [] }),
    );
    expect(frame).toMatchObject({ name: 'Laptop' });
  });

  it('reads kinds of later versions as unknown, with any fields', () => {
    expect(decodeLinkFrame(encodeFrame({ kind: 'wave', hands: [1, 2] }))).toEqual({ kind: 'unknown' });
    expect(decodeLinkFrame(encodeFrame({ kind: 'toString' }))).toEqual({ kind: 'unknown' });
  });

  it('reads a greeting of another version as such, with any fields', () => {
    expect(decodeLinkFrame(encodeFrame({ kind: 'hello', version: 2, extra: true }))).toEqual({
      kind: 'otherVersion',
      version: 2,
    });
  });

  const { relayInfo } = greeting;
  it.each([
    ['no map', [1]],
    ['no kind', { nonce: 1 }],
    ['half of a half of a key', { kind: 'tcp', share: new Uint8Array(16), addresses: [] }],
    [
      'too many places to listen at',
      { kind: 'tcp', share: new Uint8Array(32), addresses: Array(9).fill('192.0.2.1:1') },
    ],
    ['an empty kind', { kind: '' }],
    ['a kind of 65 characters', { kind: 'k'.repeat(65) }],
    ['a known kind with an unknown field', { kind: 'ping', nonce: 1, more: 1 }],
    ['a known kind without its field', { kind: 'ping' }],
    ['a negative nonce', { kind: 'ping', nonce: -1 }],
    ['sequence 0', { kind: 'ack', position: { incarnation: 1, sequence: 0 } }],
    ['a sequence beyond 2^48', { kind: 'ack', position: { incarnation: 1, sequence: 2 ** 48 + 1 } }],
    ['a hello without a version', { kind: 'hello' }],
    ['a life that is not hexadecimal', { kind: 'hello', ...greeting, life: 'x'.repeat(16) }],
    ['an empty name', { kind: 'hello', ...greeting, name: '' }],
    ['a name of control characters', { kind: 'hello', ...greeting, name: '\u0000\u200B' }],
    ['a name too long', { kind: 'hello', ...greeting, name: 'n'.repeat(257) }],
    ['a host name for an address', { kind: 'update', name: 'a', directAddresses: ['host:1'] }],
    ['17 addresses', { kind: 'update', name: 'a', directAddresses: Array(17).fill('1.2.3.4:5') }],
    ['9 relays', { kind: 'relayInfo', relayInfo: { ...relayInfo, relayUrls: Array(9).fill(relay) } }],
    ['a relay with a path', { kind: 'relayInfo', relayInfo: { ...relayInfo, relayUrls: ['https://r.example/x'] } }],
    ['a message too large', { kind: 'message', sequence: 1, sizeBytes: 262_146, offset: 0, part: new Uint8Array(1) }],
    ['a part past the end', { kind: 'message', sequence: 1, sizeBytes: 2, offset: 1, part: new Uint8Array(2) }],
    ['a part without bytes', { kind: 'message', sequence: 1, sizeBytes: 2, offset: 1, part: new Uint8Array(0) }],
    ['a part too large', { kind: 'message', sequence: 1, sizeBytes: 20_000, offset: 0, part: new Uint8Array(16_385) }],
    ['facts with an unknown field', { kind: 'facts', facts: { ...told, address: '10.0.0.1:1' } }],
    ['a loss of more than everything', { kind: 'loss', permille: 1_001 }],
    ['a loss that is no whole number', { kind: 'loss', permille: 1.5 }],
    ['facts with 9 relays', { kind: 'facts', facts: { ...told, relays: Array(9).fill(toldRelay) } }],
    [
      'facts of a relay that is some peer’s',
      { kind: 'facts', facts: { ...told, relays: [{ ...toldRelay, role: 'peer' }] } },
    ],
    ['facts with an endless code', { kind: 'facts', facts: { ...told, storeProblem: 'X'.repeat(65) } }],
    ['a part that is text', { kind: 'message', sequence: 1, sizeBytes: 2, offset: 0, part: 'ab' }],
  ])('refuses %s', (_what, value) => {
    expect(() => decodeLinkFrame(encodeFrame(value))).toThrowError(
      expect.objectContaining({ code: 'WIRE_FORMAT_INVALID' }),
    );
  });

  it('refuses a frame above the bound', () => {
    expect(() =>
      decodeLinkFrame(encodeFrame({ kind: 'wave', data: new Uint8Array(LINK_MAX_FRAME_BYTES) })),
    ).toThrowError(expect.objectContaining({ code: 'WIRE_FORMAT_INVALID' }));
  });
});
