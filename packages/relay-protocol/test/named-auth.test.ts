import { describe, expect, it } from 'vitest';
import {
  relayHostOf,
  signChallenge,
  signNamedChallenge,
  verifyClientAuth,
  verifyNamedClientAuth,
} from '../src/index.ts';

const SECRET_KEY = new Uint8Array(32).fill(7);
const CHALLENGE = new Uint8Array(16).fill(9);

describe('a proof that names its relay', () => {
  const auth = signNamedChallenge(SECRET_KEY, CHALLENGE, 'a.example:443');

  it('proves the key at that relay, and nowhere else', async () => {
    expect(await verifyNamedClientAuth(auth, CHALLENGE, 'a.example:443')).toBe(true);
    expect(await verifyNamedClientAuth(auth, CHALLENGE, 'b.example:443')).toBe(false);
    expect(await verifyNamedClientAuth(auth, CHALLENGE, 'a.example:80')).toBe(false);
    expect(await verifyNamedClientAuth(auth, new Uint8Array(16), 'a.example:443')).toBe(false);
  });

  it('is no bare answer, nor is a bare answer one', async () => {
    expect(await verifyClientAuth(auth, CHALLENGE)).toBe(false);
    expect(await verifyNamedClientAuth(signChallenge(SECRET_KEY, CHALLENGE), CHALLENGE, 'a.example:443')).toBe(false);
  });

  it('is refused for a challenge of another size', () => {
    expect(() => signNamedChallenge(SECRET_KEY, new Uint8Array(15), 'a.example:443')).toThrow('16 bytes');
  });
});

describe('the host of a relay', () => {
  it.each([
    ['Relay.Example', 443, 'relay.example:443'],
    ['relay.example:3340', 443, 'relay.example:3340'],
    ['relay.example:80', 3_340, 'relay.example:80'],
    ['192.0.2.1', 80, '192.0.2.1:80'],
    ['127.1:80', 3_340, '127.0.0.1:80'],
    ['[2001:DB8::1]:3340', 80, '[2001:db8::1]:3340'],
  ])('%s is %s', (host, port, named) => {
    expect(relayHostOf(host, port)).toBe(named);
  });

  it.each(['', 'a b', 'a/b', 'user@host', 'a?b', 'a#b', 'a:70000', 'x'.repeat(300)])('%j is none', (host) => {
    expect(relayHostOf(host, 80)).toBeUndefined();
  });
});
