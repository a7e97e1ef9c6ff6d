import { describe, expect, it } from 'vitest';
import { ownHosts } from '../src/own-hosts.ts';

const from = (remoteAddress: string, localAddress: string, localPort = 3_340) => ({
  localAddress,
  localPort,
  remoteAddress,
});

describe('a host that a login names', () => {
  const isOwn = ownHosts(['relay.example', 'other.example:8443']);
  const outside = from('203.0.113.9', '198.51.100.1');

  it.each([
    ['as it was told', 'relay.example:443'],
    ['on the port of plain http', 'relay.example:80'],
    ['on its own port', 'relay.example:3340'],
    ['with the port it was told', 'other.example:8443'],
    ['by the address it was reached at', '198.51.100.1:3340'],
  ])('is the relay’s own %s', (_how, host) => {
    expect(isOwn(host, outside)).toBe(true);
  });

  it.each([
    ['another host', 'hostile.example:443'],
    ['another port of a host told with one', 'other.example:443'],
    ['another port of its address', '198.51.100.1:80'],
    ['another address of its own', '198.51.100.2:3340'],
    ['this machine', '127.0.0.1:3340'],
  ])('is not the relay’s own: %s', (_how, host) => {
    expect(isOwn(host, outside)).toBe(false);
  });

  it('may be this machine for those on it', () => {
    const inside = from('::ffff:127.0.0.1', '::ffff:127.0.0.1');
    expect(['127.0.0.1:3340', 'localhost:3340', '[::1]:3340'].map((host) => isOwn(host, inside))).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('may be a private address for those of a private network, and not for who was passed on by a router', () => {
    const host = '192.168.1.10:3340';
    expect(isOwn(host, from('192.168.1.20', '::ffff:192.168.1.10'))).toBe(true);
    expect(isOwn(host, from('203.0.113.9', '192.168.1.10'))).toBe(false);
  });
});
