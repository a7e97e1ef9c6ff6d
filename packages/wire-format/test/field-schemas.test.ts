import { describe, expect, it } from 'vitest';
import type { ZodType } from 'zod';
import {
  boundedBytes,
  boundedInteger,
  boundedString,
  bytes,
  decodeFrame,
  encodeFrame,
  endpointIdBytes,
  endpointIdToBytes,
  relayUrl,
  socketAddress,
} from '../src/index.ts';

const read = <T>(schema: ZodType<T>, value: unknown): T => decodeFrame(encodeFrame(value), schema, { maxBytes: 4_096 });

describe('field schemas', () => {
  it('read an endpoint id from its 32 bytes, and back', () => {
    const raw = Uint8Array.from({ length: 32 }, (_, index) => index);
    const id = read(endpointIdBytes, raw);
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(endpointIdToBytes(id)).toEqual(raw);
  });

  it('normalize relay URLs and socket addresses', () => {
    expect(read(relayUrl, 'HTTPS://Relay.Example')).toBe('https://relay.example/');
    expect(read(socketAddress, '[2001:DB8::1]:7')).toBe('[2001:db8::1]:7');
  });

  it.each<[string, ZodType, unknown]>([
    ['bytes of another size', bytes(4), new Uint8Array(5)],
    ['text for bytes', bytes(4), 'abcd'],
    ['too many bytes', boundedBytes(4), new Uint8Array(5)],
    ['too long a text', boundedString(3), 'abcd'],
    ['too many characters beyond the basic plane', boundedString(3), '😀😀😀😀'],
    ['too short a text', boundedString(3, 1), ''],
    ['a negative number', boundedInteger(), -1],
    ['a fraction', boundedInteger(), 1.5],
    ['a number past its bound', boundedInteger(9), 10],
    ['a short endpoint id', endpointIdBytes, new Uint8Array(31)],
    ['a host name for an address', socketAddress, 'example.org:80'],
    ['an address with a zone', socketAddress, '[fe80::1%eth0]:80'],
    ['a relay URL with a path', relayUrl, 'https://relay.example/x'],
    ['a relay URL with a password', relayUrl, 'https://a:b@relay.example/'],
  ])('refuse %s', (_name, schema, value) => {
    expect(() => read(schema, value)).toThrow(expect.objectContaining({ problem: 'schema' }));
  });
});
