import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** `bowline relay serve` as it is installed, under attack. */
export interface Target {
  readonly port: number;
  readonly url: string;
  readonly process: ChildProcess;
  /** A number of `/metrics`, such as `clients` or `denied_total{reason="signature"}`. */
  metric(name: string): Promise<number>;
  residentBytes(): number;
  end(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('../../../apps/bowline/bin/bowline', import.meta.url));

/** @param limits as in the configuration file; none: what everybody gets */
export const startTarget = async (limits: Readonly<Record<string, unknown>>): Promise<Target> => {
  const folder = mkdtempSync(join(tmpdir(), 'hostile-relay-'));
  const config = join(folder, 'relay.json');
  writeFileSync(config, JSON.stringify({ bind: '127.0.0.1', port: 0, metrics: { port: 0 }, limits }));
  const child = spawn(PROGRAM, ['relay', 'serve', '--json', '--config', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { port, url, metricsPort } = JSON.parse(line) as { port: number; url: string; metricsPort: number };
  return {
    port,
    url,
    process: child,
    metric: async (name) => {
      const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
      const found = text.split('\n').find((each) => each.startsWith(`bowline_relay_${name} `));
      if (found === undefined) throw new Error(`the relay has no metric ${name}`);
      return Number(found.split(' ')[1]);
    },
    residentBytes: () =>
      Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1_024,
    end: async () => {
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
};
