import type { IncomingHttpHeaders } from 'node:http';

/** What a request says of itself before anything of it is acted upon. */
export interface GuardedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** `allowed`, or the status and the words a refused request is answered with. */
export type GuardVerdict = 'allowed' | { readonly status: 400 | 401 | 403 | 405; readonly reason: string };

/** What decides whether a request is let in. */
export interface GuardComponents {
  /** The names this inspector is opened by, each with its port: `127.0.0.1:4100`. Nothing else is answered (DNS rebinding). */
  readonly hosts: readonly string[];
  readonly isSession: (token: string) => boolean;
}

/** Where a page asks for its session; it has no token yet. */
export const SESSION_PATH = '/api/session';

const isApi = (path: string): boolean => path.startsWith('/api/');

const refuse = (status: 400 | 401 | 403 | 405, reason: string): GuardVerdict => ({ status, reason });

/**
 * Decides by the head of a request alone whether it is acted upon. Pure.
 *
 * The page itself is no secret; everything behind `/api/` is. A browser says where a request comes from in ways no page
 * can forge (`Host`, `Origin`, `Sec-Fetch-Site`), so a page of another site gets nowhere, even where its name was made to
 * lead here; another user of the machine has no token.
 */
export const guardRequest = (
  { method, path, headers }: GuardedRequest,
  { hosts, isSession }: GuardComponents,
): GuardVerdict => {
  const { host, origin, authorization } = headers;
  if (host === undefined || !hosts.includes(host.toLowerCase())) {
    return refuse(403, 'This inspector is opened by its loopback address alone.');
  }
  if (origin !== undefined && !hosts.some((name) => origin.toLowerCase() === `http://${name}`)) {
    return refuse(403, 'Another site may not ask here.');
  }
  const site = headers['sec-fetch-site'];
  const isVisit = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  // A link may lead to the page, which is no secret, stands in no frame, and without a token shows nothing.
  const isAllowedFrom = site === 'none' || (isVisit && path === '/');
  const isOwnSite = site === undefined || site === 'same-origin' || (isAllowedFrom && !isApi(path));
  if (!isOwnSite) return refuse(403, 'Another site may not ask here.');
  if (!isApi(path)) return method === 'GET' || method === 'HEAD' ? 'allowed' : refuse(405, 'The page is only read.');
  if (method !== 'POST') return refuse(405, 'Everything behind the page is asked by POST.');
  if (headers['content-type']?.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    return refuse(400, 'Everything behind the page is asked in JSON.');
  }
  if (path === SESSION_PATH) return 'allowed';
  const token = /^Bearer ([A-Za-z0-9_-]{43})$/.exec(authorization ?? '')?.[1];
  if (token === undefined || !isSession(token)) {
    return refuse(401, 'Open the inspector anew: this page has no session, or its session is over.');
  }
  return 'allowed';
};
