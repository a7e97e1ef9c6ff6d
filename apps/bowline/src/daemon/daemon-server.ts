import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { jsonLinesTransport, serveChannel, type Transport } from '@bowline/channel';
import { type Clock, daemonChannel, errorMessage, type Logger, type Startable } from '@bowline/contracts';
import type { Host } from '@bowline/host';
import { daemonConversation } from './daemon-handlers.ts';

interface ServerComponents {
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Far more than the commands a person runs at once. */
const MAX_CLIENTS = 64;

/** What is made under it is its owner's alone. */
const OWNER_ONLY_UMASK = 0o077;

/** Serves one client over any transport, until it goes. */
export const serveDaemonClient = (host: Host, transport: Transport, { logger, clock }: ServerComponents): void => {
  const conversation = daemonConversation(host);
  const { emit, closed } = serveChannel(daemonChannel, transport, { handlers: conversation.handlers, logger });
  const cancel = host.onAny((event) => emit('told', { atMs: clock.nowMs(), ...event }));
  const end = async () => {
    cancel();
    await conversation.end();
  };
  closed.then(end).catch((error: unknown) => logger.debug({ reason: errorMessage(error) }, 'client left early'));
};

/** Listens for the command line on a socket that only this user can open. The host must be started, and outlive it. */
export const daemonServer = (host: Host, path: string, components: ServerComponents): Startable => {
  const { logger } = components;
  const sockets = new Set<Socket>();
  let server: Server | undefined;

  const onSocket = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', (error) => logger.debug({ reason: error.message }, 'client socket failed'));
    serveDaemonClient(host, jsonLinesTransport(socket, socket), components);
  };

  return {
    start: async () => {
      if (server !== undefined) return;
      // The store's lock says that no other daemon runs here, so whatever lies at the path was left behind.
      rmSync(path, { force: true });
      const created = createServer(onSocket);
      created.maxConnections = MAX_CLIENTS;
      server = created;
      await new Promise<void>((resolve, reject) => {
        created.once('error', reject);
        // The socket appears within this call, and must not be open to others for even a moment.
        const umask = process.umask(OWNER_ONLY_UMASK);
        try {
          created.listen(path, () => resolve());
        } finally {
          process.umask(umask);
        }
      });
      chmodSync(path, 0o600);
    },
    stop: async () => {
      const closing = server;
      server = undefined;
      if (closing === undefined) return;
      const closed = new Promise<void>((resolve) => closing.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
      rmSync(path, { force: true });
    },
  };
};
