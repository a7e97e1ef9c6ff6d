import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorMessage, type Logger } from '@bowline/contracts';
import { callerHeaders, withoutCaller } from './caller-headers.ts';
import type { StreamPeer } from './device-stream.ts';
import type { LocalTarget } from './local-service.ts';

// An import of `node:http` makes every one of its exports, `fetch` and `WebSocket` with them: 55 ms and 12 MB a process.
const { createServer, request } = process.getBuiltinModule('node:http');

/** Headers that are about one connection, and not about the request. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Stands before a local HTTP server and tells it who calls. */
export interface HttpGateway {
  /** Serves one connection, from its first byte on. */
  take(duplex: Duplex, device: StreamPeer): void;
}

/** As Node's own client takes it. */
export const localAddress = (
  target: LocalTarget,
): { readonly host: string; readonly port: number } | { readonly path: string } =>
  'port' in target ? { host: '127.0.0.1', port: target.port } : { path: target.socket };

const clientAddress = (target: LocalTarget) =>
  'port' in target ? { host: '127.0.0.1', port: target.port } : { socketPath: target.socket };

/**
 * Every request is read by one parser and written anew by another, so that nothing can hide behind it; WebSockets and
 * other upgrades are passed on as they are after their head.
 */
export const httpGateway = (target: LocalTarget, logger: Logger): HttpGateway => {
  const callers = new WeakMap<Duplex, StreamPeer>();
  // A body may take as long as its stream does.
  const server = createServer({ requestTimeout: 0 });

  const headersFor = (message: IncomingMessage, isUpgrade: boolean): string[] => {
    const kept: string[] = [];
    const own = withoutCaller(message.rawHeaders);
    for (let at = 0; at < own.length; at += 2) {
      const [name = '', value = ''] = [own[at], own[at + 1]];
      if (isUpgrade || !HOP_BY_HOP.has(name.toLowerCase())) kept.push(name, value);
    }
    const device = callers.get(message.socket);
    return device === undefined ? kept : [...kept, ...callerHeaders(device)];
  };

  const pass = (message: IncomingMessage, response: ServerResponse): void => {
    const { method, url } = message;
    const hasBody =
      message.headers['content-length'] !== undefined || message.headers['transfer-encoding'] !== undefined;
    const headers = headersFor(message, false);
    const upstream = request({ ...clientAddress(target), method, path: url, headers: headers as never, agent: false });
    upstream.on('response', (answer) => {
      const raw = answer.rawHeaders.filter((_, at, all) => !HOP_BY_HOP.has(String(all[at - (at % 2)]).toLowerCase()));
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, raw);
      response.flushHeaders();
      answer.pipe(response);
      answer.on('error', (error) => response.destroy(error));
    });
    upstream.on('error', (error) => {
      logger.info({ reason: error.message }, 'served program did not answer');
      if (response.headersSent) response.destroy();
      else response.writeHead(502, { 'content-type': 'text/plain' }).end('The served program does not answer.\n');
    });
    response.on('close', () => upstream.destroy());
    message.on('error', () => upstream.destroy());
    if (hasBody) message.pipe(upstream);
    else upstream.end();
  };

  const passUpgrade = (message: IncomingMessage, duplex: Duplex, head: Buffer): void => {
    const upstream = connect(localAddress(target));
    const headers = headersFor(message, true);
    const lines = [`${message.method} ${message.url} HTTP/1.1`];
    for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
    upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
    upstream.write(head);
    joinStreams(duplex, upstream);
  };

  server.on('request', pass);
  server.on('checkContinue', (message, response) => {
    response.writeContinue();
    pass(message, response);
  });
  server.on('upgrade', passUpgrade);
  server.on('connect', (_message, duplex) => duplex.destroy());
  server.on('clientError', (error, duplex) => {
    logger.debug({ reason: errorMessage(error) }, 'unreadable request to a served program');
    duplex.destroy();
  });

  return {
    take: (duplex, device) => {
      callers.set(duplex, device);
      duplex.on('error', (error) => logger.debug({ reason: error.message }, 'stream to a served program ended'));
      server.emit('connection', duplex);
    },
  };
};

/** Bytes of each into the other; where one fails, so does the other. */
export const joinStreams = (one: Duplex, other: Duplex): void => {
  const end = (): void => {
    one.destroy();
    other.destroy();
  };
  one.on('error', end);
  other.on('error', end);
  // A stream that closed before both directions had ended takes the other one with it.
  one.on('close', () => {
    if (!one.readableEnded || !one.writableFinished) other.destroy();
  });
  other.on('close', () => {
    if (!other.readableEnded || !other.writableFinished) one.destroy();
  });
  one.pipe(other);
  other.pipe(one);
};
