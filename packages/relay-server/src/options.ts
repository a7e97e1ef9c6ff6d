import { isIP } from 'node:net';
import { InvalidOptionError, parseEndpointId } from '@bowline/contracts';
import { MAX_OBSERVERS, type ObserverEndpoint } from '@bowline/observe-protocol';
import { relayHostOf } from '@bowline/relay-protocol';
import { type Access, checkAccess } from './access-rules.ts';
import type { ConnectionRate } from './address-allowances.ts';
import { checkWholeNumber } from './check-whole-number.ts';

/** Hosts a relay may be known by. */
const MAX_PUBLIC_HOSTS = 16;

/** Certificate chain and private key, both PEM texts; the key is a secret. */
export interface RelayTls {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** What the relay reads from one client at most: a token bucket. */
export interface ReceiveLimit {
  /** 1,024 to 2^31. */
  readonly bytesPerSecond: number;
  /** Bytes a silent client may send at once, 1,024 to 2^31. */
  readonly burstBytes: number;
}

/** A second, plain HTTP port with `/health` and Prometheus `/metrics`. Never expose it to the internet. */
export interface MonitoringListener {
  readonly bindAddress: string;
  /** 0 asks the system for one. */
  readonly port: number;
}

/** What whoever runs a relay may tune. */
export interface RelayServerOptions {
  /** TCP port, 0 to 65,535; 0 asks the system for one. @defaultValue 3340, the plain HTTP port of `iroh-relay --dev` */
  readonly port: number;
  /**
   * Address to bind. `::` is every interface, IPv4 included (`0.0.0.0` where the machine has no IPv6); `127.0.0.1`
   * keeps the relay on this machine.
   * @defaultValue '::'
   */
  readonly bindAddress: string;
  /** `null` serves plain HTTP: for this machine, a trusted network, or behind a proxy that ends TLS. @defaultValue null */
  readonly tls: RelayTls | null;
  readonly access: Access;
  /** Logins served at once, parked ones included, 1 to 1,000,000. @defaultValue 20000 */
  readonly maxClients: number;
  /**
   * Connections that have not logged in (probes included), 1 to 1,000,000; one more cuts the oldest of them.
   * @defaultValue 4096
   */
  readonly maxPendingConnections: number;
  /** The same from one IPv4 address or one IPv6 /64, 1 to 1,000,000. @defaultValue 128 */
  readonly maxPendingPerAddress: number;
  /**
   * Connections one such address may make, probes included: `perSecond` 1 to 1,000,000, `burst` 1 to 1,000,000. Raise it
   * behind a proxy, whose address all clients share.
   * @defaultValue 50 a second, 500 at once
   */
  readonly connectionRate: ConnectionRate;
  /** Logins with one endpoint id, the parked ones included, 1 to 64; beyond it the oldest is closed. @defaultValue 8 */
  readonly maxLoginsPerEndpoint: number;
  /** Milliseconds from TCP connection to login, 100 to 120,000. iroh-relay allows 30 s. @defaultValue 10000 */
  readonly handshakeTimeoutMs: number;
  /** Milliseconds of silence after which a client is pinged, 100 to 600,000; up to a third more by chance, so that pings spread. @defaultValue 15000, as iroh-relay */
  readonly pingIntervalMs: number;
  /** Milliseconds a pinged client has to say anything, 100 to 120,000. @defaultValue 5000, as iroh-relay */
  readonly pongTimeoutMs: number;
  /** Milliseconds a client may take nothing from a backed-up connection, 100 to 120,000. iroh-relay allows 2 s for one frame. @defaultValue 10000 */
  readonly stallTimeoutMs: number;
  /** Bytes held for a client whose connection is backed up, 65,536 to 2^30. iroh-relay holds 512 frames. @defaultValue 524288 */
  readonly sendQueueBytes: number;
  /** The same for all clients together. @defaultValue 268435456 (256 MiB) */
  readonly totalQueueBytes: number;
  /** `null`: no limit. @defaultValue null */
  readonly receiveLimit: ReceiveLimit | null;
  /** Tell a client that the destination of its datagram is not here (EndpointGone), at most 64 a second. iroh-relay stays silent. @defaultValue true */
  readonly tellAbsent: boolean;
  /** On stop, clients are advised to come back after up to this long, chosen for each by chance, 0 to 600,000 ms. @defaultValue 2000 */
  readonly restartSpreadMs: number;
  /** Milliseconds a stop waits for clients to take the word that the relay stops, 0 to 60,000. @defaultValue 1000 */
  readonly stopTimeoutMs: number;
  /** Write clients' IP addresses to the log. @defaultValue false */
  readonly logAddresses: boolean;
  /** `null`: none. @defaultValue null */
  readonly monitoring: MonitoringListener | null;
  /** Take an access token from `?token=` of the URL, too: what stands there, proxies write to their logs. @defaultValue false */
  readonly tokenInUrl: boolean;
  /**
   * The hosts clients know this relay by, with or without port, 16 at most: a device that was not told to use it, but only
   * that a peer is here, logs in for one of these. Addresses it is reached at directly need not be listed. @defaultValue []
   */
  readonly publicHosts: readonly string[];
  /** What `GET /observer` tells: observers at this host, 4 at most; none: it is not found. @defaultValue [] */
  readonly observers: readonly ObserverEndpoint[];
}

/** The defaults of {@link RelayServerOptions}. */
export const RELAY_SERVER_DEFAULTS: RelayServerOptions = Object.freeze({
  port: 3340,
  bindAddress: '::',
  tls: null,
  access: 'everyone',
  maxClients: 20_000,
  maxPendingConnections: 4_096,
  maxPendingPerAddress: 128,
  connectionRate: Object.freeze({ perSecond: 50, burst: 500 }),
  maxLoginsPerEndpoint: 8,
  handshakeTimeoutMs: 10_000,
  pingIntervalMs: 15_000,
  pongTimeoutMs: 5_000,
  stallTimeoutMs: 10_000,
  sendQueueBytes: 524_288,
  totalQueueBytes: 268_435_456,
  receiveLimit: null,
  tellAbsent: true,
  restartSpreadMs: 2_000,
  stopTimeoutMs: 1_000,
  logAddresses: false,
  monitoring: null,
  tokenInUrl: false,
  publicHosts: Object.freeze([]),
  observers: Object.freeze([]),
});

type NumberField = {
  [K in keyof RelayServerOptions]: RelayServerOptions[K] extends number ? K : never;
}[keyof RelayServerOptions];

const RANGES: Readonly<Record<NumberField, readonly [from: number, to: number]>> = {
  port: [0, 65_535],
  maxClients: [1, 1_000_000],
  maxPendingConnections: [1, 1_000_000],
  maxPendingPerAddress: [1, 1_000_000],
  maxLoginsPerEndpoint: [1, 64],
  handshakeTimeoutMs: [100, 120_000],
  pingIntervalMs: [100, 600_000],
  pongTimeoutMs: [100, 120_000],
  stallTimeoutMs: [100, 120_000],
  sendQueueBytes: [65_536, 2 ** 30],
  totalQueueBytes: [65_536, 2 ** 40],
  restartSpreadMs: [0, 600_000],
  stopTimeoutMs: [0, 60_000],
};

/**
 * Fills in defaults and checks every field.
 * @throws {@link InvalidOptionError}; tokens and keys are never in its message
 */
export const resolveRelayServerOptions = (input: Partial<RelayServerOptions> = {}): Readonly<RelayServerOptions> => {
  const options = { ...RELAY_SERVER_DEFAULTS, ...input };
  for (const [field, [from, to]] of Object.entries(RANGES) as [NumberField, readonly [number, number]][]) {
    checkWholeNumber(field, options[field], from, to);
  }
  checkBindAddress('bindAddress', options.bindAddress);
  checkWholeNumber('connectionRate.perSecond', options.connectionRate.perSecond, 1, 1_000_000);
  checkWholeNumber('connectionRate.burst', options.connectionRate.burst, 1, 1_000_000);
  checkBoolean('tellAbsent', options.tellAbsent);
  checkBoolean('tokenInUrl', options.tokenInUrl);
  checkBoolean('logAddresses', options.logAddresses);
  if (options.monitoring !== null) {
    checkBindAddress('monitoring.bindAddress', options.monitoring.bindAddress);
    checkWholeNumber('monitoring.port', options.monitoring.port, 0, 65_535);
  }
  if (options.receiveLimit !== null) {
    checkWholeNumber('receiveLimit.bytesPerSecond', options.receiveLimit.bytesPerSecond, 1_024, 2 ** 31);
    checkWholeNumber('receiveLimit.burstBytes', options.receiveLimit.burstBytes, 1_024, 2 ** 31);
  }
  if (options.tls !== null) checkTls(options.tls);
  checkObservers(options.observers);
  checkPublicHosts(options.publicHosts);
  checkAccess(options.access);
  return Object.freeze(options);
};

const checkTls = ({ certificatePem, privateKeyPem }: RelayTls): void => {
  if (typeof certificatePem !== 'string' || !certificatePem.includes('-----BEGIN CERTIFICATE-----')) {
    throw new InvalidOptionError('tls.certificatePem', 'must be a PEM certificate chain', 'something else');
  }
  if (typeof privateKeyPem !== 'string' || !/-----BEGIN (?:\w+ )?PRIVATE KEY-----/.test(privateKeyPem)) {
    throw new InvalidOptionError('tls.privateKeyPem', 'must be a PEM private key', 'something else');
  }
};

const checkObservers = (observers: readonly ObserverEndpoint[]): void => {
  if (!Array.isArray(observers) || observers.length > MAX_OBSERVERS) {
    throw new InvalidOptionError('observers', `must hold at most ${MAX_OBSERVERS} observers`, observers.length);
  }
  for (const { endpointId, port } of observers) {
    if (parseEndpointId(endpointId) !== endpointId) {
      throw new InvalidOptionError('observers.endpointId', 'must be an endpoint id', endpointId);
    }
    checkWholeNumber('observers.port', port, 1, 65_535);
  }
};

const checkPublicHosts = (hosts: readonly string[]): void => {
  if (!Array.isArray(hosts) || hosts.length > MAX_PUBLIC_HOSTS) {
    throw new InvalidOptionError('publicHosts', `must hold at most ${MAX_PUBLIC_HOSTS} hosts`, String(hosts));
  }
  for (const host of hosts) {
    if (typeof host === 'string' && relayHostOf(host, 443) !== undefined) continue;
    throw new InvalidOptionError('publicHosts', 'must hold hosts, each with or without a port', String(host));
  }
};

const checkBindAddress = (field: string, address: string): void => {
  if (typeof address !== 'string' || isIP(address) === 0) {
    throw new InvalidOptionError(field, 'must be an IP address', address);
  }
};

const checkBoolean = (field: string, value: boolean): void => {
  if (typeof value !== 'boolean') throw new InvalidOptionError(field, 'must be true or false', value);
};
