import { isIP } from 'node:net';
import { connect, createServer, type Server, type TLSSocket } from 'node:tls';
import { ipOf, portOf, type SocketAddress, type TcpKey } from '@bowline/contracts';
import { TcpPeerUnknownError } from './errors.ts';

/**
 * TLS 1.3 alone, with the one suite whose hash fits an external key and that processors do by themselves. The key is mixed with
 * a fresh Diffie-Hellman exchange each time (`psk_dhe_ke`, the only mode that OpenSSL offers unless told otherwise): whoever
 * learns it later reads nothing of what was recorded.
 */
const TLS = Object.freeze({
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  ciphers: 'TLS_AES_128_GCM_SHA256',
  ecdhCurve: 'X25519',
} as const);

/** Whether the key was what the two know each other by. Without certificates a session is either of the key, or of nobody. */
const isOfKey = (socket: TLSSocket): boolean =>
  socket.isSessionReused() && Object.keys(socket.getPeerCertificate() ?? {}).length === 0;

/**
 * Dials and proves both ends to each other. Whoever answers without the key is not believed, whatever certificate it may have.
 * @throws TcpPeerUnknownError, and what the system says
 */
export const dialSecurely = (
  address: SocketAddress,
  key: TcpKey,
  { localIps, signal }: { readonly localIps: readonly string[]; readonly signal: AbortSignal },
): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    // A link-local one has a zone, which only sockets of this machine understand.
    const [host, port] = [ipOf(address), portOf(address)];
    const localAddress = localIps.find((each) => isIP(each) === isIP(host));
    const socket = connect({
      ...TLS,
      host,
      port,
      ...(localAddress === undefined ? {} : { localAddress }),
      pskCallback: () => ({ psk: key.secret, identity: key.identity }),
      checkServerIdentity: () => new TcpPeerUnknownError(),
    });
    const onAbort = (): void => void socket.destroy(signal.reason as Error);
    const settle = (): void => signal.removeEventListener('abort', onAbort);
    socket.setNoDelay(true);
    socket.once('secureConnect', () => {
      settle();
      if (isOfKey(socket)) resolve(socket);
      else socket.destroy(new TcpPeerUnknownError());
    });
    // Stays attached: what fails later is the business of whoever has it then, and must not be an uncaught error.
    socket.on('error', reject);
    socket.once('close', () => {
      settle();
      reject(new TcpPeerUnknownError());
    });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });

/** Does the accepting side of handshakes on sockets it is handed; it listens nowhere by itself. */
export const secureServer = (
  keyOf: (identity: string) => TcpKey | undefined,
  handshakeTimeoutMs: number,
  onSecure: (socket: TLSSocket, identity: string) => void,
): Server => {
  const identities = new WeakMap<TLSSocket, string>();
  const server = createServer({
    ...TLS,
    handshakeTimeout: handshakeTimeoutMs,
    pskCallback: (socket, identity) => {
      identities.set(socket, identity);
      return keyOf(identity)?.secret ?? null;
    },
  });
  server.on('secureConnection', (socket) => {
    const identity = identities.get(socket);
    socket.on('error', () => undefined);
    socket.setNoDelay(true);
    if (identity === undefined || !isOfKey(socket)) socket.destroy();
    else onSecure(socket, identity);
  });
  server.on('tlsClientError', (_error, socket) => void socket.destroy());
  return server;
};
