import { describe, expect, it } from 'vitest';
import { type GuardedRequest, guardRequest } from '../src/request-guard.ts';

const HOSTS = ['127.0.0.1:4100', 'localhost:4100'];
const SESSION = 'a'.repeat(43);

const judge = (request: Partial<GuardedRequest>) =>
  guardRequest(
    { method: 'POST', path: '/api/do/traffic', ...request, headers: { ...HEADERS, ...request.headers } },
    { hosts: HOSTS, isSession: (token) => token === SESSION },
  );

const HEADERS = {
  host: '127.0.0.1:4100',
  origin: 'http://127.0.0.1:4100',
  'sec-fetch-site': 'same-origin',
  'content-type': 'application/json',
  authorization: `Bearer ${SESSION}`,
};

describe('the guard of the inspector', () => {
  it('lets its own page ask', () => {
    expect(judge({})).toBe('allowed');
    expect(judge({ headers: { host: 'localhost:4100', origin: 'http://localhost:4100' } })).toBe('allowed');
  });

  it.each<[string, Partial<GuardedRequest>, number]>([
    ['a name that was made to lead here', { headers: { host: 'rebound.example:4100', origin: undefined } }, 403],
    ['a name of its own with another port', { headers: { host: '127.0.0.1:80' } }, 403],
    ['no host at all', { headers: { host: undefined } }, 403],
    ['a page of another site', { headers: { origin: 'https://other.example' } }, 403],
    ['a page in a sandbox', { headers: { origin: 'null' } }, 403],
    ['a page of another port of this machine', { headers: { origin: 'http://127.0.0.1:8000' } }, 403],
    [
      'a fetch of another site without an origin',
      { headers: { origin: undefined, 'sec-fetch-site': 'cross-site' } },
      403,
    ],
    ['a fetch of another port', { headers: { origin: undefined, 'sec-fetch-site': 'same-site' } }, 403],
    ['an address typed by hand', { method: 'POST', headers: { 'sec-fetch-site': 'none' } }, 403],
    ['a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 400],
    ['text, which needs no permission across sites', { headers: { 'content-type': 'text/plain' } }, 400],
    ['a link', { method: 'GET' }, 405],
    ['no token', { headers: { authorization: undefined } }, 401],
    ['a token of another session', { headers: { authorization: `Bearer ${'b'.repeat(43)}` } }, 401],
    ['a token of another kind', { headers: { authorization: `Basic ${SESSION}` } }, 401],
    ['a page that is written to', { path: '/', method: 'PUT' }, 405],
  ])('refuses %s', (_about, request, status) => {
    expect(judge(request)).toMatchObject({ status });
  });

  it('shows the page to whoever types its address, and asks for no token then', () => {
    const typed = {
      method: 'GET',
      path: '/',
      headers: { origin: undefined, 'sec-fetch-site': 'none', authorization: undefined },
    };
    expect(judge(typed as never)).toBe('allowed');
  });

  it('shows the page to whom a link leads there, in a window of its own alone', () => {
    const followed = (headers: object, path = '/') =>
      judge({
        method: 'GET',
        path,
        headers: { origin: undefined, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', ...headers },
      } as never);
    expect(followed({ 'sec-fetch-dest': 'document' })).toBe('allowed');
    expect(followed({ 'sec-fetch-dest': 'iframe' })).toMatchObject({ status: 403 });
    expect(followed({ 'sec-fetch-dest': 'document' }, '/page.js')).toMatchObject({ status: 403 });
    expect(followed({ 'sec-fetch-dest': 'document' }, '/api/do/traffic')).toMatchObject({ status: 403 });
  });

  it('asks a page without a session for its origin nevertheless', () => {
    const opening = { path: '/api/session', headers: { authorization: undefined } };
    expect(judge(opening as never)).toBe('allowed');
    expect(judge({ ...opening, headers: { origin: 'https://other.example' } } as never)).toMatchObject({ status: 403 });
  });
});
