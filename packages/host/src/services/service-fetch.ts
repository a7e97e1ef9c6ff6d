import type { Agent, AgentOptions, IncomingMessage } from 'node:http';
import { type Duplex, Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { abortError } from './abort-error.ts';

// An import of `node:http` makes every one of its exports, `fetch` and `WebSocket` with them: 55 ms and 12 MB a process.
const http = process.getBuiltinModule('node:http');

/** Statuses whose response has no body. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([101, 204, 205, 304]);

/** An agent for Node's `http` whose connections are streams to one service. */
export const serviceAgent = (connect: () => Duplex, options: AgentOptions = {}): Agent => {
  const agent = new http.Agent(options);
  Object.assign(agent, { createConnection: connect });
  return agent;
};

/** `fetch` on a stream of its own. Host and path stand in the request as they would for a server on this machine. */
export const serviceFetch = async (
  connect: () => Duplex,
  service: string,
  path: string,
  init: RequestInit = {},
): Promise<Response> => {
  const asked = new Request(new URL(path, 'http://localhost'), {
    ...init,
    ...(init.body === undefined || init.body === null ? {} : { duplex: 'half' }),
  } as RequestInit);
  const { signal } = asked;
  if (signal.aborted) throw abortError(signal);
  const url = new URL(asked.url);
  const headers: Record<string, string> = { host: service };
  asked.headers.forEach((value, name) => {
    headers[name] = value;
  });
  const answer = Promise.withResolvers<Response>();
  const sent = http.request({
    method: asked.method,
    path: `${url.pathname}${url.search}`,
    headers,
    agent: serviceAgent(connect),
  });
  const onAbort = (): void => {
    answer.reject(abortError(signal));
    sent.destroy(abortError(signal));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  sent.on('response', (message) => answer.resolve(responseOf(message)));
  sent.on('error', (error) => answer.reject(signal.aborted ? abortError(signal) : error));
  sent.on('close', () => signal.removeEventListener('abort', onAbort));
  if (asked.body === null) sent.end();
  else
    Readable.fromWeb(asked.body as NodeReadableStream)
      .on('error', (error) => sent.destroy(error))
      .pipe(sent);
  return answer.promise;
};

const responseOf = (message: IncomingMessage): Response => {
  const headers = new Headers();
  for (let at = 0; at + 1 < message.rawHeaders.length; at += 2) {
    headers.append(message.rawHeaders[at] ?? '', message.rawHeaders[at + 1] ?? '');
  }
  const { statusCode: status = 502, statusMessage: statusText = '' } = message;
  if (WITHOUT_BODY.has(status)) {
    message.resume();
    return new Response(null, { status, statusText, headers });
  }
  return new Response(Readable.toWeb(message) as ReadableStream<Uint8Array>, { status, statusText, headers });
};
