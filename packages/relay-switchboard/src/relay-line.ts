import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { errorCode, type RelayDownReason } from '@bowline/contracts';

/** A connection to a relay's HTTP server could not be made; `reason` says at which step. */
export class RelayLineError extends Error {
  override readonly name = 'RelayLineError';
  readonly reason: RelayDownReason;

  constructor(reason: RelayDownReason, cause: Error) {
    super(cause.message, { cause });
    this.reason = reason;
  }
}

/** A connection being made; `destroy` ends it at any step. */
export interface RelayLine {
  readonly ready: Promise<Socket>;
  destroy(): void;
}

/** Opens TCP and, for `https:`, TLS to a relay. `ready` rejects with {@link RelayLineError}. */
export const openRelayLine = (url: URL, caCertificates: readonly string[]): RelayLine => {
  const isSecure = url.protocol === 'https:';
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
  const tcp = connectTcp({ host, port, noDelay: true });
  const open = async (): Promise<Socket> => {
    await settled(tcp, 'connect', reasonOfTcpError);
    if (!isSecure) return tcp;
    const tls = connectTls({
      socket: tcp,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 ? { servername: host } : { host }),
      ...(caCertificates.length === 0 ? {} : { ca: [...caCertificates] }),
    });
    await settled(tls, 'secureConnect', () => 'tls');
    return tls;
  };
  return { ready: open(), destroy: () => tcp.destroy() };
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

const reasonOfTcpError = (error: Error): RelayDownReason =>
  /^(ENOTFOUND|EAI_|ENODATA|ESERVFAIL)/.test(errorCode(error) ?? '') ? 'dns' : 'tcp';
