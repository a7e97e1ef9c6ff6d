import { describe, expect, it } from 'vitest';
import { usesProxy } from '../src/http-proxy.ts';

const uses = (url: string, ...noProxy: readonly string[]): boolean =>
  usesProxy(new URL(url), { url: 'http://proxy.example:8080/', noProxy });

describe('the proxy', () => {
  it('is used for every host that is not listed', () => {
    expect(uses('https://relay.example/')).toBe(true);
    expect(uses('https://relay.example/', 'other.example', '', ' ')).toBe(true);
    expect(uses('https://notrelay.example/', 'relay.example')).toBe(true);
  });

  it('is left out for listed hosts and everything below them', () => {
    expect(uses('https://relay.example/', 'relay.example')).toBe(false);
    expect(uses('https://a.relay.example/', 'relay.example')).toBe(false);
    expect(uses('https://a.relay.example/', '.relay.example')).toBe(false);
    expect(uses('https://a.relay.example/', '*.relay.example')).toBe(false);
    expect(uses('https://RELAY.example/', ' Relay.Example ')).toBe(false);
    expect(uses('https://relay.example:8443/', 'relay.example:8443')).toBe(false);
    expect(uses('https://10.0.0.1/', '10.0.0.1')).toBe(false);
    expect(uses('https://relay.example/', '*')).toBe(false);
  });

  it('is never used for this machine', () => {
    for (const host of ['localhost', 'x.localhost', '127.0.0.1', '127.9.9.9', '[::1]']) {
      expect(uses(`http://${host}:3340/`)).toBe(false);
    }
  });
});
