import type { Clock, EndpointId, Logger, Random } from '@bowline/contracts';
import { PING_PAYLOAD_BYTES } from '@bowline/relay-protocol';
import type { SharedBudget } from '@bowline/relay-socket';
import { type AccessPolicy, accessPolicy } from './access-policy.ts';
import type { Access } from './access-rules.ts';
import { type ClientAcceptor, clientAcceptor } from './client-acceptor.ts';
import { ClientRegistry } from './client-registry.ts';
import type { RelayServerOptions } from './options.ts';
import { ownHosts } from './own-hosts.ts';
import { PendingConnections } from './pending-connections.ts';
import type { ClientComponents, RelayClient } from './relay-client.ts';
import { type RelayCounters, type RelayMetrics, relayCounters } from './relay-metrics.ts';
import { FlushTurn } from './send-queue.ts';

/** How long clients are advised to try to come back after a stop, milliseconds; iroh asks for no more than a few seconds. */
const RESTART_TRY_FOR_MS = 5_000;

/** So many connections on the way in are a crowd: some 20 ms of logins. */
const CROWD = 64;

/** What a relay is given: time, randomness fit for keys, and a place to log. */
export interface RelayServerComponents {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** A relay but for its listeners: who is on the way in, who is here, what passes between them. */
export class RelayCore {
  readonly entrance: ClientAcceptor;
  readonly #options: RelayServerOptions;
  readonly #components: RelayServerComponents;
  readonly #counters: RelayCounters = relayCounters();
  readonly #registry: ClientRegistry;
  readonly #pending: PendingConnections;
  readonly #budget: SharedBudget;
  #access: AccessPolicy;
  #isClosing: boolean = false;

  constructor(options: RelayServerOptions, components: RelayServerComponents) {
    this.#options = options;
    this.#components = components;
    this.#registry = new ClientRegistry(this.#counters, options.maxLoginsPerEndpoint);
    this.#pending = new PendingConnections(options, () => {
      this.#counters.denied['too-many-connections'] += 1;
    });
    this.#budget = { limitBytes: options.totalQueueBytes, usedBytes: 0 };
    this.#access = accessPolicy(options.access, components.clock);
    this.entrance = clientAcceptor({
      ...components,
      counters: this.#counters,
      pending: this.#pending,
      registry: this.#registry,
      clientComponents: this.#clientComponents(),
      maxClients: options.maxClients,
      logAddresses: options.logAddresses,
      tokenInUrl: options.tokenInUrl,
      access: () => this.#access,
      isClosing: () => this.#isClosing,
      isOwnHost: ownHosts(options.publicHosts),
    });
  }

  metrics(): RelayMetrics {
    return {
      ...structuredClone(this.#counters),
      endpoints: this.#registry.endpointCount,
      clients: this.#registry.clients.size,
      pendingConnections: this.#pending.size,
      queuedBytes: this.#budget.usedBytes,
    };
  }

  /** Looks after deadlines and clients. */
  sweep(): void {
    const nowMs = this.#components.clock.monotonicMs();
    this.#counters.denied['handshake-timeout'] += this.#pending.sweep(nowMs);
    for (const client of this.#registry.clients) client.sweep(nowMs);
  }

  replaceAccess(access: Access): void {
    this.#access = accessPolicy(access, this.#components.clock);
  }

  /** Ends every login of an endpoint. @returns whether there was one */
  dismiss(endpointId: EndpointId): boolean {
    const dismissed = [...this.#registry.clients].filter((client) => client.endpointId === endpointId);
    for (const client of dismissed) client.drop('dismissed');
    return dismissed.length > 0;
  }

  /**
   * Lets nobody in any more, cuts who is on the way in, and tells who is here that it stops.
   *
   * @returns the clients whose connections may still be closing
   */
  close(): readonly RelayClient[] {
    this.#isClosing = true;
    this.#pending.clear();
    const clients = [...this.#registry.clients];
    const { random } = this.#components;
    for (const client of clients)
      client.tellRestart(random.ratio() * this.#options.restartSpreadMs, RESTART_TRY_FOR_MS);
    return clients;
  }

  /** Cuts connections that came in while closing. */
  cutPending(): void {
    this.#pending.clear();
  }

  #clientComponents(): ClientComponents {
    const { clock, logger, random } = this.#components;
    const { receiveLimit, sendQueueBytes, tellAbsent } = this.#options;
    return {
      clock,
      logger,
      receiveLimit,
      sendQueueBytes,
      tellAbsent,
      counters: this.#counters,
      budget: this.#budget,
      turn: new FlushTurn(() => this.#pending.size >= CROWD),
      livenessLimits: this.#options,
      ratio: () => random.ratio(),
      pingPayload: () => random.bytes(PING_PAYLOAD_BYTES),
      find: (routeKey) => this.#registry.find(routeKey),
      onLeave: (client, reason) => {
        this.#registry.remove(client);
        this.#counters.left[reason] += 1;
        logger.debug({ endpointId: client.endpointId, reason }, 'client left');
      },
    };
  }
}
