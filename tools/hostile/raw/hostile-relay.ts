import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { brandAs, type RelayUrl } from '@bowline/contracts';
import {
  CHALLENGE_BYTES,
  ENDPOINT_KEY_BYTES,
  encodeDatagramToClient,
  encodePing,
  encodeRelayFrame,
  encodeServerChallenge,
  encodeServerConfirmsAuth,
  PING_PAYLOAD_BYTES,
} from '@bowline/relay-protocol';
import { type WebSocket, WebSocketServer } from 'ws';

/** How fast a relay says what nobody asked for. */
const FLOOD_EVERY_MS = 1;
const FRAMES_AT_ONCE = 50;
const SLOW_EVERY_MS = 200;
const HUGE_BYTES = 8 * 1_024 * 1_024;

/** What it does once a device is logged in. */
type Misbehaviour = (socket: WebSocket, line: Socket) => void;

const again = (socket: WebSocket, everyMs: number, say: () => void): void => {
  const timer = setInterval(() => {
    if (socket.readyState === socket.OPEN) say();
    else clearInterval(timer);
  }, everyMs);
};

const flood = (socket: WebSocket, frameOf: () => Uint8Array): void =>
  again(socket, FLOOD_EVERY_MS, () => {
    for (let count = 0; count < FRAMES_AT_ONCE; count += 1) socket.send(frameOf());
  });

const ping = (): Uint8Array => encodePing(randomBytes(PING_PAYLOAD_BYTES));

const inventedDatagram = (): Uint8Array =>
  encodeDatagramToClient({
    endpointKey: randomBytes(ENDPOINT_KEY_BYTES),
    ecn: 0,
    segmentBytes: null,
    contents: randomBytes(1_000),
  });

/** Each at an address of its own. */
const MISBEHAVIOURS: Readonly<Record<string, Misbehaviour>> = {
  'floods with pings': (socket) => flood(socket, ping),
  'asks without reading the answers': (socket, line) => {
    line.pause();
    flood(socket, ping);
  },
  'invents senders': (socket) => flood(socket, inventedDatagram),
  'says one byte at a time': (socket, line) => again(socket, SLOW_EVERY_MS, () => line.write(Buffer.of(0x82))),
  'sends huge frames': (socket) => again(socket, SLOW_EVERY_MS, () => socket.send(Buffer.alloc(HUGE_BYTES, 1))),
  'says that another one took the login': (socket) =>
    again(socket, SLOW_EVERY_MS, () =>
      socket.send(encodeRelayFrame({ type: 'status', health: 'same-endpoint-connected' })),
    ),
  // It reads on, to see that it is left.
  'says nothing any more': () => undefined,
};

/** What happened at hostile relays. */
export interface HostileRelay extends AsyncDisposable {
  /** One for each misbehaviour. */
  readonly urls: readonly RelayUrl[];
  /** How often devices came, by what they met. */
  readonly met: ReadonlyMap<string, number>;
  connectionCount(): number;
  openCount(): number;
  /** Logins that another relay took from it. */
  passedOnCount(): number;
  /** Requests that came to where it sent devices instead. */
  redirectedCount(): number;
}

/** Relays on loopback of one operator, who does his worst. @param homeUrl whose logins it would like to have */
export const hostileRelay = async (homeUrl: string): Promise<HostileRelay> => {
  const met = new Map<string, number>();
  const open = new Set<Duplex>();
  const wings = new Set<Duplex>();
  let connections = 0;
  let passedOn = 0;
  let redirected = 0;

  const inner = createServer((_request, response) => {
    redirected += 1;
    response.end();
  });
  inner.on('upgrade', (_request, line: Duplex) => {
    redirected += 1;
    line.destroy();
  });

  /** Byte by byte: the home relay's challenge, and the device's answer to it. */
  const passOn = (request: IncomingMessage, line: Duplex): void => {
    const home = connect(Number(new URL(homeUrl).port), '127.0.0.1');
    wings.add(home);
    const headers = request.rawHeaders.map((part, at) => (at % 2 === 0 ? `${part}: ` : `${part}\r\n`)).join('');
    home.write(`GET ${request.url} HTTP/1.1\r\n${headers}\r\n`);
    let isUpgraded = false;
    home.on('data', (chunk: Buffer) => {
      // What a relay says after its challenge is a message of its own: two bytes of WebSocket, then the frame's type.
      if (isUpgraded && chunk[2] === encodeServerConfirmsAuth()[0]) passedOn += 1;
      isUpgraded = true;
    });
    home.pipe(line).pipe(home);
    for (const each of [home, line]) {
      each.on('error', () => undefined);
      each.on('close', () => home.destroy());
    }
  };

  const redirect = (line: Duplex): void => {
    const { port } = inner.address() as AddressInfo;
    line.end(`HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:${port}/relay\r\nContent-Length: 0\r\n\r\n`);
  };

  const sockets = new WebSocketServer({ noServer: true, handleProtocols: ([first]) => first ?? false });
  const admit = (request: IncomingMessage, line: Duplex, head: Buffer, misbehave: Misbehaviour): void =>
    sockets.handleUpgrade(request, line, head, (socket) => {
      socket.on('error', () => undefined);
      socket.once('message', () => {
        socket.send(encodeServerConfirmsAuth());
        misbehave(socket, request.socket);
      });
      socket.send(encodeServerChallenge(randomBytes(CHALLENGE_BYTES)));
    });

  const turns: readonly (readonly [string, (request: IncomingMessage, line: Duplex, head: Buffer) => void])[] = [
    ['passes the login on', passOn],
    ['sends it elsewhere', (_request, line) => redirect(line)],
    ...Object.entries(MISBEHAVIOURS).map(
      ([name, misbehave]) =>
        [
          name,
          (request: IncomingMessage, line: Duplex, head: Buffer) => admit(request, line, head, misbehave),
        ] as const,
    ),
  ];

  const serverOf = ([name, meet]: (typeof turns)[number]): Server => {
    const server = createServer((_request, response) => response.end());
    server.on('connection', (socket: Socket) => {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => open.delete(socket));
    });
    server.on('upgrade', (request: IncomingMessage, line: Duplex, head: Buffer) => {
      connections += 1;
      met.set(name, (met.get(name) ?? 0) + 1);
      meet(request, line, head);
    });
    return server;
  };
  const servers = turns.map(serverOf);
  for (const each of [...servers, inner]) {
    each.listen(0, '127.0.0.1');
    await once(each, 'listening');
  }
  return {
    urls: servers.map((server) => brandAs<RelayUrl>(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)),
    met,
    connectionCount: () => connections,
    openCount: () => open.size,
    passedOnCount: () => passedOn,
    redirectedCount: () => redirected,
    [Symbol.asyncDispose]: async () => {
      for (const socket of [...open, ...wings]) socket.destroy();
      for (const each of [...servers, inner]) each.close();
    },
  };
};
