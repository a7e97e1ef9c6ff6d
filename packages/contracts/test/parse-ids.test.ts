import {
  brandAs,
  deviceIdOf,
  type EndpointId,
  endpointIdOf,
  parseEndpointId,
  parseRelayUrl,
  parseSocketAddress,
  socketAddressOf,
} from '@bowline/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('parseEndpointId', () => {
  it('reads 64 hexadecimal digits in any case', () => {
    expect(parseEndpointId('AB'.repeat(32))).toBe('ab'.repeat(32));
  });

  it.each(['', 'ab', 'g'.repeat(64), `${'ab'.repeat(32)}0`, ` ${'ab'.repeat(32)}`])('refuses %j', (text) => {
    expect(parseEndpointId(text)).toBeUndefined();
  });
});

describe('parseSocketAddress', () => {
  it.each([
    ['192.0.2.1:5', '192.0.2.1:5'],
    ['[2001:DB8::1]:65535', '[2001:db8::1]:65535'],
    ['[::ffff:192.0.2.1]:80', '[::ffff:192.0.2.1]:80'],
  ])('reads %s', (text, expected) => {
    expect(parseSocketAddress(text)).toBe(expected);
  });

  it.each([
    '192.0.2.1',
    '192.0.2.1:0',
    '192.0.2.1:65536',
    '192.0.2.256:1',
    'host:1',
    '[fe80::1%eth0]:1',
    '::1:80',
    '[]:1',
  ])('refuses %s', (text) => {
    expect(parseSocketAddress(text)).toBeUndefined();
  });

  it('reads back whatever it writes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 1, max: 65_535 }), (ip, port) => {
        const written = socketAddressOf(ip.toLowerCase(), port);
        expect(parseSocketAddress(written)).toBe(written);
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseSocketAddress(text);
        parseRelayUrl(text);
        parseEndpointId(text);
      }),
    );
  });
});

describe('parseRelayUrl', () => {
  it('makes one string of two spellings', () => {
    expect(parseRelayUrl('HTTPS://Relay.Example.org')).toBe('https://relay.example.org/');
    expect(parseRelayUrl('https://relay.example.org:443/')).toBe('https://relay.example.org/');
    expect(parseRelayUrl('https://relay.example.org/?#')).toBe('https://relay.example.org/');
  });

  it.each([
    'ftp://a/',
    'ws://a/',
    'https://user@a/',
    'https://a/path',
    'https://a/?q',
    'https://a/#f',
    'nonsense',
    `https://${'a'.repeat(600)}/`,
  ])('refuses %s', (text) => {
    expect(parseRelayUrl(text)).toBeUndefined();
  });
});

describe('deviceIdOf', () => {
  it('is a function of the endpoint id alone', () => {
    const endpointId = brandAs<EndpointId>('00'.repeat(32));
    expect(deviceIdOf(endpointId)).toMatch(/^d-[0-9a-hjkmnp-tv-z]{16}$/);
    expect(deviceIdOf(endpointId)).toBe(deviceIdOf(endpointId));
    expect(deviceIdOf(brandAs<EndpointId>(`${'00'.repeat(31)}01`))).not.toBe(deviceIdOf(endpointId));
  });
});

describe('endpointIdOf', () => {
  it('gives the public key of RFC 8032, test 1', () => {
    const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
    expect(endpointIdOf(seed)).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
  });

  it('refuses another length without showing the key', () => {
    expect(() => endpointIdOf(new Uint8Array(31).fill(7))).toThrow(/"secretKey" must be 32 bytes; received "31 bytes"/);
  });
});
