import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createSecureContext } from 'node:tls';
import {
  type Cancel,
  type Clock,
  type EndpointId,
  errorMessage,
  type Logger,
  type Random,
  type Startable,
} from '@bowline/contracts';
import { PING_PAYLOAD_BYTES } from '@bowline/relay-protocol';
import { accessPolicy } from './access-policy.ts';
import { clientEntrance } from './client-entrance.ts';
import { ClientRegistry } from './client-registry.ts';
import { RelayStateError, RelayTlsError } from './errors.ts';
import type { BacklogBudget } from './fair-backlog.ts';
import { answerRequest } from './http-routes.ts';
import { listenOn, urlHostOf } from './listening.ts';
import { type MonitoringServer, monitoringServer } from './monitoring-server.ts';
import {
  type Access,
  checkAccess,
  type RelayServerOptions,
  type RelayTls,
  resolveRelayServerOptions,
} from './options.ts';
import { PendingConnections } from './pending-connections.ts';
import type { ClientSurroundings } from './relay-client.ts';
import { type RelayMetrics, relayCounters } from './relay-metrics.ts';
import { FlushTurn } from './send-queue.ts';

/** Longest time between two looks at clients and deadlines, milliseconds. Short limits are looked after more often. */
const MAX_SWEEP_INTERVAL_MS = 1_000;

/** Looks within the shortest of the limits. */
const SWEEPS_PER_LIMIT = 5;

/** How long clients are advised to try to come back after a stop, milliseconds; iroh asks for no more than a few seconds. */
const RESTART_TRY_FOR_MS = 5_000;

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

export interface RelayServerComponents {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * A relay for iroh endpoints: carries encrypted datagrams between endpoints that cannot reach each other. It sees who
 * talks with whom and how much, and nothing of what is said.
 *
 * It runs once: `start`, then `stop`. Whoever made it starts it; it owns its listeners and all their connections, and
 * gives all back before `stop` resolves.
 */
export interface RelayServer extends Startable {
  /** Where clients of this machine reach it: `http://127.0.0.1:3340/`. @throws {@link RelayStateError} before `start` has resolved */
  readonly url: string;
  /** The port bound. @throws {@link RelayStateError} before `start` has resolved */
  readonly port: number;
  /** The IP address bound. @throws {@link RelayStateError} before `start` has resolved */
  readonly bindAddress: string;
  /** The port of health and metrics, `null` without `monitoring`. @throws {@link RelayStateError} before `start` has resolved */
  readonly monitoringPort: number | null;
  metrics(): RelayMetrics;
  /**
   * Uses another certificate for connections from now on; those that exist stay.
   *
   * @throws {@link RelayTlsError} if it cannot be used, {@link RelayStateError} without TLS from the start
   */
  replaceTls(tls: RelayTls): void;
  /** Uses other rules for logins from now on; those admitted stay. @throws {@link InvalidOptionError} */
  replaceAccess(access: Access): void;
  /** Ends every login of an endpoint. @returns whether there was one */
  dismiss(endpointId: EndpointId): boolean;
}

/**
 * @throws {@link InvalidOptionError} for options that break a rule, {@link RelayTlsError} for a certificate that
 * cannot be used. `start` rejects with {@link RelayListenError}.
 */
export const relayServer = (
  input: Partial<RelayServerOptions> = {},
): ((components: RelayServerComponents) => RelayServer) => {
  const options = resolveRelayServerOptions(input);
  return (components) => createRelayServer(options, components);
};

const createRelayServer = (options: RelayServerOptions, components: RelayServerComponents): RelayServer => {
  const { clock, random } = components;
  const logger = components.logger.child({ component: 'relay-server' });
  const counters = relayCounters();
  const registry = new ClientRegistry(counters, options.maxLoginsPerEndpoint);
  const pending = new PendingConnections(options);
  const budget: BacklogBudget = { limitBytes: options.totalQueueBytes, usedBytes: 0 };
  const { server, tlsServer } = createHttpServer(options.tls);
  const { handshakeTimeoutMs, pingIntervalMs, pongTimeoutMs, stallTimeoutMs } = options;
  const shortestLimitMs = Math.min(handshakeTimeoutMs, pingIntervalMs, pongTimeoutMs, stallTimeoutMs);
  const sweepIntervalMs = Math.min(MAX_SWEEP_INTERVAL_MS, shortestLimitMs / SWEEPS_PER_LIMIT);
  let policy = accessPolicy(options.access, clock);
  let address: AddressInfo | undefined;
  let monitoringPort: number | null = null;
  let cancelSweep: Cancel | undefined;
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;

  const surroundings: ClientSurroundings = {
    clock,
    logger,
    counters,
    budget,
    turn: new FlushTurn(),
    sendQueueBytes: options.sendQueueBytes,
    receiveLimit: options.receiveLimit,
    tellAbsent: options.tellAbsent,
    pingIntervalMs,
    pongTimeoutMs,
    stallTimeoutMs,
    ratio: () => random.ratio(),
    pingPayload: () => random.bytes(PING_PAYLOAD_BYTES),
    find: (routeKey) => registry.find(routeKey),
    onLeave: (client, reason) => {
      registry.remove(client);
      counters.left[reason] += 1;
      logger.debug({ endpointId: client.endpointId, reason }, 'client left');
    },
  };

  const entrance = clientEntrance({
    clock,
    random,
    logger,
    counters,
    pending,
    registry,
    surroundings,
    maxClients: options.maxClients,
    logAddresses: options.logAddresses,
    access: () => policy,
    isStopping: () => stopping !== undefined,
  });
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
  server.on('connection', entrance.onConnection);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answerRequest(request, response);
    entrance.onAnswered(request.socket);
  });
  server.on('upgrade', entrance.onUpgrade);
  server.on('tlsClientError', (error: Error) => logger.debug({ error: errorMessage(error) }, 'tls handshake failed'));

  const metrics = (): RelayMetrics => ({
    ...structuredClone(counters),
    endpoints: registry.endpointCount,
    clients: registry.clients.size,
    pendingConnections: pending.size,
    queuedBytes: budget.usedBytes,
  });
  const monitoring: MonitoringServer | undefined =
    options.monitoring === null ? undefined : monitoringServer(options.monitoring, metrics);

  const sweep = (): void => {
    const nowMs = clock.monotonicMs();
    counters.denied['handshake-timeout'] += pending.sweep(nowMs);
    for (const client of registry.clients) client.sweep(nowMs);
    cancelSweep = clock.setTimer(sweepIntervalMs, sweep, { unref: true });
  };

  const bound = (): AddressInfo => {
    if (address === undefined) throw new RelayStateError('The relay has not started.');
    return address;
  };

  const start = async (): Promise<void> => {
    address = await listenOn(server, options.bindAddress, options.port);
    try {
      monitoringPort = (await monitoring?.start())?.port ?? null;
    } catch (error) {
      server.close();
      throw error;
    }
    server.on('error', (error) => logger.error({ error: errorMessage(error) }, 'the listener failed'));
    sweep();
    logger.info({ bindAddress: address.address, port: address.port, tls: options.tls !== null }, 'relay listening');
  };

  const stop = async (): Promise<void> => {
    await starting?.catch(() => undefined);
    cancelSweep?.();
    await monitoring?.stop();
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    pending.clear();
    const clients = [...registry.clients];
    for (const client of clients) client.farewell(random.ratio() * options.restartSpreadMs, RESTART_TRY_FOR_MS);
    const cancelPatience = clock.setTimer(options.stopTimeoutMs, () => {
      for (const client of clients) client.terminate();
      server.closeAllConnections();
      pending.clear();
    });
    await closed;
    cancelPatience();
    logger.info({ clients: clients.length }, 'relay stopped');
  };

  return {
    start: () => {
      if (stopping !== undefined) return Promise.reject(new RelayStateError('The relay has been stopped.'));
      starting ??= start();
      return starting;
    },
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
    get url() {
      return `${options.tls === null ? 'http' : 'https'}://${urlHostOf(bound())}:${bound().port}/`;
    },
    get port() {
      return bound().port;
    },
    get bindAddress() {
      return bound().address;
    },
    get monitoringPort() {
      return bound() && monitoringPort;
    },
    metrics,
    replaceTls: (tls) => {
      if (tlsServer === undefined) throw new RelayStateError('The relay was made without TLS.');
      const context = usableTls(tls);
      tlsServer.setSecureContext(context);
      logger.info({}, 'certificate replaced');
    },
    replaceAccess: (access) => {
      checkAccess(access);
      policy = accessPolicy(access, clock);
      logger.info({}, 'access rules replaced');
    },
    dismiss: (endpointId) => {
      const dismissed = [...registry.clients].filter((client) => client.endpointId === endpointId);
      for (const client of dismissed) client.drop('dismissed');
      return dismissed.length > 0;
    },
  };
};

const createHttpServer = (
  tls: RelayTls | null,
): { readonly server: Server | TlsServer; readonly tlsServer: TlsServer | undefined } => {
  const settings = {
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    highWaterMark: SOCKET_BUFFER_BYTES,
    noDelay: true,
    // One deadline, in the table of pending connections, covers what these would.
    requestTimeout: 0,
    headersTimeout: 0,
  };
  if (tls === null) return { server: createServer(settings), tlsServer: undefined };
  const tlsServer = createTlsServer({ ...settings, ...usableTls(tls), minVersion: 'TLSv1.2' });
  return { server: tlsServer, tlsServer };
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
