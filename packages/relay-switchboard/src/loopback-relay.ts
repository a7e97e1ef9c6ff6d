import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, errorCode, type Logger, type Random } from '@bowline/contracts';
import {
  CHALLENGE_BYTES,
  chooseVersion,
  MAX_FRAME_BYTES,
  NO_CONTENT_CHALLENGE_HEADER,
  NO_CONTENT_PATH,
  NO_CONTENT_RESPONSE_HEADER,
  noContentAnswerTo,
  PING_PATH,
  RELAY_PATH,
  RELAY_SUBPROTOCOLS,
  type RouteKey,
  subprotocolOf,
} from '@bowline/relay-protocol';
import { MessageWriter } from '@bowline/relay-socket';
import { type WebSocket, WebSocketServer } from 'ws';
import { SwitchboardPortTakenError } from './errors.ts';
import { HeldFrames } from './held-frames.ts';
import { LoopbackLogin } from './loopback-login.ts';

/**
 * Sockets that have not proven a key yet; beyond it the oldest is ended, so that another program on this machine can
 * neither pile them up nor keep the endpoint out.
 */
const MAX_UNPROVEN = 64;

/** Time for one HTTP request to arrive, milliseconds. */
const REQUEST_TIMEOUT_MS = 5_000;

/** The only address the relay is ever bound to. */
const LOOPBACK_ADDRESS = '127.0.0.1';

/** What the loopback relay tells. */
export interface LoopbackRelayEvents {
  /** Whether a proven key is one of this device's. */
  readonly isAdmitted: (key: RouteKey) => boolean;
  readonly datagrams: (from: RouteKey, frame: Buffer) => void;
  readonly dropped: (frame: Uint8Array, peer: RouteKey) => void;
}

export interface LoopbackRelayParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly events: LoopbackRelayEvents;
}

/** The relay this device's own endpoints use: iroh's relay protocol on 127.0.0.1, for admitted keys only. */
export class LoopbackRelay {
  readonly #parts: LoopbackRelayParts;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #logins = new Map<RouteKey, LoopbackLogin>();
  /** For endpoints that are admitted and not logged in: one that restarts is back within half a second. */
  readonly #held = new Map<RouteKey, HeldFrames>();
  readonly #unproven = new Set<LoopbackLogin>();
  /** Challenges of logins under way, to recognize a relay client of ours that has come back to ourselves. */
  readonly #challenges = new Set<string>();

  constructor(parts: LoopbackRelayParts) {
    this.#parts = parts;
    this.#server = createServer(
      { headersTimeout: REQUEST_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: 1_000 },
      answerPlain,
    );
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket, head),
    );
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: true,
      perMessageDeflate: false,
      maxPayload: MAX_FRAME_BYTES,
      handleProtocols: (offered) => {
        const version = chooseVersion([...offered].join(','));
        return version === undefined ? false : subprotocolOf(version);
      },
    });
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
        this.#server.on('error', (error) => this.#parts.logger.warn({ cause: error.message }, 'loopback server error'));
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Ends every login and frees the port. */
  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    for (const login of [...this.#unproven, ...this.#logins.values()]) login.close();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Whether an endpoint with this key is logged in. */
  has(key: RouteKey): boolean {
    return this.#logins.has(key);
  }

  /** Hands a frame from `peer` to the endpoint `key`, or keeps it for the moment the endpoint logs in. */
  deliver(key: RouteKey, frame: Uint8Array, peer: RouteKey): void {
    const login = this.#logins.get(key);
    if (login === undefined) this.#heldFor(key).hold(frame, peer);
    else login.deliver(frame, peer);
  }

  /** Ends the login of a key that is not admitted any more. */
  dismiss(key: RouteKey): void {
    this.#logins.get(key)?.close();
    this.#logins.delete(key);
    this.#held.get(key)?.clear();
    this.#held.delete(key);
  }

  /** Whether this relay issued the challenge a moment ago. */
  isOwnChallenge(challenge: Uint8Array): boolean {
    return this.#challenges.has(challengeName(challenge));
  }

  #heldFor(key: RouteKey): HeldFrames {
    const held = this.#held.get(key) ?? new HeldFrames(this.#parts.clock, this.#parts.events.dropped);
    this.#held.set(key, held);
    return held;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#refusalOf(request);
    if (refusal !== null) {
      refuse(socket, ...refusal);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket, socket));
  }

  /** Status and body of the answer to an upgrade that is not for us; `null` for one that is. */
  #refusalOf(request: IncomingMessage): readonly [status: string, body: string] | null {
    if (pathOf(request) !== RELAY_PATH) return ['404 Not Found', ''];
    if (chooseVersion(request.headers['sec-websocket-protocol']) !== undefined) return null;
    return ['400 Bad Request', `This relay speaks ${RELAY_SUBPROTOCOLS.join(' and ')}.\n`];
  }

  /** @param line what the WebSocket runs on */
  #open(socket: WebSocket, line: Duplex): void {
    const { clock, events, random } = this.#parts;
    const challenge = random.bytes(CHALLENGE_BYTES);
    const name = challengeName(challenge);
    this.#challenges.add(name);
    const writer = new MessageWriter(line, null);
    const login: LoopbackLogin = new LoopbackLogin(
      {
        get bufferedBytes() {
          return writer.bufferedBytes;
        },
        send: (frame, onFlushed) => writer.send(frame, onFlushed),
        close: () => {
          writer.flush();
          socket.close();
        },
        terminate: () => socket.terminate(),
      },
      challenge,
      clock,
      {
        proven: (key) => this.#admit(login, key),
        confirmed: (key) => this.#held.get(key)?.release((frame, peer) => login.deliver(frame, peer)),
        datagrams: (frame) => {
          if (login.key !== null) events.datagrams(login.key, frame);
        },
        dropped: events.dropped,
      },
    );
    this.#unproven.add(login);
    for (const oldest of this.#unproven) {
      if (this.#unproven.size <= MAX_UNPROVEN) break;
      this.#unproven.delete(oldest);
      oldest.terminate();
    }
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) login.receive(data);
      else login.close();
    });
    socket.on('error', (error) => this.#parts.logger.debug({ cause: error.message }, 'loopback socket error'));
    socket.on('close', () => {
      this.#challenges.delete(name);
      this.#unproven.delete(login);
      login.close();
      if (login.key !== null && this.#logins.get(login.key) === login) this.#logins.delete(login.key);
    });
  }

  /** The newest login of a key is the one in use: an endpoint that restarts leaves an old socket behind for a moment. */
  #admit(login: LoopbackLogin, key: RouteKey): boolean {
    if (!this.#parts.events.isAdmitted(key)) return false;
    this.#unproven.delete(login);
    this.#logins.get(key)?.close();
    this.#logins.set(key, login);
    return true;
  }
}

const pathOf = (request: IncomingMessage): string | undefined => (request.url ?? '').split('?', 1)[0];

const challengeName = (challenge: Uint8Array): string => Buffer.from(challenge).toString('latin1');

/** iroh measures the relay with `/ping` (any 2xx counts) and asks `/generate_204` to find captive portals. */
const answerPlain = (request: IncomingMessage, response: ServerResponse): void => {
  request.resume();
  const path = pathOf(request);
  if (path === PING_PATH) {
    response.writeHead(200, { 'content-length': 0 }).end();
    return;
  }
  if (path !== NO_CONTENT_PATH) {
    response.writeHead(404, { 'content-length': 0 }).end();
    return;
  }
  const challenge = request.headers[NO_CONTENT_CHALLENGE_HEADER];
  const answer = typeof challenge === 'string' ? noContentAnswerTo(challenge) : undefined;
  response.writeHead(204, answer === undefined ? {} : { [NO_CONTENT_RESPONSE_HEADER]: answer }).end();
};

const refuse = (socket: Duplex, status: string, body: string): void => {
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
};
