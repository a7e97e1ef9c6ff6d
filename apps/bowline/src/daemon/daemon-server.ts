import { chmodSync, realpathSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { jsonLinesTransport, serveChannel, type Transport } from '@bowline/channel';
import {
  type AppChannel,
  appChannel,
  type ChannelHandlers,
  type Clock,
  type DaemonChannel,
  daemonChannel,
  type Emit,
  errorMessage,
  type Logger,
  type Random,
  type RequestContext,
  type Startable,
} from '@bowline/contracts';
import type { Host } from '@bowline/host';
import { ownVersion } from '../own-version.ts';
import { ownUserId } from '../trust/untrusted-part.ts';
import { appConversation } from './app-conversation.ts';
import { serveByChannel } from './client-by-channel.ts';
import { removeDaemonAddress, writeDaemonAddress } from './daemon-address.ts';
import { type DaemonApps, daemonApps } from './daemon-apps.ts';
import { type DaemonProcess, daemonConversation } from './daemon-handlers.ts';
import { proveToCommand } from './mutual-proof.ts';
import { chooseSocketPath } from './socket-path.ts';

interface ServerComponents {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
}

/** Whose daemon it is, and where this user's sockets may be. */
export interface DaemonPlace extends DaemonProcess {
  readonly dataDir: string;
  /** The system's folder for this user's sockets, if it has one. */
  readonly runtimeDir: string | null;
  /** The folder for everybody's temporary files. */
  readonly temporaryDir: string;
}

const SECRET_BYTES = 32;

const PIPE_NAME_BYTES = 16;

/** Far more than the commands a person runs at once. */
const MAX_CLIENTS = 64;

/** What is made under it is its owner's alone. */
const OWNER_ONLY_UMASK = 0o077;

/** Serves one client over any transport, until it goes. @param daemon left out where the device runs for a command alone */
export const serveDaemonClient = (
  host: Host,
  transport: Transport,
  { logger, clock }: Pick<ServerComponents, 'logger' | 'clock'>,
  daemon?: DaemonProcess,
  apps?: DaemonApps,
): void => {
  const conversation = daemonConversation(host, daemon, (transition) => emit('machine.moved', transition));
  const handlers = apps === undefined ? conversation.handlers : noting(conversation.handlers, apps.noteChange);
  const { emit, closed } = serveChannel(daemonChannel, transport, { handlers, logger });
  const cancel = host.onAny((event) => emit('told', { atMs: clock.nowMs(), ...event }));
  const end = async () => {
    cancel();
    await conversation.end();
  };
  closed.then(end).catch((error: unknown) => logger.debug({ reason: errorMessage(error) }, 'client left early'));
};

/** What commands change that apps look at. */
const CHANGING = [
  'serve',
  'unserve',
  'receive',
  'receiveOff',
  'rename',
  'renameSelf',
  'verify',
  'note',
  'permissions',
  'unpair',
  'block',
  'unblock',
] as const;

const noting = (handlers: ChannelHandlers<DaemonChannel>, note: () => void): ChannelHandlers<DaemonChannel> => ({
  ...handlers,
  ...Object.fromEntries(
    CHANGING.map((verb) => {
      const handle = handlers[verb] as (input: unknown, context: RequestContext) => unknown;
      return [
        verb,
        async (input: unknown, context: RequestContext) => {
          const answer = await handle(input, context);
          note();
          return answer;
        },
      ];
    }),
  ),
});

/** Serves one app over any transport, until it goes. */
export const serveApp = (
  host: Host,
  transport: Transport,
  { logger, clock }: Pick<ServerComponents, 'logger' | 'clock'>,
  apps: DaemonApps,
): void => {
  const tell: Emit<AppChannel> = (event, payload) => served.emit(event, payload);
  const conversation = appConversation({ host, apps, emit: tell, clock });
  const served = serveChannel(appChannel, transport, { handlers: conversation.handlers, logger });
  served.closed
    .then(conversation.end)
    .catch((error: unknown) => logger.debug({ reason: errorMessage(error) }, 'app left early'));
};

/**
 * Listens for the command line and for apps where only this user can open it, and leaves the address in the data directory. The host
 * must be started, and outlive it: its store's lock says that no other daemon runs here.
 */
export const daemonServer = (host: Host, place: DaemonPlace, components: ServerComponents): Startable => {
  const { logger, random } = components;
  const { dataDir } = place;
  const sockets = new Set<Socket>();
  const apps = daemonApps(host);
  let server: Server | undefined;

  const hex = (sizeBytes: number): string => Buffer.from(random.bytes(sizeBytes)).toString('hex');

  const serve = async (socket: Socket, secret: string): Promise<void> => {
    try {
      await proveToCommand(socket, secret, components);
      const serveCommand = (transport: Transport) => serveDaemonClient(host, transport, components, place, apps);
      const serve = { [appChannel.name]: (transport: Transport) => serveApp(host, transport, components, apps) };
      serveByChannel(jsonLinesTransport(socket, socket), serve, serveCommand);
    } catch (error) {
      logger.debug({ reason: errorMessage(error) }, 'client refused');
      socket.destroy();
    }
  };
  const onSocket = (socket: Socket, secret: string): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', (error) => logger.debug({ reason: error.message }, 'client socket failed'));
    void serve(socket, secret);
  };

  return {
    start: async () => {
      if (server !== undefined) return;
      const path = chooseSocketPath({
        ...place,
        dataDir: realpathSync(dataDir),
        platform: process.platform,
        userId: ownUserId(),
        unguessable: hex(PIPE_NAME_BYTES),
      });
      const secret = hex(SECRET_BYTES);
      server = await listen(path, (socket) => onSocket(socket, secret));
      writeDaemonAddress(dataDir, { path, secret, pid: process.pid, version: ownVersion() });
    },
    stop: async () => {
      const closing = server;
      server = undefined;
      if (closing === undefined) return;
      removeDaemonAddress(dataDir);
      const closed = new Promise<void>((resolve) => closing.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};

const listen = async (path: string, onSocket: (socket: Socket) => void): Promise<Server> => {
  const isFile = process.platform !== 'win32';
  // The store's lock says that no other daemon runs here, so whatever lies at the path was left behind.
  if (isFile) rmSync(path, { force: true });
  const created = createServer(onSocket);
  created.maxConnections = MAX_CLIENTS;
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
  if (isFile) chmodSync(path, 0o600);
  return created;
};
