import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostStatus } from '@bowline/contracts';
import { onTestFinished } from 'vitest';
import { machineComponents } from '../src/command-context.ts';
import { useDaemon } from '../src/daemon/daemon-client.ts';
import { type ChildCommand, childCommand, type Line } from '../src/demo/child-command.ts';
import { expectDocumented } from './support/documented-output.ts';

const components = machineComponents('error');

const LOOK_AGAIN_MS = 2_000;

/** Everything a device of a test may be started with. All of them stay on this machine. */
export interface TestDevice {
  readonly dataDir: string;
  /** Starts the daemon, with further options if any, and resolves with its `ready` line. */
  up(...options: readonly string[]): Promise<Line>;
  readonly daemon: () => ChildCommand;
  /** Runs a command against the device, and gives all its lines and its exit code. */
  run(...args: readonly string[]): Promise<{ readonly lines: readonly Line[]; readonly exitCode: number }>;
  /** Asks the running daemon, on its socket: far quicker than a command, and the same answer. */
  status(): Promise<HostStatus>;
  /** Resolves once the status fits; it is asked for again whenever the daemon tells an event, and now and then. */
  statusWhere(fits: (status: HostStatus) => boolean): Promise<HostStatus>;
}

/** A folder that goes when the test ends. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** @param within what runs its daemon on a host of a network lab; on this machine, a device binds loopback alone */
export const testDevice = (
  name: string,
  options: readonly string[],
  folder = temporaryFolder(),
  within: readonly string[] = [],
): TestDevice => {
  const dataDir = join(folder, name);
  const common = ['--data-dir', dataDir];
  const bind = within.length === 0 ? ['--bind', '127.0.0.1'] : [];
  const startOptions = ['--name', name, ...bind, ...options];
  let daemon: ChildCommand | undefined;
  onTestFinished(async () => daemon?.end());

  return {
    dataDir,
    daemon: () => {
      if (daemon === undefined) throw new Error(`${name} is not up`);
      return daemon;
    },
    up: async (...further) => {
      daemon = childCommand(['up', ...common, ...startOptions, ...further], within);
      const ready = await daemon.line(({ event }) => event === 'ready');
      expectDocumented(['up'], ready);
      return ready;
    },
    run: async (...args) => {
      const command = childCommand([...args, ...common, ...(daemon === undefined ? startOptions : [])], within);
      const lines = await command.allLines();
      for (const line of lines) expectDocumented(args, line);
      return { lines, exitCode: await command.exitCode() };
    },
    status: async () => {
      await using client = await useDaemon(dataDir, components);
      return await client.channel.request('status', {});
    },
    statusWhere: async (fits) => {
      await using client = await useDaemon(dataDir, components);
      const { promise, resolve, reject } = Promise.withResolvers<HostStatus>();
      const look = async (): Promise<void> => {
        const status = await client.channel.request('status', {});
        if (fits(status)) resolve(status);
      };
      const lookAgain = (): void => {
        look().catch(reject);
      };
      client.channel.on('told', lookAgain);
      // Not everything in it is told, nor is it told what it is once it fits.
      const timer = setInterval(lookAgain, LOOK_AGAIN_MS);
      try {
        await look();
        return await promise;
      } finally {
        clearInterval(timer);
      }
    },
  };
};

/** A relay on loopback that ends with the test. */
export const testRelay = async (
  port = 0,
  options: readonly string[] = [],
): Promise<{ readonly url: string; readonly command: ChildCommand }> => {
  const command = childCommand(['relay', 'serve', '--bind', '127.0.0.1', '--port', String(port), ...options]);
  onTestFinished(() => command.end());
  const { url } = await command.line(({ event }) => event === 'listening');
  return { url: String(url), command };
};

/** Begins pairing on `device` and gives the code; `paired` settles with the last line. */
export const offerCode = async (device: TestDevice, ...options: readonly string[]) => {
  const command = childCommand(['pair', '--data-dir', device.dataDir, ...options]);
  onTestFinished(() => command.end());
  const code = await command.line(({ event }) => event === 'code');
  expectDocumented(['pair'], code);
  return {
    words: String(code.words),
    ticket: String(code.ticket),
    expiresAtMs: Number(code.expiresAtMs),
    sharedTokenUrls: code.sharedTokenUrls,
    at: code.at,
    command,
    ended: async () => {
      const end = await command.line(({ event }) => event === 'paired' || event === 'failed');
      expectDocumented(['pair'], end);
      return end;
    },
  };
};

/** Pairs two running devices with words, and returns the joiner's last line. */
export const pairDevices = async (initiator: TestDevice, joiner: TestDevice): Promise<Line> => {
  const offer = await offerCode(initiator);
  const { lines } = await joiner.run('join', offer.words);
  await offer.ended();
  return lines.at(-1) ?? {};
};

/** Follows the events of a device; asks for nothing it has to wait for before the daemon listens. */
export const followEvents = (device: TestDevice): ChildCommand => {
  const command = childCommand(['events', '--follow', '--data-dir', device.dataDir]);
  onTestFinished(() => command.end());
  return command;
};

export const isConnected = ({ peers }: HostStatus): boolean => peers.some(({ state }) => state === 'connected');
