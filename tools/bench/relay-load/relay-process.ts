import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RelayTls } from '@bowline/relay-server';

/** Clock ticks a second in /proc: the same on every Linux Node runs on. */
const TICKS_PER_SECOND = 100;

const CONNECT_ATTEMPTS = 200;

/** A relay under measurement, in a process of its own. Linux: the numbers come from /proc, the same for all relays. */
export interface RelayProcess {
  readonly port: number;
  /** CPU time used so far, user and system, microseconds; steps of 10 ms. */
  cpuMicros(): number;
  residentBytes(): number;
  end(): Promise<void>;
}

/** What `bowline` is for whoever installed it: with the flags it starts a relay with. */
const PROGRAM = fileURLToPath(new URL('../../../apps/bowline/bin/bowline', import.meta.url));

/** One machine plays all clients; what one client may send is limited, and never reached: metering is part of what is measured. */
const LIMITS = {
  maxClients: 100_000,
  maxPendingPerAddress: 100_000,
  connectionRate: { perSecond: 1_000_000, burst: 1_000_000 },
  receiveLimit: { bytesPerSecond: 2_000_000_000, burstBytes: 2_000_000_000 },
};

/** `bowline relay serve`, as its users run it. */
export const ourRelay = async (tls: RelayTls | null): Promise<RelayProcess> => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-relay-'));
  const files = tls === null ? null : tlsFilesIn(folder, tls);
  const config = join(folder, 'relay.json');
  writeFileSync(
    config,
    JSON.stringify({
      bind: '127.0.0.1',
      port: 0,
      limits: LIMITS,
      ...(files && { tls: { certificateFile: files.certificate, privateKeyFile: files.key } }),
    }),
  );
  const child = spawn(PROGRAM, ['relay', 'serve', '--json', '--config', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return measured(child, Number((JSON.parse(line) as { port: unknown }).port), folder);
};

/** @param binaryPath an `iroh-relay` built with its `server` feature */
export const referenceRelay = async (binaryPath: string, tls: RelayTls | null): Promise<RelayProcess> => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-relay-'));
  const httpPort = await freePort();
  const lines = [`http_bind_addr = "127.0.0.1:${httpPort}"`, 'enable_metrics = false'];
  let port = httpPort;
  if (tls !== null) {
    const { certificate, key } = tlsFilesIn(folder, tls);
    port = await freePort();
    lines.push('[tls]', 'cert_mode = "Manual"', `manual_cert_path = "${certificate}"`, `manual_key_path = "${key}"`);
    lines.push(`https_bind_addr = "127.0.0.1:${port}"`);
  }
  const config = join(folder, 'relay.toml');
  writeFileSync(config, `${lines.join('\n')}\n`);
  const child = spawn(binaryPath, [...(tls === null ? ['--dev'] : []), '-c', config], {
    stdio: 'ignore',
    env: { ...process.env, RUST_LOG: 'error' },
  });
  await acceptsConnections(port);
  return measured(child, port, folder);
};

const tlsFilesIn = (folder: string, tls: RelayTls): { readonly certificate: string; readonly key: string } => {
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
  writeFileSync(certificate, tls.certificatePem);
  writeFileSync(key, tls.privateKeyPem);
  return { certificate, key };
};

const measured = (child: ChildProcess, port: number, folder: string): RelayProcess => ({
  port,
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
    rmSync(folder, { recursive: true });
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
