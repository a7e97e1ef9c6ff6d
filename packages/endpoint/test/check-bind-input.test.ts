import { type BindInput, brandAs } from '@bowline/contracts';
import { expect, test } from 'vitest';
import { checkBindInput, checkLoopbackRelayUrl } from '../src/check-bind-input.ts';

const policy = { alpn: 'a/1', admit: 'anyone' as const, maxFrameBytes: 10, maxIncoming: 0 };
const input: BindInput = {
  secretKey: new Uint8Array(32),
  protocols: [policy],
  loopbackRelayUrl: 'http://127.0.0.1:3340/',
  bindAddresses: [],
};

test('accepts what the contract describes', () => {
  expect(() => checkBindInput(input, 100)).not.toThrow();
  expect(() => checkBindInput({ ...input, loopbackRelayUrl: null }, 100)).not.toThrow();
});

test.each<[string, Partial<BindInput>]>([
  ['secretKey', { secretKey: new Uint8Array(31) }],
  ['protocols', { protocols: [] }],
  ['protocols', { protocols: [policy, policy] }],
  ['alpn', { protocols: [{ ...policy, alpn: '' }] }],
  ['alpn', { protocols: [{ ...policy, alpn: 'x'.repeat(256) }] }],
  ['maxFrameBytes', { protocols: [{ ...policy, maxFrameBytes: 101 }] }],
  ['maxFrameBytes', { protocols: [{ ...policy, maxFrameBytes: 1.5 }] }],
  ['maxIncoming', { protocols: [{ ...policy, maxIncoming: -1 }] }],
  ['maxStreams', { protocols: [{ ...policy, maxStreams: 127 }] }],
  ['maxStreams', { protocols: [{ ...policy, maxStreams: 1_025 }] }],
  ['loopbackRelayUrl', { loopbackRelayUrl: 'https://127.0.0.1:1/' }],
  ['addressDiscovery.url', { addressDiscovery: { url: brandAs('https://relay.example/path'), quicPort: 1 } }],
  ['addressDiscovery.quicPort', { addressDiscovery: { url: brandAs('https://relay.example/'), quicPort: 0 } }],
])('names %s when it breaks its rule', (field, change) => {
  expect(() => checkBindInput({ ...input, ...change }, 100)).toThrow(field);
});

test('never shows the key', () => {
  const secretKey = new Uint8Array(33).fill(231);
  expect(() => checkBindInput({ ...input, secretKey }, 100)).not.toThrow('231');
});

test.each(['http://127.0.0.1:1/', 'http://[::1]:1/', 'http://localhost:1/', 'http://127.0.0.1:1/?again=2'])(
  'takes the loopback relay %s',
  (url) => {
    expect(() => checkLoopbackRelayUrl(url)).not.toThrow();
  },
);

test.each(['http://127.0.0.1/', 'http://10.0.0.1:1/', 'http://relay.example:1/', 'ws://127.0.0.1:1/', 'nonsense'])(
  'refuses the relay %s',
  (url) => {
    expect(() => checkLoopbackRelayUrl(url)).toThrow('loopbackRelayUrl');
  },
);
