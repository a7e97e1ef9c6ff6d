import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { ConnectedChannel } from '@bowline/channel';
import type { DaemonChannel } from '@bowline/contracts';
import type { LabHost, Room } from '@bowline/testing/network-lab';
import { onTestFinished } from 'vitest';
import { machineComponents } from '../src/command-context.ts';
import { useDaemon } from '../src/daemon/daemon-client.ts';
import { type ChildCommand, childCommand } from '../src/demo/child-command.ts';
import { isConnected, pairDevices, type TestDevice, temporaryFolder, testDevice } from './two-devices.ts';

/** Ends a room with the test, even with one that timed out, and gives its hosts. */
export const untilTestEnds = <N extends string>(room: Room<N>): Room<N>['hosts'] & { readonly room: Room<N> } => {
  onTestFinished(() => room.dispose());
  return { ...room.hosts, room };
};

/** A device whose daemon runs on a host. */
export const deviceOn = (host: LabHost, options: readonly string[]): TestDevice =>
  testDevice(host.name, options, temporaryFolder(), host.within);

/** Starts two daemons, pairs them with words, and waits until both say that they are connected. */
export const pairedOn = async (
  hosts: readonly [LabHost, LabHost],
  options: readonly string[],
): Promise<readonly [TestDevice, TestDevice]> => {
  const devices = [deviceOn(hosts[0], options), deviceOn(hosts[1], options)] as const;
  await Promise.all(devices.map((device) => device.up()));
  await pairDevices(...devices);
  await Promise.all(devices.map((device) => device.statusWhere(isConnected)));
  return devices;
};

/** A conversation with the daemon of a device, until the test ends. */
export const conversationWith = async (device: TestDevice): Promise<ConnectedChannel<DaemonChannel>> => {
  const client = await useDaemon(device.dataDir, machineComponents('error'));
  onTestFinished(() => client[Symbol.asyncDispose]());
  return client.channel;
};

/** A relay that runs on a host, always on the same port. */
export interface LabRelay {
  readonly url: string;
  start(): Promise<void>;
  /** Waits for the end. */
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
}

const RELAY_PORT = 3_340;

/** @param options further ones of `bowline relay serve` */
export const relayOn = async (host: LabHost, options: readonly string[] = []): Promise<LabRelay> => {
  let command: ChildCommand | undefined;
  const scheme = options.includes('--tls-cert') ? 'https' : 'http';
  const start = async (): Promise<void> => {
    command = childCommand(['relay', 'serve', '--port', String(RELAY_PORT), ...options], host.within);
    await command.line(({ event }) => event === 'listening');
  };
  await start();
  return {
    url: `${scheme}://${isIPv6(host.address) ? `[${host.address}]` : host.address}:${RELAY_PORT}/`,
    start,
    kill: async () => {
      if (command === undefined) return;
      const ended = once(command.process, 'exit');
      command.process.kill('SIGKILL');
      await ended;
    },
    freeze: () => command?.process.kill('SIGSTOP'),
    thaw: () => command?.process.kill('SIGCONT'),
  };
};
