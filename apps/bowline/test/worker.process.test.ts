import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as contracts from '@bowline/contracts';
import { WORKER_NAMES } from '@bowline/host';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './two-devices.ts';

const BOWLINE = fileURLToPath(new URL('../bin/bowline', import.meta.url));

/** What a worker needs to be told to start; the others start with their defaults. */
const OPTIONS: Readonly<Record<string, () => unknown>> = {
  persistence: () => ({ dataDir: temporaryFolder() }),
  'relay-refresh': () => ({ incarnation: 1 }),
  'discovery-mdns': () => ({ interfaces: ['127.0.0.1'] }),
};

/** The channel a worker of this name speaks: one of its own, or the one that every discovery source speaks. */
const channelOf = (name: string): { readonly name: string; readonly version: number } => {
  const own = Object.values(contracts).find(
    (exported) => typeof exported === 'object' && 'requests' in exported && exported.name === name,
  );
  return (own ?? contracts.discoveryChannel) as contracts.ChannelDefinition;
};

describe('bowline worker', () => {
  it.each(WORKER_NAMES)('runs %s alone, as JSON lines, until its input ends', async (name) => {
    const child = spawn(BOWLINE, ['worker', name], { stdio: ['pipe', 'pipe', 'ignore'] });
    const lines: Record<string, unknown>[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(JSON.parse(line));
      if (lines.at(-1)?.type === 'welcome') child.stdin.end();
    });
    const options = OPTIONS[name]?.() ?? {};
    const { name: channel, version } = channelOf(name);
    child.stdin.write(`${JSON.stringify({ type: 'hello', channel, version, options })}\n`);
    const [exitCode] = await once(child, 'close');
    expect(lines).toContainEqual({ type: 'welcome' });
    expect(exitCode).toBe(0);
  });

  it('says which workers there are', async () => {
    const child = spawn(BOWLINE, ['worker', 'nobody'], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const [exitCode] = await once(child, 'close');
    expect(said).toContain('There is no worker "nobody"; there are persistence, ');
    expect(exitCode).toBe(2);
  });
});
