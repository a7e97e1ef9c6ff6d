import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import { brandAs, type Cancel, type Clock, type Logger, type SocketAddress } from '@bowline/contracts';

/** Connections that wait to be looked at, of one address. */
const BACKLOG = 64;

/**
 * Between two tries of one address, milliseconds, doubled each time: an IPv6 address that is new is not to be had until the
 * network was asked whether it is somebody else's, which takes a second or two (RFC 4862, 5.4).
 */
const RETRY_MS = 500;
const MAX_RETRY_MS = 60_000;

/** Listens at exactly the addresses it was told last. */
export interface TcpListeners {
  readonly addresses: readonly SocketAddress[];
  listenAt(ips: readonly string[]): void;
  stop(): Promise<void>;
}

interface TcpListenersComponents {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onConnection: (socket: Socket) => void;
  readonly onChanged: (addresses: readonly SocketAddress[]) => void;
}

/** One server for each address, with a port that the system chooses: nothing is reachable at an address it was not told. */
export const tcpListeners = ({ clock, logger, onConnection, onChanged }: TcpListenersComponents): TcpListeners => {
  const servers = new Map<string, Server>();
  /** Addresses that were not to be had, and are tried again. */
  const retries = new Map<string, Cancel>();

  const addressOf = (ip: string, server: Server): readonly SocketAddress[] => {
    const bound = server.address();
    if (bound === null || typeof bound === 'string') return [];
    return [brandAs<SocketAddress>(isIPv6(ip) ? `[${ip}]:${bound.port}` : `${ip}:${bound.port}`)];
  };
  const addresses = (): readonly SocketAddress[] => [...servers].flatMap(([ip, server]) => addressOf(ip, server));

  const close = (ip: string): Promise<void> => {
    const server = servers.get(ip);
    servers.delete(ip);
    // What it has accepted belongs to others.
    return new Promise((resolve) => {
      if (server === undefined) resolve();
      else server.close(() => resolve());
    });
  };

  const dropRetry = (ip: string): void => {
    retries.get(ip)?.();
    retries.delete(ip);
  };

  const openLater = (ip: string, afterMs: number): void => {
    const onTimer = (): void => {
      retries.delete(ip);
      open(ip, Math.min(2 * afterMs, MAX_RETRY_MS));
    };
    retries.set(ip, clock.setTimer(afterMs, onTimer, { unref: true }));
  };

  const open = (ip: string, retryMs = RETRY_MS): void => {
    const server = createServer({ pauseOnConnect: false });
    servers.set(ip, server);
    server.on('connection', onConnection);
    server.on('error', (error) => {
      // An address that has just come, or gone: the next list is without it.
      logger.debug({ reason: error.message }, 'not listening at an address');
      if (servers.get(ip) !== server) return;
      servers.delete(ip);
      server.close();
      openLater(ip, retryMs);
      onChanged(addresses());
    });
    server.listen({ host: ip, port: 0, backlog: BACKLOG, exclusive: true }, () => {
      if (servers.get(ip) === server) onChanged(addresses());
    });
    server.unref();
  };

  return {
    get addresses() {
      return addresses();
    },
    listenAt: (ips) => {
      for (const ip of [...retries.keys()].filter((each) => !ips.includes(each))) dropRetry(ip);
      const gone = [...servers.keys()].filter((ip) => !ips.includes(ip));
      for (const ip of gone) void close(ip);
      for (const ip of ips) if (!servers.has(ip) && !retries.has(ip)) open(ip);
      if (gone.length > 0) onChanged(addresses());
    },
    stop: async () => {
      for (const ip of [...retries.keys()]) dropRetry(ip);
      await Promise.all([...servers.keys()].map(close));
    },
  };
};
