import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathOf } from '@bowline/relay-socket';
import { closeListener, listenOn } from './listening.ts';
import type { MonitoringListener } from './options.ts';
import { prometheusText } from './prometheus-text.ts';
import type { RelayMetrics } from './relay-metrics.ts';

// An import of `node:http` makes every one of its exports, `fetch` and `WebSocket` with them: 55 ms and 12 MB a process.
const { createServer } = process.getBuiltinModule('node:http');

/** Most connections at once: monitoring has few readers. */
const MAX_CONNECTIONS = 64;

/** The second port: health and metrics, for whoever runs the relay. */
export interface MonitoringServer {
  start(): Promise<AddressInfo>;
  stop(): Promise<void>;
}

/** A monitoring server that has not started. @param metrics asked at each request */
export const monitoringServer = (listener: MonitoringListener, metrics: () => RelayMetrics): MonitoringServer => {
  const server: Server = createServer((request, response) => {
    if (pathOf(request) === '/health') {
      const { clients, endpoints } = metrics();
      answer(response, 200, 'application/json', `${JSON.stringify({ status: 'ok', endpoints, clients })}\n`);
    } else if (pathOf(request) === '/metrics') {
      answer(response, 200, 'text/plain; version=0.0.4; charset=utf-8', prometheusText(metrics()));
    } else {
      answer(response, 404, 'text/plain; charset=utf-8', 'Try /health or /metrics.\n');
    }
  });
  server.maxConnections = MAX_CONNECTIONS;
  return {
    start: () => listenOn(server, listener.bindAddress, listener.port),
    stop: () => closeListener(server),
  };
};

const answer = (response: ServerResponse, status: number, contentType: string, body: string): void => {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body);
};
