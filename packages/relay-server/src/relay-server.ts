import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Cancel, type EndpointId, errorMessage, type Startable } from '@bowline/contracts';
import { TimeJump } from '@bowline/limits';
import { type Access, checkAccess } from './access-rules.ts';
import { RelayStateError } from './errors.ts';
import { httpListener } from './http-listener.ts';
import { answerRequest } from './http-routes.ts';
import { closeListener, listenOn, urlHostOf } from './listening.ts';
import { type MonitoringServer, monitoringServer } from './monitoring-server.ts';
import { type RelayServerOptions, type RelayTls, resolveRelayServerOptions } from './options.ts';
import { RelayCore, type RelayServerComponents } from './relay-core.ts';
import type { RelayMetrics } from './relay-metrics.ts';

/** Longest time between two looks at clients and deadlines, milliseconds. Short limits are looked after more often. */
const MAX_SWEEP_INTERVAL_MS = 1_000;

/** Looks within the shortest of the limits. */
const SWEEPS_PER_LIMIT = 5;

/** A look this many intervals late finds the process held up, and judges nobody. */
const LATE_INTERVALS = 2;

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
  /** Counters since start and what is there now: a copy. */
  metrics(): RelayMetrics;
  /**
   * Uses another certificate for connections from now on; those that exist stay.
   *
   * @throws {@link RelayTlsError} if it cannot be used, {@link RelayStateError} without TLS from the start
   */
  replaceTls(tls: RelayTls): void;
  /** Uses other rules for logins from now on; those admitted stay. @throws {@link InvalidOptionError} */
  replaceAccess(access: Access): void;
  /** Tells of other observers from now on. @throws {@link InvalidOptionError} */
  replaceObservers(observers: RelayServerOptions['observers']): void;
  /** Ends every login of an endpoint. @returns whether there was one */
  dismiss(endpointId: EndpointId): boolean;
}

/**
 * @throws {@link InvalidOptionError} for options that break a rule; the returned factory throws {@link RelayTlsError}
 * for a certificate that cannot be used, and `start` rejects with {@link RelayListenError}.
 */
export const relayServer = (
  input: Partial<RelayServerOptions> = {},
): ((components: RelayServerComponents) => RelayServer) => {
  const options = resolveRelayServerOptions(input);
  return (components) => {
    const logger = components.logger.child({ component: 'relay-server' });
    return new RunningRelay(options, { ...components, logger });
  };
};

class RunningRelay implements RelayServer {
  readonly #options: RelayServerOptions;
  readonly #components: RelayServerComponents;
  readonly #core: RelayCore;
  readonly #listener: ReturnType<typeof httpListener>;
  readonly #monitoring: MonitoringServer | undefined;
  #observers: RelayServerOptions['observers'];
  #address: AddressInfo | undefined;
  #monitoringPort: number | null = null;
  readonly #sweepIntervalMs: number;
  readonly #standstill: TimeJump;
  #cancelSweep: Cancel | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: RelayServerOptions, components: RelayServerComponents) {
    this.#options = options;
    this.#components = components;
    this.#observers = options.observers;
    this.#core = new RelayCore(options, components);
    this.#listener = httpListener(options.tls);
    const { monitoring } = options;
    this.#monitoring = monitoring === null ? undefined : monitoringServer(monitoring, () => this.metrics());
    const { handshakeTimeoutMs, pingIntervalMs, pongTimeoutMs, stallTimeoutMs } = options;
    const shortestLimitMs = Math.min(handshakeTimeoutMs, pingIntervalMs, pongTimeoutMs, stallTimeoutMs);
    this.#sweepIntervalMs = Math.min(MAX_SWEEP_INTERVAL_MS, shortestLimitMs / SWEEPS_PER_LIMIT);
    this.#standstill = new TimeJump(this.#sweepIntervalMs * LATE_INTERVALS);
    this.#connectListener();
  }

  start(): Promise<void> {
    if (this.#stopping !== undefined) return Promise.reject(new RelayStateError('The relay has been stopped.'));
    this.#starting ??= this.#start();
    return this.#starting;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  get url(): string {
    return `${this.#options.tls === null ? 'http' : 'https'}://${urlHostOf(this.#bound)}:${this.port}/`;
  }

  get port(): number {
    return this.#bound.port;
  }

  get bindAddress(): string {
    return this.#bound.address;
  }

  get monitoringPort(): number | null {
    return this.#bound && this.#monitoringPort;
  }

  metrics(): RelayMetrics {
    return this.#core.metrics();
  }

  replaceTls(tls: RelayTls): void {
    this.#listener.replaceTls(tls);
    this.#components.logger.info({}, 'certificate replaced');
  }

  replaceAccess(access: Access): void {
    checkAccess(access);
    this.#core.replaceAccess(access);
    this.#components.logger.info({}, 'access rules replaced');
  }

  replaceObservers(observers: RelayServerOptions['observers']): void {
    this.#observers = resolveRelayServerOptions({ observers }).observers;
    this.#components.logger.info({ ports: observers.map(({ port }) => port) }, 'observers replaced');
  }

  dismiss(endpointId: EndpointId): boolean {
    return this.#core.dismiss(endpointId);
  }

  get #bound(): AddressInfo {
    if (this.#address === undefined) throw new RelayStateError('The relay has not started.');
    return this.#address;
  }

  #connectListener(): void {
    const { entrance } = this.#core;
    const { logger } = this.#components;
    const { server } = this.#listener;
    server.on('connection', entrance.onConnection);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      answerRequest(request, response, this.#observers);
      entrance.onAnswered(request.socket);
    });
    server.on('upgrade', entrance.onUpgrade);
    server.on('tlsClientError', (error: Error) => {
      logger.debug({ error: errorMessage(error) }, 'tls handshake failed');
    });
  }

  async #start(): Promise<void> {
    const { bindAddress, port, tls } = this.#options;
    const { logger } = this.#components;
    const { server } = this.#listener;
    const address = await listenOn(server, bindAddress, port);
    try {
      this.#monitoringPort = (await this.#monitoring?.start())?.port ?? null;
    } catch (error) {
      await closeListener(server);
      throw error;
    }
    this.#address = address;
    server.on('error', (error) => logger.error({ error: errorMessage(error) }, 'the listener failed'));
    this.#sweep();
    logger.info({ bindAddress: address.address, port: address.port, tls: tls !== null }, 'relay listening');
  }

  readonly #sweep = (): void => {
    const { clock, logger } = this.#components;
    const nowMs = clock.monotonicMs();
    const lateMs = this.#standstill.lateMs(nowMs);
    if (lateMs === 0) this.#core.sweep();
    // Held up, or asleep: what clients said meanwhile has not been read yet, so they are not judged by it.
    else logger.warn({ lateMs: Math.round(lateMs) }, 'the relay was held up');
    this.#standstill.expectAt(nowMs + this.#sweepIntervalMs);
    this.#cancelSweep = clock.setTimer(this.#sweepIntervalMs, this.#sweep, { unref: true });
  };

  async #stop(): Promise<void> {
    // A failed start has given everything back already.
    await this.#starting?.catch(() => undefined);
    this.#cancelSweep?.();
    await this.#monitoring?.stop();
    const { server } = this.#listener;
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    const clients = this.#core.close();
    const { clock, logger } = this.#components;
    const cancelPatience = clock.setTimer(this.#options.stopTimeoutMs, () => {
      for (const client of clients) client.terminate();
      this.#core.cutPending();
      server.closeAllConnections();
    });
    await closed;
    cancelPatience();
    logger.info({ clients: clients.length }, 'relay stopped');
  }
}
