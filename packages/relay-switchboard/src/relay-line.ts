import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { errorMessage, type RelayDownReason } from '@bowline/contracts';
import { BeyondProxyError } from './beyond-proxy-error.ts';
import { isSpoken, openTunnel, type RelayProxy, usesProxy } from './http-proxy.ts';
import { OUT_OF_REACH, reasonOfTcpError, reasonOfTlsError } from './relay-line-reasons.ts';
import type { MayReach } from './relay-reach.ts';
import { openSocksTunnel } from './socks-proxy.ts';

/** A connection to a relay's HTTP server could not be made; `reason` says at which step. */
export class RelayLineError extends Error {
  override readonly name = 'RelayLineError';
  readonly reason: RelayDownReason;

  constructor(reason: RelayDownReason, cause: unknown) {
    super(errorMessage(cause), { cause });
    this.reason = reason;
  }
}

/** How relays are reached. */
export interface RelayLineOptions {
  /** Whom to trust for `https:` relays; `null`: Node's default. */
  readonly secureContext: SecureContext | null;
  /** Finds the addresses of a host name. */
  readonly lookup: LookupFunction;
  /** Which addresses may be reached; `null`: all. Through a proxy, which resolves names itself, only addresses in URLs are judged. */
  readonly mayReach: MayReach | null;
  /** `null`: relays are reached directly. */
  readonly proxy: RelayProxy | null;
}

/** A connection being made; `destroy` ends it at any step. */
export interface RelayLine {
  readonly ready: Promise<Socket>;
  /** The address of this machine it leaves from; `null` while that is not known. */
  readonly localIp: () => string | null;
  /** Whether it waits for the address of the relay's own name. */
  readonly isLookingUp: () => boolean;
  destroy(): void;
}

/**
 * Opens TCP, a proxy's tunnel where one is configured and, for `https:`, TLS to a relay. `ready` rejects with {@link RelayLineError}.
 *
 * @param onReached called once TCP is open
 */
export const openRelayLine = (
  url: URL,
  options: RelayLineOptions,
  onReached: () => void = () => undefined,
): RelayLine => {
  const proxyUrl = options.proxy !== null && usesProxy(url, options.proxy) ? new URL(options.proxy.url) : null;
  const { mayReach } = options;
  if (proxyUrl !== null && !isSpoken(proxyUrl)) return impossible('proxy', PROXY_TEXT);
  if (mayReach !== null && isIP(hostAndPort(url).host) !== 0 && !mayReach(hostAndPort(url).host)) {
    return impossible('notConfigured', OUT_OF_REACH_TEXT);
  }
  const lookup = mayReach === null || proxyUrl !== null ? options.lookup : lookupWithin(options.lookup, mayReach);
  const tcp = connectTcp({ ...hostAndPort(proxyUrl ?? url), noDelay: true, lookup });
  let isLookingUp = proxyUrl === null && isIP(hostAndPort(url).host) === 0;
  tcp.once('lookup', () => {
    isLookingUp = false;
  });
  const open = async (): Promise<Socket> => {
    await settled(tcp, 'connect', proxyUrl === null ? reasonOfTcpError : () => 'proxy');
    onReached();
    if (proxyUrl !== null) await tunnelTo(url, tcp, proxyUrl);
    return url.protocol === 'https:' ? await secured(url, tcp, options.secureContext) : tcp;
  };
  return {
    ready: open(),
    localIp: () => tcp.localAddress ?? null,
    isLookingUp: () => isLookingUp,
    destroy: () => tcp.destroy(),
  };
};

const OUT_OF_REACH_TEXT = 'its address may be used only if the relay is configured on this device';

const PROXY_TEXT = 'the proxy is neither an http: nor a socks5: URL';

const impossible = (reason: RelayDownReason, text: string): RelayLine => {
  const ready = Promise.reject(new RelayLineError(reason, new Error(text)));
  return { ready, localIp: () => null, isLookingUp: () => false, destroy: () => undefined };
};

/** Judges every address each time it is resolved: a name may lead elsewhere the next time. */
const lookupWithin =
  (lookup: LookupFunction, mayReach: MayReach): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      const addresses = Array.isArray(found) ? found : [];
      const within = addresses.filter(({ address }) => mayReach(address));
      const [first] = within;
      if (error !== null) callback(error, '', 0);
      else if (first === undefined) {
        callback(Object.assign(new Error(OUT_OF_REACH_TEXT), { code: OUT_OF_REACH }), '', 0);
      } else if (options.all === true) callback(null, within);
      else callback(null, first.address, first.family);
    });
  };

/** Of relays and of proxies (SOCKS: IANA). */
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'socks5:': 1_080,
  'socks5h:': 1_080,
};

const hostAndPort = (url: URL): { readonly host: string; readonly port: number } => ({
  host: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
  port: url.port === '' ? (DEFAULT_PORTS[url.protocol] ?? 80) : Number(url.port),
});

const tunnelTo = async (url: URL, tcp: Socket, proxyUrl: URL): Promise<void> => {
  const { host, port } = hostAndPort(url);
  const ask = proxyUrl.protocol === 'http:' ? openTunnel : openSocksTunnel;
  try {
    await ask(tcp, proxyUrl, host, port);
  } catch (error) {
    throw new RelayLineError(error instanceof BeyondProxyError ? 'tcp' : 'proxy', error);
  }
};

const secured = async (url: URL, tcp: Socket, secureContext: SecureContext | null): Promise<Socket> => {
  const { host } = hostAndPort(url);
  const tls = connectTls({
    socket: tcp,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(host) === 0 ? { servername: host } : { host }),
    ...(secureContext === null ? {} : { secureContext }),
  });
  await settled(tls, 'secureConnect', reasonOfTlsError);
  return tls;
};

/** Resolves with `event`, rejects with the first error or an early end. */
const settled = (
  socket: Socket,
  event: 'connect' | 'secureConnect',
  reasonOf: (error: Error) => RelayDownReason,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      socket.off('close', ended);
      reject(new RelayLineError(reasonOf(error), error));
    };
    const ended = (): void => failed(new Error('the connection was closed before it was ready'));
    socket.once('error', failed);
    socket.once('close', ended);
    socket.once(event, () => {
      socket.off('error', failed);
      socket.off('close', ended);
      resolve();
    });
  });
