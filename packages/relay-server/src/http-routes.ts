import type { IncomingMessage, ServerResponse } from 'node:http';
import { OBSERVER_PATH, type ObserverEndpoint, writeObservers } from '@bowline/observe-protocol';
import { RELAY_PATH } from '@bowline/relay-protocol';
import { answerProbe, pathOf } from '@bowline/relay-socket';

const INDEX = 'This is a Bowline relay. Devices connect to it by themselves; there is nothing to see here.\n';
const ROBOTS = 'User-agent: *\nDisallow: /\n';
const PLAIN_TEXT = 'text/plain; charset=utf-8';

/** Answers what is not a login. No route reads a body, a cookie or anything but the path and one header. */
export const answerRequest = (
  request: IncomingMessage,
  response: ServerResponse,
  observers: readonly ObserverEndpoint[],
): void => {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    end(response, 405, 'Only GET is answered here.\n', { allow: 'GET, HEAD' });
    return;
  }
  if (answerProbe(request, response)) return;
  switch (pathOf(request)) {
    case RELAY_PATH:
      end(response, 400, 'This path is for WebSocket upgrades.\n');
      return;
    case OBSERVER_PATH:
      if (observers.length === 0) end(response, 404, 'No observer here.\n');
      else end(response, 200, writeObservers(observers), { 'content-type': 'application/json' });
      return;
    case '/healthz':
      end(response, 200, 'ok\n');
      return;
    case '/robots.txt':
      end(response, 200, ROBOTS);
      return;
    case '/':
      end(response, 200, INDEX);
      return;
    default:
      end(response, 404, 'Not found.\n');
  }
};

const end = (
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void => {
  response
    .writeHead(status, { 'content-type': PLAIN_TEXT, 'content-length': Buffer.byteLength(body), ...headers })
    .end(body);
};
