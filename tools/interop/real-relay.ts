import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { LabHost } from '@bowline/testing/network-lab';
import { onTestFinished } from 'vitest';
import type { LabRelay } from '../../apps/bowline/test/lab-devices.ts';
import { temporaryFolder } from '../../apps/bowline/test/two-devices.ts';

/** The port `iroh-relay --dev` uses. */
const LAB_PORT = 3_340;
const START_ATTEMPTS = 200;

/** n0's relay, built by `tools/interop/install-iroh-relay.mjs`. */
const binary = (): string => {
  const path = process.env.IROH_RELAY;
  if (path === undefined) throw new Error('IROH_RELAY is not set: run these tests with `npm run test:interop`');
  return path;
};

/** Until it has ended: the next test may start another on the same port, and would take this one for it. */
const endWithTest = (child: ChildProcess): void => {
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
};

type Spawn = (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess;

const start = (within: Spawn, address: string, port: number, access: string): ChildProcess => {
  const config = join(temporaryFolder(), 'relay.toml');
  writeFileSync(config, `http_bind_addr = "${address}:${port}"\nenable_metrics = false\n${access}`);
  const env = { ...process.env, RUST_LOG: 'error' };
  const child = within(binary(), ['--dev', '-c', config], { stdio: 'ignore', env });
  endWithTest(child);
  return child;
};

/** A certificate with its key. */
export interface RelayCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** n0's relay with TLS on this machine, at the port after `port`, until the test ends. */
export const realTlsRelay = async (
  port: number,
  { certificatePem, privateKeyPem }: RelayCertificate,
  access = '',
): Promise<{ readonly url: string }> => {
  const folder = temporaryFolder();
  const [config, certificate, key] = [join(folder, 'relay.toml'), join(folder, 'cert.pem'), join(folder, 'key.pem')];
  writeFileSync(certificate, certificatePem);
  writeFileSync(key, privateKeyPem);
  const lines = [
    `http_bind_addr = "127.0.0.1:${port}"`,
    'enable_metrics = false',
    access,
    '[tls]',
    'cert_mode = "Manual"',
    `manual_cert_path = "${certificate}"`,
    `manual_key_path = "${key}"`,
    `https_bind_addr = "127.0.0.1:${port + 1}"`,
  ];
  writeFileSync(config, lines.join('\n'));
  const env = { ...process.env, RUST_LOG: 'error' };
  const child = spawn(binary(), ['-c', config], { stdio: 'ignore', env });
  endWithTest(child);
  await until(() => isListening(port + 1));
  return { url: `https://127.0.0.1:${port + 1}/` };
};

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });

const until = async (isUp: () => Promise<boolean>): Promise<void> => {
  for (let attempt = 0; attempt < START_ATTEMPTS; attempt += 1) {
    if (await isUp()) return;
    await pause(50);
  }
  throw new Error('iroh-relay does not answer');
};

/** n0's relay on this machine, until the test ends. */
export const realRelay = async (port: number, access = ''): Promise<{ readonly url: string }> => {
  const url = `http://127.0.0.1:${port}/`;
  start((command, args, options) => spawn(command, [...args], options), '127.0.0.1', port, access);
  await until(async () => (await fetch(`${url}ping`).catch(() => null))?.ok === true);
  return { url };
};

/** n0's relay on a host of a room. */
export const realRelayOn = async (host: LabHost): Promise<LabRelay> => {
  const url = `http://${host.address}:${LAB_PORT}/`;
  let child: ChildProcess;
  const isUp = () =>
    host.run(process.execPath, '-e', `await fetch('${url}ping')`).then(
      () => true,
      () => false,
    );
  const startIt = async (): Promise<void> => {
    child = start(host.spawn, '0.0.0.0', LAB_PORT, '');
    await until(isUp);
  };
  await startIt();
  return {
    url,
    start: startIt,
    kill: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
  };
};
