import type { Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import { RelayStateError, RelayTlsError } from './errors.ts';
import type { RelayTls } from './options.ts';

// An import of `node:http` makes every one of its exports, `fetch` and `WebSocket` with them: 55 ms and 12 MB a process.
const { createServer } = process.getBuiltinModule('node:http');

/** Longest request line and headers read, bytes. */
const MAX_HEADER_BYTES = 8_192;

/** Milliseconds an HTTP connection is kept for the next probe. */
const KEEP_ALIVE_TIMEOUT_MS = 5_000;

/** Requests one connection may make before it has to connect again, and be counted again. */
const MAX_REQUESTS_PER_CONNECTION = 100;

/**
 * Bytes a client's socket holds before it counts as backed up: two writes of a whole turn of the event loop. Kernel
 * buffers come on top.
 */
const SOCKET_BUFFER_BYTES = 131_072;

/** The HTTP or HTTPS server clients connect to. */
export interface HttpListener {
  readonly server: Server | TlsServer;
  /** @throws {@link RelayTlsError}, {@link RelayStateError} without TLS */
  replaceTls(tls: RelayTls): void;
}

/** @throws {@link RelayTlsError} */
export const httpListener = (tls: RelayTls | null): HttpListener => {
  const settings = {
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    highWaterMark: SOCKET_BUFFER_BYTES,
    noDelay: true,
    // One deadline, in the table of pending connections, covers what these would.
    requestTimeout: 0,
    headersTimeout: 0,
  };
  if (tls === null) {
    const server = createServer(settings);
    server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
    return { server, replaceTls: refuseTls };
  }
  const server = createTlsServer({ ...settings, ...usableTls(tls), minVersion: 'TLSv1.2' });
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
  return { server, replaceTls: (newTls) => server.setSecureContext(usableTls(newTls)) };
};

const refuseTls = (): never => {
  throw new RelayStateError('The relay was made without TLS.');
};

/** @throws {@link RelayTlsError} */
const usableTls = ({ certificatePem, privateKeyPem }: RelayTls): { readonly cert: string; readonly key: string } => {
  const context = { cert: certificatePem, key: privateKeyPem };
  try {
    createSecureContext(context);
    return context;
  } catch (error) {
    throw new RelayTlsError(error);
  }
};
