import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import * as contracts from '@bowline/contracts';
import { WORKER_NAMES } from '@bowline/host';
import { describe, expect, it } from 'vitest';
import { PROGRAM_FILE } from '../src/program-file.ts';
import { temporaryFolder } from './two-devices.ts';

/** What a worker needs to be told to start; the others start with their defaults. */
const OPTIONS: Readonly<Record<string, () => unknown>> = {
  persistence: () => ({ dataDir: temporaryFolder() }),
  'relay-refresh': () => ({ incarnation: 1 }),
  'discovery-mdns': () => ({ interfaces: ['127.0.0.1'] }),
};

/** The channel a worker of this name speaks: one of its own, or the one that every discovery source speaks. */
const channelOf = (name: string): contracts.ChannelDefinition => {
  const own = Object.values(contracts).find(
    (exported) => typeof exported === 'object' && 'requests' in exported && exported.name === name,
  );
  return (own ?? contracts.discoveryChannel) as contracts.ChannelDefinition;
};

describe('bowline worker', () => {
  it.each(WORKER_NAMES)('runs %s alone, as JSON lines, until its input ends', async (name) => {
    const child = spawn(PROGRAM_FILE, ['worker', name], { stdio: ['pipe', 'pipe', 'ignore'] });
    const lines: Record<string, unknown>[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(JSON.parse(line));
      // A worker may tell something before it answers.
      if ([1, 2].every((id) => lines.some((each) => each.id === id))) child.stdin.end();
    });
    const options = OPTIONS[name]?.() ?? {};
    const { name: channel, version } = channelOf(name);
    const say = (line: object): void => {
      child.stdin.write(`${JSON.stringify(line)}\n`);
    };
    say({ type: 'hello', channel, version, options });
    say({ type: 'request', id: 1, verb: 'describe', input: {} });
    say({ type: 'request', id: 2, verb: 'sing', input: {} });
    const [exitCode] = await once(child, 'close');
    expect(lines).toContainEqual({ type: 'welcome' });
    const verbs = Object.keys(channelOf(name).requests);
    const answer = lines.find(({ id }) => id === 1) as { readonly output: { readonly requests: object } } | undefined;
    expect(Object.keys(answer?.output.requests ?? {})).toEqual(['describe', ...verbs]);
    expect(JSON.stringify(lines.find(({ id }) => id === 2))).toContain(`it has describe, ${verbs[0]}`);
    expect(exitCode).toBe(0);
  });

  it('answers a missing field with its name', async () => {
    const child = spawn(PROGRAM_FILE, ['worker', 'reconnection-scheduler'], { stdio: ['pipe', 'pipe', 'ignore'] });
    const { name: channel, version } = channelOf('reconnection-scheduler');
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stdin.write(`${JSON.stringify({ type: 'hello', channel, version })}\n`);
    child.stdin.write(`${JSON.stringify({ type: 'request', id: 1, verb: 'setPeers', input: { scope: 'all' } })}\n`);
    await answers.next();
    const { value } = await answers.next();
    child.stdin.end();
    expect(JSON.parse(value ?? '')).toMatchObject({
      id: 1,
      error: { code: 'REQUEST_INPUT_INVALID', data: { field: 'input.peers' } },
    });
    await once(child, 'close');
  });

  it('says which workers there are', async () => {
    const child = spawn(PROGRAM_FILE, ['worker', 'nobody'], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const [exitCode] = await once(child, 'close');
    expect(said).toContain('There is no worker "nobody"; there are persistence, ');
    expect(exitCode).toBe(2);
  });
});
