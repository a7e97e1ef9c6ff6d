import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import {
  type Clock,
  errorMessage,
  isOfAnotherDevice,
  type Random,
  type RelayDownReason,
  UNAVAILABLE_STATUSES,
} from '@bowline/contracts';
import {
  CLIENT_AUTH_HEADER,
  encodeKeyMaterialAuth,
  endpointKeyOf,
  KEY_MATERIAL_BYTES,
  KEY_MATERIAL_LABEL,
  MAX_FRAME_BYTES,
  RELAY_HOST_HEADER,
  RELAY_PATH,
  RELAY_SUBPROTOCOLS,
  versionOfSubprotocol,
} from '@bowline/relay-protocol';
import { MessageWriter, masksFrom } from '@bowline/relay-socket';
import { WebSocket } from 'ws';
import { isOnThisMachine, type RelayProxy } from './http-proxy.ts';
import { type LocalIps, localIps, plainLocalIp } from './local-ips.ts';
import { hostOf } from './relay-host.ts';
import { openRelayLine, type RelayLine, RelayLineError, type RelayLineOptions } from './relay-line.ts';
import { relayLookup } from './relay-lookup.ts';
import { relayReach } from './relay-reach.ts';
import type { DialRelay, RelayTarget, RelayTransport, RelayTransportEvents } from './relay-transport.ts';
import { type RelayTrust, secureContextFor } from './relay-trust.ts';

/** How relays are reached, and whom to trust. */
export interface RelayDialerOptions extends RelayTrust {
  readonly proxy: RelayProxy | null;
  /** Whether relays that others named may be on this machine. */
  readonly allowsThisMachine: boolean;
}

/** What a dialer works with. */
export interface RelayDialerComponents {
  readonly clock: Clock;
  readonly random: Random;
  /** @defaultValue what the system says */
  readonly localIps?: LocalIps;
}

/** Opens relays over the network: TCP, proxy, TLS where the URL asks for it, WebSocket upgrade. The one place that dials. */
export const relayDialer = (
  options: RelayDialerOptions,
  { clock, random, localIps: ips = localIps }: RelayDialerComponents,
): DialRelay => {
  const lineOptions: RelayLineOptions = {
    lookup: relayLookup(clock),
    mayReach: relayReach(options.allowsThisMachine),
    proxy: options.proxy,
    secureContext: secureContextFor(options),
  };
  const masks = masksFrom(random);
  return (target, events) => new WebSocketTransport(target, events, lineOptions, masks, ips);
};

/** A transport that may still be on its way; ends once, whatever the step it is at. */
class WebSocketTransport implements RelayTransport {
  readonly #events: RelayTransportEvents;
  readonly #line: RelayLine;
  readonly #masks: () => Uint8Array;
  readonly #localIps: LocalIps;
  /** Where it leaves from; `null` before it is reached, and where the system does not tell that address as its own. */
  #localIp: string | null = null;
  /** The addresses of this machine when it was begun, until it is reached: the system does not tell earlier from which it leaves. */
  #ipsAtStart: ReadonlySet<string> | null;
  readonly #isOnThisMachine: boolean;
  #socket: WebSocket | null = null;
  #writer: MessageWriter | null = null;
  #hasEnded: boolean = false;

  constructor(
    target: RelayTarget,
    events: RelayTransportEvents,
    options: RelayLineOptions,
    masks: () => Uint8Array,
    ips: LocalIps,
  ) {
    this.#events = events;
    this.#masks = masks;
    this.#localIps = ips;
    this.#ipsAtStart = ips();
    const url = new URL(target.url);
    this.#isOnThisMachine = isOnThisMachine(url);
    const within = { ...options, mayReach: target.isConfigured ? null : options.mayReach };
    const line = openRelayLine(url, within, () => {
      if (this.#hasEnded) return;
      const ip = plainLocalIp(line.localIp() ?? '');
      if (ips().has(ip)) this.#localIp = ip;
      this.#ipsAtStart = null;
      events.reached();
    });
    this.#line = line;
    line.ready.then(
      (socket) => this.#upgrade(url, socket, target),
      (error: unknown) => this.#end(error instanceof RelayLineError ? error.reason : 'tcp', errorMessage(error)),
    );
  }

  get bufferedBytes(): number {
    return this.#writer?.bufferedBytes ?? 0;
  }

  get isStranded(): boolean {
    const now = this.#localIps();
    if (this.#ipsAtStart !== null) return !isSameSet(this.#ipsAtStart, now);
    return this.#localIp !== null && !now.has(this.#localIp);
  }

  get unreachedReason(): RelayTransport['unreachedReason'] {
    if (this.#isOffNetwork()) return 'noNetwork';
    return this.#line.isLookingUp() ? 'dns' : 'tcp';
  }

  send(frame: Uint8Array, onFlushed?: () => void): void {
    this.#writer?.send(frame, onFlushed);
  }

  terminate(): void {
    this.#hasEnded = true;
    this.#socket?.terminate();
    this.#line.destroy();
  }

  #upgrade(url: URL, line: Socket, target: RelayTarget): void {
    if (this.#hasEnded) {
      line.destroy();
      return;
    }
    const socket = new WebSocket(`ws://${url.host}${RELAY_PATH}`, [...RELAY_SUBPROTOCOLS], {
      createConnection: () => line,
      headers: headersFor(url, line, target),
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
    });
    this.#socket = socket;
    socket.on('unexpected-response', (_request, response) => {
      const status = response.statusCode ?? 0;
      response.resume();
      this.#end(reasonOfStatus(status), `HTTP status ${status}`);
    });
    socket.on('open', () => {
      this.#writer = new MessageWriter(line, this.#masks);
      this.#events.opened(versionOfSubprotocol(socket.protocol) ?? 1);
    });
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (this.#hasEnded) return;
      if (isBinary) this.#events.message(data);
      else this.#end('protocol', 'a text message');
    });
    socket.on('error', (error) => this.#end(reasonOfSocketError(socket, error), error.message));
    socket.on('close', (code) => this.#end('closed', `WebSocket close code ${code}`));
  }

  #end(reason: RelayDownReason, detail: string): void {
    if (this.#hasEnded) return;
    this.terminate();
    this.#events.closed(OF_NO_NETWORK.has(reason) && this.#isOffNetwork() ? 'noNetwork' : reason, detail);
  }

  /** Whether it has not been reached, and cannot be: a relay on this machine needs no network. */
  #isOffNetwork(): boolean {
    return this.#ipsAtStart !== null && !this.#isOnThisMachine && ![...this.#localIps()].some(isOfAnotherDevice);
  }
}

/** What is said of a relay that was not reached, of its name and of a proxy before it, where there is no network. */
const OF_NO_NETWORK: ReadonlySet<RelayDownReason> = new Set(['dns', 'tcp', 'noRoute', 'proxy']);

const isSameSet = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
  one.size === other.size && [...one].every((entry) => other.has(entry));

/** The proof over the TLS session saves the challenge's round trip; a relay that cannot use it sends a challenge. */
const headersFor = (url: URL, line: Socket, target: RelayTarget): Record<string, string> => {
  const headers: Record<string, string> = { Host: url.host };
  if (!target.isConfigured) headers[RELAY_HOST_HEADER] = hostOf(target.url);
  if (target.token !== null) headers.Authorization = `Bearer ${target.token}`;
  if (line instanceof TLSSocket) {
    const endpointKey = Buffer.from(endpointKeyOf(target.secretKey));
    const material = line.exportKeyingMaterial(KEY_MATERIAL_BYTES, KEY_MATERIAL_LABEL, endpointKey);
    headers[CLIENT_AUTH_HEADER] = encodeKeyMaterialAuth(target.secretKey, material);
  }
  return headers;
};

const reasonOfStatus = (status: number): RelayDownReason => {
  if (status === 401 || status === 403) return 'auth';
  if (UNAVAILABLE_STATUSES.has(status)) return 'unavailable';
  return status === 400 || status === 426 ? 'version' : 'http';
};

const reasonOfSocketError = (socket: WebSocket, error: Error): RelayDownReason => {
  if (/subprotocol/.test(error.message)) return 'version';
  return socket.readyState === WebSocket.CONNECTING ? 'http' : 'closed';
};
