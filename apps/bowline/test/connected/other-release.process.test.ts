import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { jsonLinesTransport, serveChannel } from '@bowline/channel';
import { daemonChannel } from '@bowline/contracts';
import { expect, it, onTestFinished } from 'vitest';
import { readDaemonAddress, writeDaemonAddress } from '../../src/daemon/daemon-address.ts';
import { proveToCommand } from '../../src/daemon/mutual-proof.ts';
import { connectHost } from '../../src/index.ts';
import { PROGRAM_FILE } from '../../src/program-file.ts';
import { temporaryFolder } from '../two-devices.ts';
import { components, startDaemon } from './in-process-daemon.ts';

const run = async (...args: readonly string[]) => {
  const child = spawn(PROGRAM_FILE, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, said] = [child.stdout.toArray(), child.stderr.toArray()];
  const [exitCode] = await once(child, 'exit');
  return { exitCode, output: Buffer.concat(await output).toString(), said: Buffer.concat(await said).toString() };
};

it('a daemon of another release is named by every command, with how it is restarted', async () => {
  const dataDir = join(temporaryFolder(), 'laptop');
  await startDaemon(dataDir);
  const address = readDaemonAddress(dataDir);
  if (address === null) throw new Error('there is no daemon');
  const same = await run('status', '--data-dir', dataDir);
  expect([same.exitCode, same.said]).toEqual([0, '']);
  writeDaemonAddress(dataDir, { ...address, version: '9.8.7' });
  const other = await run('status', '--data-dir', dataDir);
  expect(other.exitCode).toBe(0);
  expect(other.said).toContain('is Bowline 9.8.7, and this is 0.0.0.');
  expect(other.said).toContain(`bowline --data-dir ${dataDir} up --detach`);
});

it('one that speaks otherwise is refused in words, and can be stopped nevertheless', async () => {
  const dataDir = temporaryFolder();
  // A process of its own, which a signal may end.
  const sleeper = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
  const ended = once(sleeper, 'exit');
  onTestFinished(() => void sleeper.kill('SIGKILL'));
  const address = { path: join(dataDir, 'd.sock'), secret: 'ab'.repeat(32), pid: sleeper.pid ?? 0, version: '9.8.7' };
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    proveToCommand(socket, address.secret, components()).then(
      () => {
        const definition = { ...daemonChannel, version: 999 };
        serveChannel(definition, jsonLinesTransport(socket, socket), { handlers: {} as never });
      },
      () => socket.destroy(),
    );
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(address.path, resolve));
  writeDaemonAddress(dataDir, address);
  await expect(connectHost({ dataDir }, components()).start()).rejects.toMatchObject({
    code: 'DAEMON_OTHER_RELEASE',
    data: { daemonVersion: '9.8.7' },
  });
  const status = await run('status', '--data-dir', dataDir);
  expect(status.exitCode).toBe(1);
  expect(status.said).toContain('They cannot talk to each other.');
  void ended.then(() => rmSync(address.path, { force: true }));
  expect((await run('down', '--json', '--data-dir', dataDir)).output).toContain('"stopped"');
  expect(await ended).toEqual([null, 'SIGTERM']);
});
