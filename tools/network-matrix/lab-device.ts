import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ConnectedChannel } from '@bowline/channel';
import type { DaemonChannel, HostEvent, HostStatus } from '@bowline/contracts';
import type { LabHost } from '@bowline/testing/network-lab';
import { machineComponents } from '../../apps/bowline/src/command-context.ts';
import { type DaemonClient, useDaemon } from '../../apps/bowline/src/daemon/daemon-client.ts';
import { type ChildCommand, childCommand } from '../../apps/bowline/src/demo/child-command.ts';
import { within } from './deadline.ts';
import type { LabTimeline } from './lab-timeline.ts';

/** A real daemon on a host of a lab, spoken to by its socket. */
export interface LabDevice extends AsyncDisposable {
  readonly host: LabHost;
  /** Its name among the other's devices. */
  readonly name: string;
  readonly dataDir: string;
  /** Starts the daemon; resolves once it serves commands and this program listens to it. */
  start(): Promise<void>;
  /** Ends every process of the host at once, without a word. */
  kill(): Promise<void>;
  readonly channel: () => ConnectedChannel<DaemonChannel>;
  /** Whether there is a daemon to speak to. */
  readonly isUp: () => boolean;
  /** Resolves once the status fits; looks again at whatever the daemon tells. */
  statusWhere(fits: (status: HostStatus) => boolean, what: string): Promise<HostStatus>;
  /** Hears all that this daemon, and those started after it, tell. */
  readonly onTold: (listener: (event: HostEvent) => void) => () => void;
}

export interface LabDeviceSetup {
  readonly host: LabHost;
  readonly folder: string;
  readonly options: readonly string[];
  readonly timeline: LabTimeline;
  /** Put before the program, such as `env NAME=value`. */
  readonly environment: readonly string[];
}

/** A daemon that takes longer than this to start, on however busy a machine, does not. */
const START_LIMIT_MS = 60_000;

const STATUS_LIMIT_MS = 120_000;

/** A daemon that was stopped for a while may be asked before it tells anything: it is asked again. */
const LOOK_EVERY_MS = 1_000;

const components = machineComponents('error');

export const labDevice = ({ host, folder, options, timeline, environment }: LabDeviceSetup): LabDevice => {
  const { name } = host;
  const dataDir = join(folder, name);
  const listeners = new Set<(event: HostEvent) => void>();
  let daemon: ChildCommand | null = null;
  let client: DaemonClient | null = null;

  const channel = (): ConnectedChannel<DaemonChannel> => {
    if (client === null) throw new Error(`${name} is not up`);
    return client.channel;
  };
  const hear = (event: HostEvent): void => {
    timeline.note(name, JSON.stringify(event));
    for (const listener of [...listeners]) listener(event);
  };
  const forget = async (): Promise<void> => {
    const left = client;
    client = null;
    try {
      await left?.[Symbol.asyncDispose]();
    } catch {
      // Its daemon has ended already.
    }
  };
  return {
    host,
    name,
    dataDir,
    channel,
    isUp: () => client !== null,
    onTold: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    start: async () => {
      timeline.note(name, 'starts');
      daemon = childCommand(
        ['up', '--data-dir', dataDir, '--name', name, ...options],
        [...host.within, ...environment],
      );
      const { stderr } = daemon.process;
      if (stderr !== null) createInterface({ input: stderr }).on('line', (line) => timeline.note(`${name} log`, line));
      await within(
        START_LIMIT_MS,
        `${name} to be ready`,
        daemon.line(({ event }) => event === 'ready'),
      );
      client = await useDaemon(dataDir, components);
      client.channel.on('told', hear);
      timeline.note(name, 'is ready');
    },
    kill: async () => {
      timeline.note(name, 'is killed');
      await host.signalAll('SIGKILL');
      await daemon?.exitCode();
      await forget();
    },
    statusWhere: async (fits, what) => {
      const { promise, resolve, reject } = Promise.withResolvers<HostStatus>();
      const look = (): void => {
        channel()
          .request('status', {})
          .then((status) => {
            if (fits(status)) resolve(status);
          })
          .catch(reject);
      };
      const stop = channel().on('told', look);
      const timer = setInterval(look, LOOK_EVERY_MS);
      try {
        look();
        return await within(STATUS_LIMIT_MS, `${name} to see ${what}`, promise);
      } finally {
        clearInterval(timer);
        stop();
      }
    },
    [Symbol.asyncDispose]: async () => {
      await forget();
      await daemon?.end();
    },
  };
};
