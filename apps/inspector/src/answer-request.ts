import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorCode, errorMessage, type Logger } from '@bowline/contracts';
import type { AccessTokens } from './access-tokens.ts';
import type { InspectedHost } from './inspected-host.ts';
import { runPageAction } from './page-actions.ts';
import { type PageFile, SECURITY_HEADERS } from './page-files.ts';
import type { PageSessions } from './page-sessions.ts';
import { readJsonBody } from './read-json-body.ts';
import { guardRequest, SESSION_PATH } from './request-guard.ts';

/** What answers are made from. */
export interface AnswerComponents {
  readonly host: InspectedHost;
  readonly tokens: AccessTokens;
  readonly sessions: PageSessions;
  readonly files: ReadonlyMap<string, PageFile>;
  /** As in `GuardComponents`. */
  readonly hosts: readonly string[];
  readonly logger: Logger;
}

const EVENTS_PATH = '/api/events';
const TRANSITIONS_PATH = '/api/transitions';
const ACTION_PREFIX = '/api/do/';

const NOT_FOUND = { code: 'NOT_FOUND', message: 'There is no such page.' };
const UNREADABLE = { code: 'UNREADABLE', message: 'The request is too long, or no JSON; reload the page.' };
const LINK_USED = {
  code: 'LINK_USED',
  message: 'This link was used before, or is older than a minute; open the inspector anew.',
};
const BUSY = { code: 'BUSY', message: 'Too many pages of this device are open; close one of them.' };

/** Answers one request of a page, or refuses it by its head alone. */
export const answerRequest = async (
  request: IncomingMessage,
  response: ServerResponse,
  components: AnswerComponents,
): Promise<void> => {
  const { tokens, hosts, logger } = components;
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const head = { method: request.method ?? 'GET', path, headers: request.headers };
  const verdict = guardRequest(head, { hosts, isSession: tokens.isSession });
  if (verdict !== 'allowed') {
    logger.debug({ path: path.slice(0, 60), status: verdict.status }, 'request refused');
    response.setHeader('connection', 'close');
    sendJson(response, verdict.status, { error: { code: 'REFUSED', message: verdict.reason } });
  } else if (path.startsWith('/api/')) {
    await answerApi(path, request, response, components);
  } else {
    sendFile(components.files.get(path), request, response);
  }
};

const answerApi = async (
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  { host, tokens, sessions }: AnswerComponents,
): Promise<void> => {
  const body = await readJsonBody(request);
  const session = request.headers.authorization?.slice('Bearer '.length) ?? '';
  if (body === undefined) {
    // Whatever is left of it is not read.
    response.setHeader('connection', 'close');
    sendJson(response, 400, { error: UNREADABLE });
  } else if (path === SESSION_PATH) {
    const opened = tokens.exchange(oneTimeOf(body));
    sendJson(response, opened === null ? 401 : 200, opened === null ? { error: LINK_USED } : { session: opened });
  } else if (path === EVENTS_PATH) {
    if (!sessions.openStream(session, response, afterIdOf(body))) sendJson(response, 503, { error: BUSY });
  } else if (path === TRANSITIONS_PATH) {
    if (!sessions.openTransitions(response)) sendJson(response, 503, { error: BUSY });
  } else if (path.startsWith(ACTION_PREFIX)) {
    const name = path.slice(ACTION_PREFIX.length);
    try {
      const result = await runPageAction(name, body, { host, pairings: sessions.pairingsOf(session) });
      sendJson(response, 200, { result });
    } catch (error) {
      sendJson(response, 422, { error: { code: errorCode(error) ?? 'INTERNAL', message: errorMessage(error) } });
    }
  } else {
    sendJson(response, 404, { error: NOT_FOUND });
  }
};

/** The event a page had last, which it says when it comes back. */
const afterIdOf = (body: unknown): string | null => {
  const after = typeof body === 'object' && body !== null && 'after' in body ? body.after : null;
  return typeof after === 'string' && after.length <= 64 ? after : null;
};

const oneTimeOf = (body: unknown): string => {
  const token = typeof body === 'object' && body !== null && 'token' in body ? body.token : '';
  return typeof token === 'string' && token.length <= 64 ? token : '';
};

const sendFile = (file: PageFile | undefined, request: IncomingMessage, response: ServerResponse): void => {
  if (file === undefined) {
    sendJson(response, 404, { error: NOT_FOUND });
    return;
  }
  const { body, contentType, etag } = file;
  response.setHeader('etag', etag);
  response.setHeader('cache-control', 'no-cache');
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(200, { 'content-type': contentType, 'content-length': body.length });
  response.end(request.method === 'HEAD' ? undefined : body);
};

const sendJson = (response: ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(JSON.stringify(value));
};
