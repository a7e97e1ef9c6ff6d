import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Clock ticks a second in /proc: the same on every Linux Node runs on. */
const TICKS_PER_SECOND = 100;

const CONNECT_ATTEMPTS = 200;

/** A process under measurement. Linux: the numbers come from /proc, the same for all. */
export interface MeasuredProcess {
  /** CPU time used so far, user and system, microseconds; steps of 10 ms. */
  cpuMicros(): number;
  residentBytes(): number;
  end(): Promise<void>;
}

/** A relay under measurement, in a process of its own. */
export interface RelayProcess extends MeasuredProcess {
  readonly port: number;
}

/**
 * What a process that is a relay and nothing else is started with. The garbage of logins otherwise makes V8's space for
 * young objects grow, and stay, at twice the memory of the clients themselves; forwarding leaves no garbage to speak of.
 */
const NODE_FLAGS = ['--max-semi-space-size=2'];

export const ourRelay = async (): Promise<RelayProcess> => {
  const program = fileURLToPath(new URL('./our-relay.ts', import.meta.url));
  const child = spawn(process.execPath, [...NODE_FLAGS, program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { port: Number(line.toString()), ...measured(child) };
};

/** @param binaryPath an `iroh-relay` built with its `server` feature */
export const referenceRelay = async (binaryPath: string): Promise<RelayProcess> => {
  const directory = mkdtempSync(join(tmpdir(), 'bench-relay-'));
  const port = await freePort();
  const config = join(directory, 'relay.toml');
  writeFileSync(config, `http_bind_addr = "127.0.0.1:${port}"\nenable_metrics = false\n`);
  const child = spawn(binaryPath, ['--dev', '-c', config], {
    stdio: 'ignore',
    env: { ...process.env, RUST_LOG: 'error' },
  });
  await acceptsConnections(port);
  return { port, ...measured(child, () => rmSync(directory, { recursive: true })) };
};

export const measured = (child: ChildProcess, cleanUp: () => void = () => undefined): MeasuredProcess => ({
  cpuMicros: () => {
    // The name in front, in parentheses, may hold anything.
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / TICKS_PER_SECOND;
  },
  residentBytes: () => {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
    return Number(kibibytes) * 1_024;
  },
  end: async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
    cleanUp();
  },
});

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
};

const acceptsConnections = async (port: number): Promise<void> => {
  for (let attempt = 0; attempt < CONNECT_ATTEMPTS; attempt += 1) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      socket.destroy();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`nothing listens on port ${port}`);
};
