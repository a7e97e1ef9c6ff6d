import { brandAs, type RelayUrl } from '@bowline/contracts';
import { describe, expect, it } from 'vitest';
import { isOwnLoopbackUrl } from '../src/own-loopback.ts';

describe('the name of our own loopback relay', () => {
  it.each([
    'http://127.0.0.1:4000/',
    'http://127.1:4000/',
    'http://127.9.9.9:4000/',
    'http://0.0.0.0:4000/',
    'http://localhost:4000/',
    'http://LOCALHOST:4000/',
    'http://relay.localhost:4000/',
    'https://localhost:4000/',
    'http://[::1]:4000/',
    'http://[::]:4000/',
    'http://[::ffff:127.0.0.1]:4000/',
    'http://2130706433:4000/',
  ])('is %s', (url) => {
    expect(isOwnLoopbackUrl(brandAs<RelayUrl>(url), 4_000)).toBe(true);
  });

  it.each([
    'http://127.0.0.1:4001/',
    'http://127.0.0.1/',
    'http://192.168.1.1:4000/',
    'http://localhost.example:4000/',
    'http://127.0.0.1.example:4000/',
    'nonsense',
  ])('is not %s', (url) => {
    expect(isOwnLoopbackUrl(brandAs<RelayUrl>(url), 4_000)).toBe(false);
  });

  it('may lie on a default port', () => {
    expect(isOwnLoopbackUrl(brandAs<RelayUrl>('http://localhost/'), 80)).toBe(true);
    expect(isOwnLoopbackUrl(brandAs<RelayUrl>('https://localhost/'), 443)).toBe(true);
  });
});
