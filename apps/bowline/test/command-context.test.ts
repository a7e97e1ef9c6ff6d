import { describe, expect, it } from 'vitest';
import { relayChoiceOf } from '../src/command-context.ts';
import { readEnvironment } from '../src/env.ts';

describe('relayChoiceOf', () => {
  it('reads words and URLs', () => {
    expect(relayChoiceOf(undefined)).toBeUndefined();
    expect(relayChoiceOf(['disabled'])).toBe('disabled');
    expect(relayChoiceOf(['default'])).toBe('default');
    expect(relayChoiceOf(['http://a', 'http://b'])).toEqual({ urls: [{ url: 'http://a' }, { url: 'http://b' }] });
    expect(relayChoiceOf(['http://a', 'http://b'], { token: 't', pinned: 'http://b' })).toEqual({
      urls: [
        { url: 'http://a', token: 't' },
        { url: 'http://b', token: 't', pinned: true },
      ],
    });
  });

  it('refuses a word beside others', () => {
    expect(() => relayChoiceOf(['disabled', 'http://a'])).toThrow('--relay disabled stands alone');
    expect(() => relayChoiceOf(['http://a', 'default'])).toThrow('--relay default cannot be combined');
  });
});

describe('a relay on the command line', () => {
  it('says where it answers about addresses', () => {
    const choice = relayChoiceOf(['https://a#quic', 'https://b#quic=443', 'https://c'], {
      pinned: 'https://b#quic=443',
    });
    expect(choice).toEqual({
      urls: [
        { url: 'https://a', quicPort: 7_842 },
        { url: 'https://b', quicPort: 443, pinned: true },
        { url: 'https://c' },
      ],
    });
  });

  it.each(['#', '#quic=', '#quic=0', '#quic=65536', '#quic=1e3', '#quick', '#quic#quic', '#QUIC'])(
    'is refused with %s behind it',
    (fragment) => {
      expect(() => relayChoiceOf([`https://a${fragment}`])).toThrow(/must be "quic" \(UDP port 7842\) or "quic=PORT"/);
    },
  );
});

describe('readEnvironment', () => {
  it('takes the data directory and the log level from the environment', () => {
    expect(readEnvironment({ BOWLINE_DATA_DIR: '/d', BOWLINE_LOG: 'debug' })).toMatchObject({
      dataDir: '/d',
      logLevel: 'debug',
    });
  });

  it('reads the proxy and the hosts reached without it, in either case', () => {
    expect(readEnvironment({}).proxy).toBeNull();
    expect(readEnvironment({ https_proxy: 'http://p:1', NO_PROXY: 'a, .b ,' }).proxy).toEqual({
      url: 'http://p:1',
      noProxy: ['a', '.b'],
    });
  });

  it.each([
    ['proxy.example:3128', 'http://proxy.example:3128'],
    ['socks5://p:1', 'socks5://p:1'],
    ['http://[', 'unusable:'],
  ])('reads the proxy %s as %s, and never refuses one', (given, url) => {
    expect(readEnvironment({ HTTPS_PROXY: given }).proxy?.url).toBe(url);
  });

  it('refuses a log level that is none', () => {
    expect(() => readEnvironment({ BOWLINE_LOG: 'loud' })).toThrow(/"BOWLINE_LOG" must be one of/);
  });
});
