import { expect, test } from 'vitest';
import { prepareNativeEnvironment } from '../src/native-environment.ts';

const prepared = (environment: Record<string, string | undefined>): Record<string, string | undefined> => {
  const copy = { ...environment };
  prepareNativeEnvironment(copy);
  return copy;
};

test('switches backtraces off, also inherited ones', () => {
  expect(prepared({ RUST_BACKTRACE: 'full' })).toEqual({ RUST_BACKTRACE: '0', RUST_LIB_BACKTRACE: '0' });
});

test.each(['http_proxy', 'HTTPS_PROXY', 'all_proxy'])('with %s set, loopback goes around the proxy', (name) => {
  const { NO_PROXY, no_proxy, ...rest } = prepared({ [name]: 'http://proxy.example:3128' });
  expect(NO_PROXY).toBe('127.0.0.1,::1,localhost');
  expect(no_proxy).toBe(NO_PROXY);
  expect(rest[name]).toBe('http://proxy.example:3128');
});

test('exemptions that were there stay, each once, however often it is prepared', () => {
  const once = prepared({ http_proxy: 'x', NO_PROXY: 'a.example, localhost', no_proxy: '*,a.example' });
  expect(once.NO_PROXY).toBe('a.example,localhost,*,127.0.0.1,::1');
  expect(prepared(once)).toEqual(once);
});

test('without a proxy nothing is exempted', () => {
  expect(prepared({ http_proxy: '' }).NO_PROXY).toBeUndefined();
});
