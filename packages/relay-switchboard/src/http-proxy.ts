import type { Socket } from 'node:net';
import { BeyondProxyError } from './beyond-proxy-error.ts';

/** A proxy that relays are reached through. */
export interface RelayProxy {
  /**
   * `http://[user:password@]host:port` or `socks5://…`; a secret if it holds a password. A name is resolved by the proxy. With
   * any other URL, relays that would need the proxy are not reached, and say so (`proxy`).
   */
  readonly url: string;
  /**
   * Hosts reached without it, as in the variable `NO_PROXY`: `example.org` (with everything below it),
   * `host:port`, `*`. This machine is never reached through a proxy.
   */
  readonly noProxy: readonly string[];
}

/** Longest answer to CONNECT that is read, bytes. */
const MAX_ANSWER_BYTES = 16_384;

/** Whether a URL leads nowhere but to this machine. */
export const isOnThisMachine = ({ hostname }: URL): boolean => {
  const host = hostname.toLowerCase();
  return host === 'localhost' || host.endsWith('.localhost') || /^127(\.\d+){3}$/.test(host) || host === '[::1]';
};

/** Whether a relay is reached through the proxy. */
export const usesProxy = (url: URL, proxy: RelayProxy): boolean => {
  if (isOnThisMachine(url)) return false;
  const host = url.hostname.toLowerCase();
  return !proxy.noProxy.some((entry) => isCovered(host, `${host}:${url.port}`, entry.trim().toLowerCase()));
};

/** Whether a proxy of this kind can be asked. */
export const isSpoken = ({ protocol }: URL): boolean => ['http:', 'socks5:', 'socks5h:'].includes(protocol);

const isCovered = (host: string, hostAndPort: string, entry: string): boolean => {
  if (entry === '*') return true;
  const name = entry.replace(/^\*?\./, '');
  return name !== '' && (host === name || hostAndPort === name || host.endsWith(`.${name}`));
};

/**
 * Asks the proxy behind `socket` for a tunnel to `host:port`. Resolves once the tunnel is open; rejects with the proxy's
 * status, or when the socket ends.
 */
export const openTunnel = (socket: Socket, proxyUrl: URL, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    let answer = '';
    const finish = (error?: Error): void => {
      socket.off('data', read);
      socket.off('error', finish);
      socket.off('close', ended);
      if (error === undefined) resolve();
      else reject(error);
    };
    const ended = (): void => finish(new Error('the proxy closed the connection'));
    const read = (chunk: Buffer): void => {
      answer += chunk.toString('latin1');
      const end = answer.indexOf('\r\n\r\n');
      if (end < 0) {
        if (answer.length > MAX_ANSWER_BYTES) finish(new Error('the proxy answered without end'));
        return;
      }
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1];
      if (status?.startsWith('2') !== true) finish(refusalOf(status ?? 'none'));
      // Nothing may follow the answer yet: the client speaks first, in TLS as in HTTP.
      else if (answer.length > end + 4) finish(new Error('the proxy answers with a page of its own'));
      else finish();
    };
    socket.on('data', read);
    socket.on('error', finish);
    socket.on('close', ended);
    socket.write(connectRequest(proxyUrl, `${host.includes(':') ? `[${host}]` : host}:${port}`));
  });

/** What a proxy answers that could not reach the target: bad gateway and gateway timeout (RFC 9110 sections 15.6.3 and 15.6.5). */
const BEYOND: ReadonlySet<string> = new Set(['502', '504']);

/** Statuses that a person can do something about (RFC 9110 sections 15.5.4 and 15.5.8). */
const REFUSALS: Readonly<Record<string, string>> = {
  '403': 'the proxy does not allow this relay',
  '407': 'the proxy wants a user and a password, or does not take the ones it was given',
};

const refusalOf = (status: string): Error => {
  const text = `${REFUSALS[status] ?? 'the proxy opens no way to the relay'} (status ${status})`;
  return BEYOND.has(status) ? new BeyondProxyError(text) : new Error(text);
};

const connectRequest = (proxyUrl: URL, target: string): string => {
  const lines = [`CONNECT ${target} HTTP/1.1`, `Host: ${target}`];
  if (proxyUrl.username !== '') {
    const login = `${decodeURIComponent(proxyUrl.username)}:${decodeURIComponent(proxyUrl.password)}`;
    lines.push(`Proxy-Authorization: Basic ${Buffer.from(login).toString('base64')}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
};
