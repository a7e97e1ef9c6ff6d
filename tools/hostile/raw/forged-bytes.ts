import { createHash } from 'node:crypto';
import { encodeFrame } from '@bowline/wire-format';
import { framed } from './raw-connection.ts';

/** Bytes for a stream, and what they pretend to be. */
export type Forgery = readonly [name: string, bytes: Uint8Array];

const BYTES = new Uint8Array(32).fill(7);
const CARD = { name: 'mallory', platform: 'linux' };
const NOWHERE = { relayUrls: [], directAddresses: [] };
const POSITION = { incarnation: 1, sequence: 1 };
const RELAY_INFO = { homeRelayUrl: null, relayUrls: [], revision: 1, incarnation: 1 };
const GREETING = {
  version: 1,
  incarnation: 1,
  life: '0123456789abcdef',
  turn: 1,
  name: 'mallory',
  relayInfo: RELAY_INFO,
  directAddresses: ['127.0.0.1:1'],
  observedAddress: null,
  received: null,
  heard: null,
};
const HELLO = { type: 'hello', versions: [1], commitment: BYTES, tag: BYTES };
const REASONS = ['code-used', 'code-expired', 'code-burnt', 'cancelled', 'completed'];

const frames = (of: Readonly<Record<string, unknown>>): readonly Forgery[] =>
  Object.entries(of).map(([name, value]) => [name, framed(encodeFrame(value))]);

/** Every message of `bowline/pair/1`, as somebody without the code would make it up. */
export const forgedPairFrames: readonly Forgery[] = frames({
  hello: HELLO,
  'hello of version 7': { ...HELLO, versions: [7] },
  'hello of eight versions': { ...HELLO, versions: [1, 2, 3, 4, 5, 6, 7, 8] },
  'hello of nine versions': { ...HELLO, versions: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
  'hello with a short tag': { ...HELLO, tag: new Uint8Array(31) },
  'hello with a long tag': { ...HELLO, tag: new Uint8Array(4_096) },
  'hello with a field too many': { ...HELLO, isAdmin: true },
  'hello with a prototype': { ...HELLO, constructor: 1 },
  challenge: { type: 'challenge', version: 1, nonce: BYTES, proof: BYTES },
  'challenge of version 2': { type: 'challenge', version: 2, nonce: BYTES, proof: BYTES },
  ...Object.fromEntries(REASONS.map((reason) => [`refusal ${reason}`, { type: 'refusal', reason, proof: BYTES }])),
  proof: { type: 'proof', nonce: BYTES, card: CARD, proof: BYTES },
  'proof with an endless name': {
    type: 'proof',
    nonce: BYTES,
    card: { name: 'x'.repeat(15_000), platform: 'linux' },
    proof: BYTES,
  },
  welcome: { type: 'welcome', card: CARD, proof: BYTES },
  finish: { type: 'finish', proof: BYTES },
  accept: { type: 'accept' },
  confirm: { type: 'confirm', ...NOWHERE },
  'confirm with addresses': { type: 'confirm', relayUrls: [], directAddresses: ['127.0.0.1:9', '[::1]:9'] },
});

/** Every message of `bowline/rendezvous/1`. */
export const forgedRendezvousFrames: readonly Forgery[] = frames({
  ask: { type: 'ask', versions: [1], nonce: BYTES, tag: BYTES },
  'ask of version 7': { type: 'ask', versions: [7], nonce: BYTES, tag: BYTES },
  address: { type: 'address', version: 1, endpointId: BYTES, ...NOWHERE, proof: BYTES },
  'rendezvous refusal': { type: 'refusal', reason: 'code-used', proof: BYTES },
});

/** Every message of `bowline/link/1`. */
export const forgedLinkFrames: readonly Forgery[] = frames({
  'link hello': { kind: 'hello', ...GREETING },
  'link hello of version 2': { kind: 'hello', ...GREETING, version: 2 },
  'link welcome': { kind: 'welcome', ...GREETING },
  ping: { kind: 'ping', nonce: 1 },
  pong: { kind: 'pong', nonce: 1 },
  message: { kind: 'message', sequence: 1, sizeBytes: 5, offset: 0, part: Buffer.from('hello') },
  ack: { kind: 'ack', position: POSITION },
  relayInfo: { kind: 'relayInfo', relayInfo: RELAY_INFO },
  askRelayInfo: { kind: 'askRelayInfo' },
  update: { kind: 'update', name: 'mallory', directAddresses: ['127.0.0.1:1'] },
  goodbye: { kind: 'goodbye' },
  unpaired: { kind: 'unpaired' },
});

const hex = (digits: string): Uint8Array => Buffer.from(digits.replaceAll(' ', ''), 'hex');

/** Bytes that are no message of any protocol. */
export const malformedBytes: readonly Forgery[] = [
  ['a frame of length 0', framed(new Uint8Array(0))],
  ['a hundred frames of length 0', new Uint8Array(400)],
  ['length 0xFFFFFFFF', hex('ffffffff')],
  ['length 0xFFFFFFFF and 64 KiB', Buffer.concat([hex('ffffffff'), new Uint8Array(65_536)])],
  ['length 0x80000000', hex('80000000 00')],
  ['one byte too long', framed(new Uint8Array(16_385))],
  ['16 KiB of nesting', framed(new Uint8Array(16_384).fill(0x81))],
  ['16 KiB of nested maps', framed(new Uint8Array(16_384).fill(0xa1))],
  ['a type that nobody knows', framed(encodeFrame({ type: 'open sesame' }))],
  ['a kind that nobody knows', framed(encodeFrame({ kind: 'open sesame' }))],
  ['a type that is a number', framed(encodeFrame({ type: 1 }))],
  ['a list', framed(encodeFrame(['hello']))],
  ['null', framed(encodeFrame(null))],
  ['an empty map', framed(hex('a0'))],
  ['a map of 2^64-1 entries', framed(hex('bb ffffffffffffffff'))],
  ['a list of 2^32-1 entries', framed(hex('9a ffffffff'))],
  ['a byte string of 2^63', framed(hex('5b 8000000000000000'))],
  ['an indefinite map', framed(hex('bf 64 74797065 66 616363657074 ff'))],
  ['an indefinite text', framed(hex('a1 64 74797065 7f 66 616363657074 ff'))],
  ['a key twice', framed(hex('a2 64 74797065 66 616363657074 64 74797065 66 616363657074'))],
  ['a key longer than it need be', framed(hex('a1 78 04 74797065 66 616363657074'))],
  ['an accept with a byte behind it', framed(hex('a1 64 74797065 66 616363657074 00'))],
  ['half an accept', framed(hex('a1 64 74797065 66 6163'))],
  ['text that is not UTF-8', framed(hex('a1 64 74797065 62 c328'))],
  ['a tag', framed(hex('c1 1a 514b67b0'))],
  ['NaN', framed(hex('f9 7e00'))],
  ['undefined', framed(hex('f7'))],
  ['a break', framed(hex('ff'))],
  ['a prototype key', framed(hex('a1 69 5f5f70726f746f5f5f a0'))],
  ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
  ['two messages at once', Buffer.concat([framed(encodeFrame(HELLO)), framed(encodeFrame({ type: 'accept' }))])],
];

/** Mutations of a good first frame: a byte changed, bytes cut, bytes doubled; the same for every run. */
export const mutatedFrames = (frame: Uint8Array, count: number): readonly Forgery[] =>
  Array.from({ length: count }, (_, index) => {
    const noise = createHash('sha256').update(`mutation ${index}`).digest();
    const at = noise.readUInt16BE(0) % frame.length;
    const changed = Buffer.from(frame);
    changed[at] = (changed[at] ?? 0) ^ (noise[2] || 1);
    const mutated = [
      changed,
      Buffer.from(frame.subarray(0, at)),
      Buffer.concat([frame.subarray(0, at), noise, frame.subarray(at)]),
    ][index % 3];
    return [`mutation ${index}`, framed(mutated ?? changed)] as const;
  });
