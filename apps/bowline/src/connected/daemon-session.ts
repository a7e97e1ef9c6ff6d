import {
  ChannelClosedError,
  type ConnectedChannel,
  connectChannel,
  type EventListeners,
  jsonLinesTransport,
} from '@bowline/channel';
import {
  type AppChannel,
  appChannel,
  type Cancel,
  type Clock,
  errorMessage,
  type Logger,
  type Random,
  type RequestInput,
  type RequestName,
  type RequestOptions,
  type RequestOutput,
} from '@bowline/contracts';
import { HostNotRunningError } from '@bowline/host';
import { backoffDelayMs } from '@bowline/limits';
import { connectDaemon } from '../daemon/daemon-connection.ts';
import { inSameRelease } from '../daemon/other-release.ts';
import { DaemonNotRunningError } from '../errors.ts';
import { DaemonGoneError } from './errors.ts';

/** Pauses before the daemon is looked for again: short, since it costs a look at a file. */
const PAUSES = { firstMs: 100, mostMs: 5_000, jitterRatio: 0.5 };

/** One app's conversation with the daemon of a data directory, begun again whenever the daemon was gone. */
export interface DaemonSession {
  /** Rejects with `HOST_NOT_RUNNING` before `start` and after `stop`, with `DAEMON_GONE` while the daemon is, or when it goes. */
  request<R extends RequestName<AppChannel>>(
    name: R,
    input: RequestInput<AppChannel, R>,
    options?: RequestOptions,
  ): Promise<RequestOutput<AppChannel, R>>;
  readonly isStarted: boolean;
  readonly isConnected: boolean;
  /** @throws DAEMON_NOT_RUNNING, DAEMON_FOREIGN, DAEMON_SILENT, DAEMON_OTHER_RELEASE, and what `onUp` rejects with */
  start(): Promise<void>;
  stop(): void;
}

interface DaemonSessionComponents {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly listeners: EventListeners<AppChannel>;
  /** There is a daemon: what must be known of it, and registered with it. The session is connected once it resolves. */
  readonly onUp: (channel: ConnectedChannel<AppChannel>) => Promise<void>;
  /** It is connected, or not any more and why. */
  readonly onChange: (lost: Error | null) => void;
}

export const daemonSession = (dataDir: string, components: DaemonSessionComponents): DaemonSession => {
  const { clock, random, logger, listeners, onUp, onChange } = components;
  let starting: Promise<void> | null = null;
  let isStarted = false;
  let channel: ConnectedChannel<AppChannel> | null = null;
  let lost: Error = new HostNotRunningError();
  let failures = 0;
  let cancelTimer: Cancel = () => undefined;
  /** Grows with each `stop`, so that what began before it is recognized. */
  let run = 0;

  const open = async (): Promise<void> => {
    const ownRun = run;
    const socket = await connectDaemon(dataDir, components);
    if (socket === undefined) throw new DaemonNotRunningError(dataDir);
    const opened = await inSameRelease(dataDir, () =>
      connectChannel(appChannel, jsonLinesTransport(socket, socket), { clock, logger, listeners }),
    );
    try {
      await onUp(opened);
    } catch (error) {
      opened.close();
      throw error;
    }
    if (run !== ownRun) {
      opened.close();
      throw new HostNotRunningError();
    }
    channel = opened;
    failures = 0;
    onChange(null);
    void opened.closed.then((reason) => {
      if (channel !== opened) return;
      channel = null;
      lost = new DaemonGoneError(dataDir, reason);
      onChange(lost);
      openLater();
    });
  };
  const openLater = (): void => {
    failures += 1;
    const [byte = 0] = random.bytes(1);
    cancelTimer = clock.setTimer(backoffDelayMs(PAUSES, failures, byte / 256), () => {
      const ownRun = run;
      open().catch((error: unknown) => {
        if (run !== ownRun) return;
        logger.debug({ reason: errorMessage(error) }, 'daemon not there yet');
        lost = new DaemonGoneError(dataDir, error);
        openLater();
      });
    });
  };

  return {
    request: async (name, input, options) => {
      const asked = channel;
      if (asked === null) throw lost;
      try {
        return await asked.request(name, input, options);
      } catch (error) {
        // An answer of the daemon is none of this class, whatever channel of its own it speaks of.
        if (error instanceof ChannelClosedError) throw isStarted ? new DaemonGoneError(dataDir, error) : lost;
        throw error;
      }
    },
    get isStarted() {
      return isStarted;
    },
    get isConnected() {
      return channel !== null;
    },
    start: async () => {
      starting ??= open();
      try {
        await starting;
        isStarted = true;
      } catch (error) {
        starting = null;
        throw error;
      }
    },
    stop: () => {
      run += 1;
      cancelTimer();
      const ending = channel;
      starting = null;
      isStarted = false;
      channel = null;
      lost = new HostNotRunningError();
      if (ending === null) return;
      ending.close();
      onChange(lost);
    },
  };
};
