import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, type EndpointId, errorMessage, type Logger, type Random } from '@bowline/contracts';
import {
  chooseVersion,
  MAX_FRAME_BYTES,
  type ProtocolVersion,
  RELAY_PATH,
  RELAY_SUBPROTOCOLS,
  subprotocolOf,
} from '@bowline/relay-protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import type { AccessPolicy } from './access-policy.ts';
import type { ClientRegistry } from './client-registry.ts';
import { pathOf } from './http-routes.ts';
import { login, loginFieldsOf } from './login.ts';
import { connectionNameOf, type PendingConnections } from './pending-connections.ts';
import { type ClientSurroundings, RelayClient } from './relay-client.ts';
import type { DenialReason, RelayCounters } from './relay-metrics.ts';

/** Pieces of one message held before it is complete. A frame of the largest size in TCP segments of the smallest usual size (536 bytes, RFC 9293) is 123 of them. */
const MAX_MESSAGE_PIECES = 1_024;

/** Milliseconds a closed WebSocket may linger until the other side has closed it too. */
const CLOSE_TIMEOUT_MS = 1_000;

/** WebSocket close code "try again later" (IANA registry). */
const TRY_AGAIN_LATER = 1013;

/** What the entrance works with; all but the functions are shared with the rest of the relay. */
export interface ClientEntranceComponents {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly counters: RelayCounters;
  readonly pending: PendingConnections;
  readonly registry: ClientRegistry;
  readonly surroundings: ClientSurroundings;
  readonly maxClients: number;
  readonly logAddresses: boolean;
  /** The policy of the moment. */
  access(): AccessPolicy;
  isClosing(): boolean;
}

/** The way in, from TCP connection to served client. */
export interface ClientEntrance {
  onConnection(socket: Socket): void;
  /** A plain request of the connection was answered. */
  onAnswered(socket: Socket): void;
  onUpgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void;
}

/** The entrance of one relay. */
export const clientEntrance = (components: ClientEntranceComponents): ClientEntrance => {
  const { clock, counters, logger, pending, registry } = components;
  const settings = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
    maxBufferedChunks: MAX_MESSAGE_PIECES,
    maxFragments: MAX_MESSAGE_PIECES,
    skipUTF8Validation: true,
    closeTimeout: CLOSE_TIMEOUT_MS,
    handleProtocols: (protocols: ReadonlySet<string>) => subprotocolOf(chooseVersion([...protocols].join(',')) ?? 1),
  };
  const webSockets = new WebSocketServer(settings);

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
    const { random } = components;
    const outcome = await login({ socket, connection, ...fields }, { random, logger, access: components.access() });
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
    const client = new RelayClient(presence, version, socket, connection, components.surroundings);
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
    const fields = loginFieldsOf(request);
    webSockets.handleUpgrade(request, connection, head, (socket) => {
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
  if (pathOf(request) !== RELAY_PATH) {
    return { reason: 'bad-request', status: 404, text: `Relay clients connect to ${RELAY_PATH}.` };
  }
  if (isFull) return { reason: 'too-many-clients', status: 503, text: 'This relay is full. Use another one.' };
  const offered = request.headers['sec-websocket-protocol'];
  if (chooseVersion(offered) === undefined) {
    const text = `This relay speaks ${RELAY_SUBPROTOCOLS.join(' and ')}; offer one of them in Sec-WebSocket-Protocol.`;
    return { reason: 'version', status: 400, text };
  }
  return undefined;
};

const refuseUpgrade = (connection: Duplex, status: number, text: string): void => {
  const body = `${text}\n`;
  // Whoever reset the connection meanwhile needs no answer.
  connection.on('error', () => connection.destroy());
  connection.once('finish', () => connection.destroy());
  connection.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n${status === 503 ? 'Retry-After: 10\r\n' : ''}\r\n${body}`,
  );
};
