import type { Socket } from 'node:net';
import { type ConnectedChannel, connectChannel, jsonLinesTransport, memoryTransportPair } from '@bowline/channel';
import { type DaemonChannel, daemonChannel } from '@bowline/contracts';
import type { HostComponents, HostOptions } from '@bowline/host';
import { DaemonNotRunningError } from '../errors.ts';
import { connectDaemon } from './daemon-connection.ts';
import { serveDaemonClient } from './daemon-server.ts';
import type { ProofComponents } from './mutual-proof.ts';

/** A conversation with the daemon of a data directory. */
export interface DaemonClient extends AsyncDisposable {
  readonly channel: ConnectedChannel<DaemonChannel>;
  /** Whether the daemon was started for this conversation and ends with it. */
  readonly isTemporary: boolean;
}

/** Talks to the daemon that owns the data directory, or starts one in this process for as long as the client is open. */
export const openDaemon = async (options: HostOptions, components: HostComponents): Promise<DaemonClient> => {
  const socket = await connectDaemon(options.dataDir, components);
  return socket === undefined ? startTemporaryDaemon(options, components) : clientOf(socket, components);
};

/** Whether a daemon runs for a data directory. */
export const isDaemonRunning = async (dataDir: string, components: ProofComponents): Promise<boolean> => {
  const socket = await connectDaemon(dataDir, components);
  socket?.destroy();
  return socket !== undefined;
};

/** Talks to a daemon that must be running. @throws DaemonNotRunningError */
export const useDaemon = async (dataDir: string, components: HostComponents): Promise<DaemonClient> => {
  const socket = await connectDaemon(dataDir, components);
  if (socket === undefined) throw new DaemonNotRunningError(dataDir);
  return clientOf(socket, components);
};

const clientOf = async (socket: Socket, { clock, logger }: HostComponents): Promise<DaemonClient> => {
  const channel = await connectChannel(daemonChannel, jsonLinesTransport(socket, socket), { clock, logger });
  return {
    channel,
    isTemporary: false,
    [Symbol.asyncDispose]: async () => {
      channel.close();
      socket.destroy();
    },
  };
};

const startTemporaryDaemon = async (options: HostOptions, components: HostComponents): Promise<DaemonClient> => {
  // Loaded only here: a command that finds a daemon needs none of it, and starts in half the time.
  const { createHost } = await import('@bowline/host');
  const host = createHost(options, components);
  await host.start();
  const [ours, theirs] = memoryTransportPair();
  serveDaemonClient(host, theirs, components);
  const channel = await connectChannel(daemonChannel, ours, components);
  return {
    channel,
    isTemporary: true,
    [Symbol.asyncDispose]: async () => {
      channel.close();
      await host.stop();
    },
  };
};
