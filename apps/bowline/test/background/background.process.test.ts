import { execFileSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fakeClock, freePort } from '@bowline/testing';
import { expect, it, onTestFinished } from 'vitest';
import { boundDaemonLog, MAX_LOG_BYTES, openDaemonLog } from '../../src/background/daemon-log.ts';
import { childCommand } from '../../src/demo/child-command.ts';
import { expectDocumented } from '../support/documented-output.ts';
import { temporaryFolder } from '../two-devices.ts';

const BIN = fileURLToPath(new URL('../../bin', import.meta.url));
const OPTIONS = ['--relay', 'disabled', '--no-mdns', '--bind', '127.0.0.1'];

const run = async (...args: readonly string[]) => {
  const command = childCommand(args);
  const lines = await command.allLines();
  for (const line of lines) expectDocumented(args, line);
  return { lines, exitCode: await command.exitCode() };
};

/** A socket at a UDP port of loopback. */
const bound = async (port: number): Promise<Socket> => {
  const socket = createSocket('udp4');
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
};

it('a daemon is started in the background, writes a log, is completed for, and is stopped', async () => {
  const dataDir = join(temporaryFolder(), 'device');
  onTestFinished(async () => {
    await run('down', '--data-dir', dataDir);
  });
  const port = await freePort('udp');
  const options = ['--name', 'laptop', '--port', String(port), '--inspector', '0', ...OPTIONS];
  const started = await run('up', '--detach', '--data-dir', dataDir, ...options);
  expect(started.lines.at(-1)).toMatchObject({
    event: 'ready',
    device: { name: 'laptop' },
    inspector: { url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+/) },
  });
  await expect(bound(port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  const { pid } = started.lines.at(-1) as { readonly pid: number };
  const status = await run('status', '--data-dir', dataDir);
  expect(status.lines[0]).toMatchObject({ device: { name: 'laptop' } });
  expect((await run('up', '--detach', '--data-dir', dataDir)).lines.at(-1)).toMatchObject({
    error: { code: 'DAEMON_RUNNING' },
  });
  const { lines } = await run('logs', '--data-dir', dataDir);
  expect(lines[0]).toEqual({ event: 'log', line: expect.stringMatching(/^\d{4}-\d\d-\d\dT\S+Z laptop .* is up/) });
  expect(statSync(join(dataDir, 'daemon.log')).mode & 0o777).toBe(0o600);

  const script = `source <(bowline completion bash); COMP_WORDS=(bowline --data-dir ${dataDir} sta); COMP_CWORD=3; _bowline; echo "\${COMPREPLY[*]}"`;
  const env = { ...process.env, PATH: `${BIN}:${process.env.PATH}` };
  expect(execFileSync('bash', ['-c', script], { env, encoding: 'utf8' })).toBe('status\n');

  expect((await run('down', '--data-dir', dataDir)).lines).toEqual([{ event: 'stopped', pid }]);
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  const again = await run('down', '--data-dir', dataDir);
  expect(again.lines.at(-1)).toMatchObject({ error: { code: 'DAEMON_NOT_RUNNING' } });
  expect(again.exitCode).toBe(3);
}, 150_000);

it('a daemon that cannot start in the background says why', async () => {
  const dataDir = join(temporaryFolder(), 'device');
  const { lines, exitCode } = await run('up', '--detach', '--relay', 'ftp://nope', '--data-dir', dataDir);
  expect(lines.at(-1)).toMatchObject({ error: { message: expect.stringContaining('ftp://nope') } });
  expect(exitCode).not.toBe(0);
});

it('the log is no other file, and is put aside before it grows', async () => {
  const dataDir = temporaryFolder();
  symlinkSync(join(dataDir, 'elsewhere'), join(dataDir, 'daemon.log'));
  expect(() => openDaemonLog(dataDir)).toThrow(expect.objectContaining({ code: 'LOG_UNUSABLE' }));

  const other = temporaryFolder();
  const file = join(other, 'daemon.log');
  const clock = fakeClock();
  onTestFinished(boundDaemonLog(other, clock));
  writeFileSync(file, 'x'.repeat(MAX_LOG_BYTES + 1));
  await clock.advance(60_000);
  expect(readFileSync(file, 'utf8')).toBe('');
  expect(statSync(`${file}.1`).size).toBe(MAX_LOG_BYTES + 1);
  writeFileSync(file, 'y'.repeat(MAX_LOG_BYTES + 2));
  await clock.advance(60_000);
  expect(statSync(`${file}.1`).size).toBe(MAX_LOG_BYTES + 2);
});
