import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  chooseVersion,
  NO_CONTENT_CHALLENGE_HEADER,
  NO_CONTENT_PATH,
  NO_CONTENT_RESPONSE_HEADER,
  noContentAnswerTo,
  PING_PATH,
  RELAY_PATH,
  RELAY_SUBPROTOCOLS,
} from '@bowline/relay-protocol';

// An import of `node:http` makes every one of its exports, `fetch` and `WebSocket` with them: 55 ms and 12 MB a process.
const { STATUS_CODES } = process.getBuiltinModule('node:http');

/** The path of a request, without its query. */
export const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?', 1)[0] ?? '/';

/**
 * Answers what relay clients probe with: latency, and captive portals.
 *
 * @returns whether the request was one of these; otherwise nothing was answered
 */
export const answerProbe = (request: IncomingMessage, response: ServerResponse): boolean => {
  switch (pathOf(request)) {
    case PING_PATH:
      // Browsers measure relays too, from any page.
      response.writeHead(200, { 'content-length': 0, 'access-control-allow-origin': '*' }).end();
      return true;
    case NO_CONTENT_PATH:
      answerNoContent(request, response);
      return true;
    default:
      return false;
  }
};

/** A device behind a captive portal gets some other answer, or this one without its challenge. */
const answerNoContent = (request: IncomingMessage, response: ServerResponse): void => {
  const challenge = request.headers[NO_CONTENT_CHALLENGE_HEADER];
  const answer = noContentAnswerTo(typeof challenge === 'string' ? challenge : undefined);
  response.writeHead(204, answer === undefined ? {} : { [NO_CONTENT_RESPONSE_HEADER]: answer }).end();
};

/** Why an upgrade is refused. */
export interface UpgradeRefusal {
  readonly reason: 'bad-request' | 'version';
  readonly status: number;
  readonly text: string;
}

/** `undefined` for an upgrade by a client of a relay. */
export const upgradeRefusalOf = (request: IncomingMessage): UpgradeRefusal | undefined => {
  if (pathOf(request) !== RELAY_PATH) {
    return { reason: 'bad-request', status: 404, text: `Relay clients connect to ${RELAY_PATH}.` };
  }
  if (chooseVersion(request.headers['sec-websocket-protocol']) === undefined) {
    const text = `This relay speaks ${RELAY_SUBPROTOCOLS.join(' and ')}; offer one of them in Sec-WebSocket-Protocol.`;
    return { reason: 'version', status: 400, text };
  }
  return undefined;
};

/** Answers an upgrade that is refused, and ends the connection. */
export const refuseUpgrade = (connection: Duplex, status: number, text: string): void => {
  const body = `${text}\n`;
  // Whoever reset the connection meanwhile needs no answer.
  connection.on('error', () => connection.destroy());
  connection.once('finish', () => connection.destroy());
  connection.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n${status === 503 ? 'Retry-After: 10\r\n' : ''}\r\n${body}`,
  );
};
