import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Cancel, type Clock, errorCode, type Logger, type Random } from '@bowline/contracts';
import { BoundedMap } from '@bowline/limits';
import { CHALLENGE_BYTES, keyOfEndpointId, type RouteKey, routeKeyOf } from '@bowline/relay-protocol';
import { answerProbe, login, MessageWriter, refuseUpgrade, upgradeRefusalOf, webSockets } from '@bowline/relay-socket';
import type { WebSocket } from 'ws';
import { SwitchboardPortTakenError } from './errors.ts';
import { HeldFrames } from './held-frames.ts';
import { LoopbackClient } from './loopback-client.ts';

// An import of `node:http` makes every one of its exports, `fetch` and `WebSocket` with them: 55 ms and 12 MB a process.
const { createServer } = process.getBuiltinModule('node:http');

/**
 * Connections that have not proven a key yet; beyond it the oldest is ended, so that another program on this machine can
 * neither pile them up (each costs about 15 KB) nor keep the endpoint out: at 5,000 new ones a second, more than can be
 * accepted here, an endpoint has 100 ms for a login that takes it 10.
 */
const MAX_UNPROVEN = 512;

/** Time for an endpoint to prove its key, from the first byte of its connection on, milliseconds. */
const LOGIN_TIMEOUT_MS = 5_000;

/**
 * How long a relay whose port is another's waits for its endpoints to leave when it closes, milliseconds. Where that other has
 * died, anybody may have the port by now: an endpoint that lost its login before its process has ended would log in there.
 */
const LEAVE_TIMEOUT_MS = 2_000;

/** The only address the relay is ever bound to. */
const LOOPBACK_ADDRESS = '127.0.0.1';

const DENIED_TEXT = 'This relay serves the endpoints of one device only.';

/** What the loopback relay tells. */
export interface LoopbackRelayEvents {
  /** Whether a proven key is one of this device's. */
  readonly isAdmitted: (key: RouteKey) => boolean;
  readonly datagrams: (from: RouteKey, frame: Buffer) => void;
  readonly dropped: (frame: Uint8Array, peer: RouteKey) => void;
}

export interface LoopbackRelayComponents {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly events: LoopbackRelayEvents;
}

/** The relay this device's own endpoints use: iroh's relay protocol on 127.0.0.1, for admitted keys only. */
export class LoopbackRelay {
  readonly #components: LoopbackRelayComponents;
  readonly #server: Server;
  readonly #upgraded = webSockets();
  readonly #clients = new Map<RouteKey, LoopbackClient>();
  /** For endpoints that are admitted and not logged in: one that restarts is back within half a second. */
  readonly #held = new Map<RouteKey, HeldFrames>();
  /** Connections from accept to login. */
  readonly #unproven = new BoundedMap<Socket, Cancel>(MAX_UNPROVEN, (socket, cancelDeadline) => {
    cancelDeadline();
    socket.destroy();
  });
  readonly #sockets = new Set<WebSocket>();
  /** Challenges of logins under way, to recognize a relay client of ours that has come back to ourselves. */
  readonly #challenges = new Set<string>();

  #onAllLeft: () => void = () => undefined;

  constructor(components: LoopbackRelayComponents) {
    this.#components = components;
    this.#server = createServer(answerPlain);
    this.#server.on('connection', (socket: Socket) => this.#awaitLogin(socket));
    this.#server.on('upgrade', (request: IncomingMessage, line: Duplex, head: Buffer) =>
      this.#upgrade(request, line, head),
    );
  }

  /** Opens the port; 0 lets the system choose. @returns the port @throws {@link SwitchboardPortTakenError} */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void => {
        const isTaken = errorCode(error) === 'EADDRINUSE' || errorCode(error) === 'EACCES';
        reject(isTaken ? new SwitchboardPortTakenError(port, error) : error);
      };
      this.#server.once('error', failed);
      this.#server.listen(port, LOOPBACK_ADDRESS, () => {
        this.#server.off('error', failed);
        this.#server.on('error', (error) =>
          this.#components.logger.warn({ cause: error.message }, 'loopback server error'),
        );
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Serves a connection that somebody else has accepted, paused. */
  accept(connection: Socket): void {
    connection.setNoDelay(true);
    this.#server.emit('connection', connection);
    connection.resume();
  }

  /** Ends every login, where the port is another's once the endpoints had time to leave, and frees an own port. */
  async close(): Promise<void> {
    if (!this.#server.listening) await this.#untilAllLeft();
    for (const client of this.#clients.values()) client.close();
    for (const socket of this.#sockets) socket.terminate();
    for (const socket of this.#unproven.keys()) socket.destroy();
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #untilAllLeft(): Promise<void> {
    if (this.#clients.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#components.clock.setTimer(LEAVE_TIMEOUT_MS, resolve);
      this.#onAllLeft = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Hands a frame from `peer` to the endpoint `key`, or keeps it for the moment the endpoint logs in. */
  deliver(key: RouteKey, frame: Uint8Array, peer: RouteKey): void {
    const client = this.#clients.get(key);
    if (client === undefined) this.#heldFor(key).hold(frame, peer);
    else client.deliver(frame, peer);
  }

  /** Ends the login of a key that is not admitted any more. */
  dismiss(key: RouteKey): void {
    this.#clients.get(key)?.close();
    this.#clients.delete(key);
    this.#held.get(key)?.clear();
    this.#held.delete(key);
  }

  /** Whether this relay issued the challenge a moment ago. */
  isOwnChallenge(challenge: Uint8Array): boolean {
    return this.#challenges.has(challengeName(challenge));
  }

  #awaitLogin(socket: Socket): void {
    const cancelDeadline = this.#components.clock.setTimer(LOGIN_TIMEOUT_MS, () => socket.destroy());
    this.#unproven.set(socket, cancelDeadline);
    socket.once('close', () => this.#endDeadline(socket));
  }

  #endDeadline(socket: Socket): void {
    this.#unproven.get(socket)?.();
    this.#unproven.delete(socket);
  }

  #heldFor(key: RouteKey): HeldFrames {
    const held = this.#held.get(key) ?? new HeldFrames(this.#components.clock, this.#components.events.dropped);
    this.#held.set(key, held);
    return held;
  }

  #upgrade(request: IncomingMessage, line: Duplex, head: Buffer): void {
    const refusal = upgradeRefusalOf(request);
    if (refusal !== undefined) {
      refuseUpgrade(line, refusal.status, refusal.text);
      return;
    }
    this.#upgraded.handleUpgrade(request, line, head, (socket) => {
      this.#sockets.add(socket);
      socket.on('error', (error) => this.#components.logger.debug({ cause: error.message }, 'loopback socket error'));
      socket.on('close', () => this.#sockets.delete(socket));
      // `login` never rejects; what follows throws for mistakes of ours alone.
      this.#serve(socket, request.socket).catch((error: unknown) => {
        this.#components.logger.error({ error }, 'serving an endpoint failed');
        socket.terminate();
      });
    });
  }

  /** @param line what the WebSocket runs on */
  async #serve(socket: WebSocket, line: Socket): Promise<void> {
    const { events, logger, random } = this.#components;
    const challenge = random.bytes(CHALLENGE_BYTES);
    const name = challengeName(challenge);
    this.#challenges.add(name);
    const outcome = await login(
      {
        socket,
        connection: line,
        newChallenge: () => challenge,
        relayHost: undefined,
        proof: undefined,
        token: undefined,
      },
      {
        logger,
        deniedText: DENIED_TEXT,
        isOwnHost: () => false,
        access: ({ endpointId }) =>
          events.isAdmitted(routeKeyOf(keyOfEndpointId(endpointId))) ? undefined : 'not-this-device',
      },
    );
    this.#challenges.delete(name);
    if (!outcome.isAdmitted) return;
    this.#endDeadline(line);
    this.#admit(routeKeyOf(outcome.endpointKey), socket, line);
  }

  /** The newest login of a key is the one in use: an endpoint that restarts leaves an old socket behind for a moment. */
  #admit(key: RouteKey, socket: WebSocket, line: Socket): void {
    const { events } = this.#components;
    const writer = new MessageWriter(line, null);
    const client = new LoopbackClient(
      {
        get bufferedBytes() {
          return writer.bufferedBytes;
        },
        send: (frame, onFlushed) => writer.send(frame, onFlushed),
        close: () => {
          writer.flush();
          socket.close();
        },
      },
      { datagrams: (frame) => events.datagrams(key, frame), dropped: events.dropped },
    );
    this.#clients.get(key)?.close();
    this.#clients.set(key, client);
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) client.receive(data);
      else client.close();
    });
    socket.on('close', () => {
      client.close();
      if (this.#clients.get(key) === client) this.#clients.delete(key);
      if (this.#clients.size === 0) this.#onAllLeft();
    });
    this.#held.get(key)?.release((frame, peer) => client.deliver(frame, peer));
  }
}

const challengeName = (challenge: Uint8Array): string => Buffer.from(challenge).toString('latin1');

const answerPlain = (request: IncomingMessage, response: ServerResponse): void => {
  request.resume();
  if (!answerProbe(request, response)) response.writeHead(404, { 'content-length': 0 }).end();
};
