import type { Socket } from 'node:net';
import { type ConnectedChannel, connectChannel, jsonLinesTransport, memoryTransportPair } from '@bowline/channel';
import { type DaemonChannel, daemonChannel } from '@bowline/contracts';
import type { HostComponents, HostOptions } from '@bowline/host';
import { checkDataDirectory, checkDataDirectoryOwner, makeDataDirectory } from '../data-directory.ts';
import { DaemonNotRunningError, NoDeviceError } from '../errors.ts';
import { connectDaemon } from './daemon-connection.ts';
import { serveDaemonClient } from './daemon-server.ts';
import type { ProofComponents } from './mutual-proof.ts';
import { inSameRelease } from './other-release.ts';
import { whileBusy } from './while-busy.ts';

/** A conversation with the daemon of a data directory. */
export interface DaemonClient extends AsyncDisposable {
  readonly channel: ConnectedChannel<DaemonChannel>;
  /** Whether the daemon was started for this conversation and ends with it. */
  readonly isTemporary: boolean;
}

/** How a conversation may begin where no daemon runs. */
export interface OpenDaemonOptions {
  /** Whether there must be a device already. @defaultValue false */
  readonly isForKnownDevice?: boolean;
  /** Hears that no daemon runs. */
  readonly note?: (text: string) => void;
}

/**
 * Talks to the daemon that owns the data directory, or starts one in this process for as long as the client is open.
 * Another command that has the data directory, or a daemon that is just starting, is waited for.
 *
 * @throws DataDirUnusableError, NoDeviceError, DaemonForeignError, and STORE_LOCKED when the other one stays
 */
export const openDaemon = (
  options: HostOptions,
  components: HostComponents,
  { isForKnownDevice = false, note = () => undefined }: OpenDaemonOptions = {},
): Promise<DaemonClient> => {
  const noteOnce = once(() => note(`No daemon runs for ${options.dataDir}; this device is up for this command alone.`));
  return whileBusy(components.clock, async () => {
    checkDataDirectoryOwner(options.dataDir);
    const socket = await connectDaemon(options.dataDir, components);
    if (socket !== undefined) return clientOf(options.dataDir, socket, components);
    checkDataDirectory(options.dataDir);
    // Loaded only here: a command that finds a daemon needs none of it, and starts in half the time.
    const { hasDevice } = await import('@bowline/host');
    if (isForKnownDevice && !hasDevice(options.dataDir)) throw new NoDeviceError(options.dataDir);
    makeDataDirectory(options.dataDir);
    noteOnce();
    return startTemporaryDaemon(options, components);
  });
};

const once = (work: () => void): (() => void) => {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
};

/** Whether a daemon runs for a data directory. */
export const isDaemonRunning = async (dataDir: string, components: ProofComponents): Promise<boolean> => {
  const socket = await connectDaemon(dataDir, components);
  socket?.destroy();
  return socket !== undefined;
};

/**
 * Talks to a daemon that must be running; where none does, and none could, it is said why.
 *
 * @throws DataDirUnusableError, DaemonNotRunningError
 */
export const useDaemon = async (dataDir: string, components: HostComponents): Promise<DaemonClient> => {
  checkDataDirectoryOwner(dataDir);
  const socket = await connectDaemon(dataDir, components);
  if (socket === undefined) {
    checkDataDirectory(dataDir);
    throw new DaemonNotRunningError(dataDir);
  }
  return clientOf(dataDir, socket, components);
};

/** A daemon that has just proven itself answers in milliseconds, and a busy one in seconds. */
const HANDSHAKE_DEADLINE_MS = 10_000;

/** The conversation on a socket whose other side has proven itself. @throws DaemonOtherReleaseError */
export const clientOf = async (
  dataDir: string,
  socket: Socket,
  { clock, logger }: Pick<HostComponents, 'clock' | 'logger'>,
): Promise<DaemonClient> => {
  const channel = await inSameRelease(dataDir, () =>
    connectChannel(daemonChannel, jsonLinesTransport(socket, socket), {
      clock,
      logger,
      handshakeDeadlineMs: HANDSHAKE_DEADLINE_MS,
    }),
  );
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
