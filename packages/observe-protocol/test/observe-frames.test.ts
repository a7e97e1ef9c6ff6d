import { brandAs, type SocketAddress } from '@bowline/contracts';
import { encodeFrame } from '@bowline/wire-format';
import { expect, it } from 'vitest';
import { decodeObserved, encodeAsk, encodeObserved, OBSERVE_MAX_FRAME_BYTES, readAsk } from '../src/index.ts';

const LONGEST = brandAs<SocketAddress>('[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:65535');

it.each([brandAs<SocketAddress>('203.0.113.7:4567'), LONGEST])('%s survives its frame', (address) => {
  const frame = encodeObserved(address);
  expect(frame.byteLength).toBeLessThanOrEqual(OBSERVE_MAX_FRAME_BYTES);
  expect(decodeObserved(frame)).toBe(address);
});

it('an ask says nothing but that', () => {
  expect(() => readAsk(encodeAsk())).not.toThrow();
});

it.each([
  ['an ask that says more', { kind: 'ask', address: '203.0.113.7:4567' }],
  ['an answer', { kind: 'observed', address: '203.0.113.7:4567' }],
  ['nothing', {}],
])('%s is no ask', (_what, value) => {
  expect(() => readAsk(encodeFrame(value))).toThrow(expect.objectContaining({ code: 'WIRE_FORMAT_INVALID' }));
});

it.each([
  ['a host name', { kind: 'observed', address: 'relay.example.org:443' }],
  ['no port', { kind: 'observed', address: '203.0.113.7' }],
  ['port 0', { kind: 'observed', address: '203.0.113.7:0' }],
  ['more than an address', { kind: 'observed', address: '203.0.113.7:4567', name: 'x' }],
  ['an ask', { kind: 'ask' }],
])('%s is no answer', (_what, value) => {
  expect(() => decodeObserved(encodeFrame(value))).toThrow(expect.objectContaining({ code: 'WIRE_FORMAT_INVALID' }));
});

it('refuses an answer longer than a frame', () => {
  const long = encodeFrame({ kind: 'observed', address: '1'.repeat(OBSERVE_MAX_FRAME_BYTES) });
  expect(() => decodeObserved(long)).toThrow(expect.objectContaining({ code: 'WIRE_FORMAT_INVALID' }));
});
