import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, type EndpointId, errorMessage, type Logger, type Random } from '@bowline/contracts';
import { CHALLENGE_BYTES, chooseVersion, type ProtocolVersion } from '@bowline/relay-protocol';
import { login, loginFieldsOf, refuseUpgrade, upgradeRefusalOf, webSockets } from '@bowline/relay-socket';
import type { WebSocket } from 'ws';
import type { AccessPolicy } from './access-policy.ts';
import type { ClientRegistry } from './client-registry.ts';
import type { IsOwnHost } from './own-hosts.ts';
import { connectionNameOf, type PendingConnections } from './pending-connections.ts';
import { type ClientComponents, RelayClient } from './relay-client.ts';
import type { DenialReason, RelayCounters } from './relay-metrics.ts';

/** What a client is told when it may not use the relay. */
const NOT_AUTHORIZED = 'not authorized';

/** WebSocket close code "try again later" (IANA registry). */
const TRY_AGAIN_LATER = 1013;

/** What the entrance works with; all but the functions are shared with the rest of the relay. */
export interface ClientAcceptorComponents {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly counters: RelayCounters;
  readonly pending: PendingConnections;
  readonly registry: ClientRegistry;
  readonly clientComponents: ClientComponents;
  readonly maxClients: number;
  readonly logAddresses: boolean;
  readonly tokenInUrl: boolean;
  /** The policy of the moment. */
  access(): AccessPolicy;
  isClosing(): boolean;
  /** Whether the relay goes by a host that a login names. */
  readonly isOwnHost: IsOwnHost;
}

/** The way in, from TCP connection to served client. */
export interface ClientAcceptor {
  onConnection(socket: Socket): void;
  /** A plain request of the connection was answered. */
  onAnswered(socket: Socket): void;
  onUpgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void;
}

/** The entrance of one relay. */
export const clientAcceptor = (components: ClientAcceptorComponents): ClientAcceptor => {
  const { clock, counters, logger, pending, registry } = components;
  const upgraded = webSockets();

  const deny = (reason: DenialReason, remoteAddress: string | undefined, endpointId?: EndpointId): void => {
    counters.denied[reason] += 1;
    const address = components.logAddresses ? { remoteAddress } : {};
    logger.debug({ reason, ...(endpointId === undefined ? {} : { endpointId }), ...address }, 'client turned away');
  };

  const onConnection = (socket: Socket): void => {
    if (socket.remoteAddress === undefined) {
      // Gone between the kernel's accept and ours.
      socket.destroy();
      return;
    }
    const refusal = pending.admit(socket, clock.monotonicMs());
    if (refusal !== undefined) {
      deny(refusal, socket.remoteAddress);
      socket.destroy();
      return;
    }
    const name = connectionNameOf(socket);
    socket.once('close', () => pending.settle(name));
  };

  const serve = async (
    socket: WebSocket,
    version: ProtocolVersion,
    connection: Socket,
    fields: ReturnType<typeof loginFieldsOf>,
  ): Promise<void> => {
    const { remoteAddress } = connection;
    const name = connectionNameOf(connection);
    const newChallenge = (): Uint8Array => components.random.bytes(CHALLENGE_BYTES);
    const isOwnHost = (host: string): boolean => components.isOwnHost(host, connection);
    const rules = { logger, access: components.access(), isOwnHost, deniedText: NOT_AUTHORIZED };
    const outcome = await login({ socket, connection, newChallenge, ...fields }, rules);
    if (!outcome.isAdmitted) {
      if (outcome.reason !== 'left') deny(outcome.reason, remoteAddress, outcome.endpointId);
      return;
    }
    if (registry.clients.size >= components.maxClients || components.isClosing()) {
      deny('too-many-clients', remoteAddress);
      socket.close(TRY_AGAIN_LATER);
      return;
    }
    pending.settle(name);
    counters.accepted += 1;
    const presence = registry.presenceFor(outcome.endpointKey);
    const client = new RelayClient(presence, version, socket, connection, components.clientComponents);
    registry.add(client);
    const address = components.logAddresses ? { remoteAddress } : {};
    logger.debug({ endpointId: client.endpointId, version, ...address }, 'client logged in');
  };

  const onUpgrade = (request: IncomingMessage, connection: Duplex, head: Buffer): void => {
    const refusal = refusalOf(request, registry.clients.size >= components.maxClients);
    if (refusal !== undefined || !(connection instanceof Socket)) {
      const { reason, status, text } = refusal ?? BAD_REQUEST;
      deny(reason, request.socket.remoteAddress);
      refuseUpgrade(connection, status, text);
      return;
    }
    const version = chooseVersion(request.headers['sec-websocket-protocol']) ?? 1;
    const fields = loginFieldsOf(request, components.tokenInUrl);
    upgraded.handleUpgrade(request, connection, head, (socket) => {
      socket.on('error', (error) => logger.debug({ error: errorMessage(error) }, 'client connection failed'));
      serve(socket, version, connection, fields).catch((error: unknown) => {
        logger.error({ error: errorMessage(error) }, 'serving a client failed');
        socket.terminate();
      });
    });
  };

  const onAnswered = (socket: Socket): void => pending.renew(connectionNameOf(socket), clock.monotonicMs());

  return { onConnection, onAnswered, onUpgrade };
};

interface UpgradeRefusal {
  readonly reason: DenialReason;
  readonly status: number;
  readonly text: string;
}

const BAD_REQUEST: UpgradeRefusal = { reason: 'bad-request', status: 400, text: 'This is no WebSocket upgrade.' };

const refusalOf = (request: IncomingMessage, isFull: boolean): UpgradeRefusal | undefined => {
  const refusal = upgradeRefusalOf(request);
  if (refusal?.reason === 'bad-request' || !isFull) return refusal;
  return { reason: 'too-many-clients', status: 503, text: 'This relay is full. Use another one.' };
};
