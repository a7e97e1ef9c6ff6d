import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { serveWorkerOnJsonLines } from '@bowline/supervisor';
import { memoryLogger } from '@bowline/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { echoWorker } from './fixtures/echo-worker-definition.ts';

const HELLO = { type: 'hello', channel: 'echo', version: 1, options: { prefix: '> ' } };

interface Shell {
  readonly child: ChildProcess;
  readonly say: (line: unknown) => void;
  readonly next: () => Promise<Record<string, unknown>>;
  /** Resolves with the exit code and everything that was logged. */
  readonly exited: Promise<{ readonly code: number | null; readonly log: string }>;
}

const children: ChildProcess[] = [];

const shell = (): Shell => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./fixtures/echo-worker.ts', import.meta.url))]);
  children.push(child);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  return {
    child,
    say: (line) => child.stdin.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`),
    next: async () => JSON.parse((await lines.next()).value ?? 'null'),
    exited: once(child, 'close').then(([code]) => ({ code, log })),
  };
};

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe('a worker in a shell', () => {
  test('answers line by line, survives nonsense, and ends with its input', async () => {
    const { child, say, next, exited } = shell();
    say('what is this?');
    expect(await next()).toMatchObject({ type: 'failure', id: null, error: { code: 'CHANNEL_BAD_MESSAGE' } });
    say(HELLO);
    expect(await next()).toEqual({ type: 'welcome' });
    say({ type: 'request', id: 1, verb: 'echo', input: { text: 'hi' } });
    expect(await next()).toEqual({ type: 'result', id: 1, output: { text: '> hi' } });
    say({ type: 'request', id: 2, verb: 'hang', input: {} });
    say({ type: 'request', id: 3, verb: 'tell', input: { text: 'x' } });
    expect(await next()).toEqual({ type: 'event', event: 'echo.told', payload: { text: 'x' } });
    expect(await next()).toEqual({ type: 'result', id: 3 });
    say({ type: 'cancel', id: 2 });
    expect(await next()).toEqual({ type: 'event', event: 'echo.told', payload: { text: 'hang was aborted' } });
    child.stdin?.end();
    expect(await exited).toEqual({ code: 0, log: '' });
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('ends with code 0 on %s', async (signal) => {
    const { child, say, next, exited } = shell();
    say(HELLO);
    await next();
    child.kill(signal);
    expect(await next()).toEqual({ type: 'bye', reason: `${signal} was received` });
    expect((await exited).code).toBe(0);
  });

  test('logs to stderr at the level of the hello', async () => {
    const { child, say, next, exited } = shell();
    say({ ...HELLO, logLevel: 'debug' });
    await next();
    child.stdin?.end();
    const { log } = await exited;
    expect(log).toContain('"message":"echo started"');
    expect(log).toContain('"component":"echo"');
  });

  test('refuses another version and ends with code 1', async () => {
    const { say, next, exited } = shell();
    say({ ...HELLO, version: 9 });
    expect(await next()).toMatchObject({ type: 'refused', error: { code: 'CHANNEL_VERSION_MISMATCH' } });
    expect((await exited).code).toBe(1);
  });

  test('refuses when its actor does not start, and ends with code 1', async () => {
    const { say, next, exited } = shell();
    say({ ...HELLO, options: { failStart: true } });
    expect(await next()).toMatchObject({ type: 'refused', error: { code: 'ECHO_BROKEN' } });
    expect((await exited).code).toBe(1);
  });

  test('logs an error nobody caught and ends with code 1', async () => {
    const { say, exited } = shell();
    say(HELLO);
    say({ type: 'request', id: 1, verb: 'crash', input: {} });
    const { code, log } = await exited;
    expect(code).toBe(1);
    expect(log).toContain('a bug');
  });

  test('that leaves something open is ended all the same, and tells it', async () => {
    const { child, say, next, exited } = shell();
    say({ ...HELLO, options: { leakTimer: true } });
    await next();
    child.stdin?.end();
    const { code, log } = await exited;
    expect(code).toBe(0);
    expect(log).toContain('worker left something open');
  });
});

describe('a worker on JSON lines within this process', () => {
  test('is served and stopped', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const served = serveWorkerOnJsonLines(echoWorker, { input, output, logger: memoryLogger() });
    const lines = createInterface(output)[Symbol.asyncIterator]();
    input.write(`${JSON.stringify(HELLO)}\n`);
    expect((await lines.next()).value).toBe('{"type":"welcome"}');
    served.stop('enough');
    expect((await lines.next()).value).toBe('{"type":"bye","reason":"enough"}');
    expect(await served.ended).toEqual({ reason: 'enough', failure: undefined });
  });
});
