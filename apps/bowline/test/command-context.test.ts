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

  it('refuses a log level that is none', () => {
    expect(() => readEnvironment({ BOWLINE_LOG: 'loud' })).toThrow(/"BOWLINE_LOG" must be one of/);
  });
});
