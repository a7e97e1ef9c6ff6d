import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { InvalidOptionError, type Logger } from '@bowline/contracts';
import { stampCaller } from './caller-headers.ts';
import type { DeviceStream, StreamPeer } from './device-stream.ts';
import { type LocalServiceComponents, type LocalTarget, localService } from './local-service.ts';
import { answerRequest, type RequestHandler } from './request-answer.ts';

/** What a handler is told beside the stream. */
export interface StreamContext {
  readonly device: StreamPeer;
  /** Aborts when the service is served no more, or the host stops. */
  readonly signal: AbortSignal;
}

/**
 * Serves one stream. When its promise resolves, its direction of the stream is ended, and what was not read of the other
 * one by then is thrown away; when it rejects, the stream is reset.
 */
export type StreamHandler = (stream: DeviceStream, context: StreamContext) => Promise<void> | void;

/** What can be served: a handler of streams, one of requests, a server of Node's `http`, or where a program listens. */
export type ServiceTarget = StreamHandler | { readonly answer: RequestHandler } | Server | LocalTarget;

/** How one stream of a service is served. */
export interface ServiceHandler {
  /** Resolves when nothing more is to be done for the stream. */
  serve(stream: DeviceStream, context: StreamContext): Promise<void>;
  /** The service is served no more. */
  stop(): void;
}

/** @throws {@link InvalidOptionError} when the target is none of those */
export const serviceHandler = (target: ServiceTarget, components: LocalServiceComponents): ServiceHandler => {
  if (typeof target === 'function') return streamHandler(target);
  if (typeof target === 'object' && target !== null) {
    if ('answer' in target) {
      return streamHandler((stream, { signal }) => answerRequest(target.answer, stream, signal));
    }
    if ('port' in target || 'socket' in target) return localHandler(localService(target, components));
    if ('emit' in target && typeof target.emit === 'function') return serverHandler(target, components.logger);
  }
  const rule = 'must be a function, { answer }, an http.Server, { port } or { socket }';
  throw new InvalidOptionError('target', rule, typeof target);
};

const streamHandler = (handler: StreamHandler): ServiceHandler => ({
  serve: async (stream, context) => {
    await handler(stream, context);
    await stream.end();
    await stream[Symbol.asyncDispose]();
  },
  stop: () => undefined,
});

/** An HTTP server of the app's own, which gets connections that are streams. */
const serverHandler = (server: Server, logger: Logger): ServiceHandler => {
  const callers = new WeakMap<object, StreamPeer>();
  const stamp = (message: IncomingMessage): void => stampCaller(message, callers.get(message.socket) ?? null);
  // Where nobody listens to it, a listener of ours would be taken for one that answers.
  const events = ['request', 'upgrade', 'checkContinue', 'checkExpectation', 'connect'].filter(
    (event) => event === 'request' || server.listenerCount(event) > 0,
  );
  for (const event of events) server.prependListener(event, stamp);
  return {
    serve: (stream) => {
      const duplex = stream.toNode();
      callers.set(duplex, stream.device);
      duplex.on('error', (error) => logger.debug({ reason: error.message }, 'stream to an http server ended'));
      server.emit('connection', duplex);
      return closed(duplex);
    },
    stop: () => {
      for (const event of events) server.removeListener(event, stamp);
    },
  };
};

const localHandler = (take: (duplex: Duplex, device: StreamPeer) => void): ServiceHandler => ({
  serve: (stream) => {
    const duplex = stream.toNode();
    take(duplex, stream.device);
    return closed(duplex);
  },
  stop: () => undefined,
});

const closed = (duplex: Duplex): Promise<void> =>
  new Promise((resolve) => {
    if (duplex.destroyed) resolve();
    else duplex.once('close', resolve);
  });
