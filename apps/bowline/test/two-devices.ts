import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ChildCommand, childCommand, type Line, runCommand } from '../src/demo/child-command.ts';

/** Everything a device of a test may be started with. All of them stay on this machine. */
export interface TestDevice {
  readonly dataDir: string;
  /** Starts the daemon, and resolves with its `ready` line. */
  up(): Promise<Line>;
  readonly daemon: () => ChildCommand;
  /** Runs a command against the device, and gives all its lines and its exit code. */
  run(...args: readonly string[]): Promise<{ readonly lines: readonly Line[]; readonly exitCode: number }>;
  status(): Promise<DeviceStatus>;
}

export interface DeviceStatus {
  readonly device: { readonly id: string; readonly endpointId: string; readonly name: string };
  readonly relays: readonly { readonly url: string; readonly state: string; readonly rttMs: number | null }[];
  readonly peers: readonly {
    readonly id: string;
    readonly name: string;
    readonly state: string;
    readonly path: string | null;
  }[];
  readonly workers: readonly {
    readonly name: string;
    readonly pid: number | null;
    readonly placement: string;
    readonly state: string;
    readonly restarts: number;
  }[];
}

/** A folder that goes when the test ends. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export const testDevice = (name: string, options: readonly string[], folder = temporaryFolder()): TestDevice => {
  const dataDir = join(folder, name);
  const common = ['--data-dir', dataDir];
  const startOptions = ['--name', name, '--bind', '127.0.0.1', ...options];
  let daemon: ChildCommand | undefined;
  onTestFinished(async () => daemon?.end());

  return {
    dataDir,
    daemon: () => {
      if (daemon === undefined) throw new Error(`${name} is not up`);
      return daemon;
    },
    up: () => {
      daemon = childCommand(['up', ...common, ...startOptions]);
      return daemon.line(({ event }) => event === 'ready');
    },
    run: async (...args) => {
      const command = childCommand([...args, ...common, ...(daemon === undefined ? startOptions : [])]);
      return { lines: await command.allLines(), exitCode: await command.exitCode() };
    },
    status: async () => (await runCommand(['status', ...common], () => true)) as unknown as DeviceStatus,
  };
};

/** A relay on loopback that ends with the test. */
export const testRelay = async (port = 0): Promise<{ readonly url: string; readonly command: ChildCommand }> => {
  const command = childCommand(['relay', 'serve', '--bind', '127.0.0.1', '--port', String(port)]);
  onTestFinished(() => command.end());
  const { url } = await command.line(({ event }) => event === 'listening');
  return { url: String(url), command };
};

/** Begins pairing on `device` and gives the code; `paired` settles with the last line. */
export const offerCode = async (device: TestDevice, ...options: readonly string[]) => {
  const command = childCommand(['pair', '--data-dir', device.dataDir, ...options]);
  onTestFinished(() => command.end());
  const code = await command.line(({ event }) => event === 'code');
  return {
    words: String(code.words),
    ticket: String(code.ticket),
    expiresAt: String(code.expiresAt),
    command,
    ended: () => command.line(({ event }) => event === 'paired' || event === 'failed'),
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

/** Asks again and again, at the pace of the command itself, until the status fits. */
export const statusWhere = async (
  device: TestDevice,
  fits: (status: DeviceStatus) => boolean,
  attempts = 60,
): Promise<DeviceStatus> => {
  let status = await device.status();
  for (let attempt = 1; attempt < attempts && !fits(status); attempt += 1) status = await device.status();
  if (!fits(status)) throw new Error(`the status never fit: ${JSON.stringify(status)}`);
  return status;
};

export const isConnected = ({ peers }: DeviceStatus): boolean => peers.some(({ state }) => state === 'connected');
