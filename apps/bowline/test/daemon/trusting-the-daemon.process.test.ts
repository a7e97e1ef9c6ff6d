import { spawnSync } from 'node:child_process';
import { realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { childCommand } from '../../src/demo/child-command.ts';
import { PROGRAM_FILE } from '../../src/program-file.ts';
import { temporaryFolder, testDevice } from '../two-devices.ts';

const OPTIONS = ['--relay', 'disabled', '--no-mdns'];

/** Asks a device from a command with another environment. */
const statusThrough = async (dataDir: string, env: readonly string[] = []) => {
  const command = childCommand(['status', '--data-dir', dataDir], env.length === 0 ? [] : ['env', ...env]);
  const lines = await command.allLines();
  return { line: lines[0], exitCode: await command.exitCode() };
};

it('a command finds the daemon of a long data directory with another TMPDIR, and through a link', async () => {
  const folder = temporaryFolder();
  const device = testDevice('deep', OPTIONS, join(folder, 'a-rather-long-name/'.repeat(8)));
  await device.up();
  const link = join(folder, 'link');
  symlinkSync(device.dataDir, link);
  const elsewhere = temporaryFolder();
  for (const [dataDir, env] of [
    [device.dataDir, [`TMPDIR=${elsewhere}`, `XDG_RUNTIME_DIR=${elsewhere}`]],
    [link, []],
    [join(dirname(realpathSync(link)), '..', 'a-rather-long-name', 'deep'), [`TMPDIR=${elsewhere}`]],
  ] as const) {
    const { line, exitCode } = await statusThrough(dataDir, env);
    expect(line).toMatchObject({ device: { name: 'deep' } });
    expect(exitCode).toBe(0);
  }
}, 150_000);

it('what took the daemon’s place hears nothing of a command', async () => {
  const dataDir = temporaryFolder();
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on('data', (data) => {
      heard.push(data.toString());
      socket.write(`{"nonce":"${'0'.repeat(32)}","proof":"${'0'.repeat(64)}"}\n`);
    });
    socket.on('error', () => undefined);
  });
  onTestFinished(() => {
    server.close();
  });
  const path = join(dataDir, 'daemon.sock');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  writeFileSync(join(dataDir, 'daemon.json'), JSON.stringify({ path, secret: 'ab'.repeat(32), pid: 1 }), {
    mode: 0o600,
  });
  const words = 'legal winner thank year wave sausage worth useful legal winner thank yellow';
  const command = childCommand(['join', '-', '--data-dir', dataDir], [], words);
  expect((await command.allLines()).at(-1)).toMatchObject({ error: { code: 'DAEMON_FOREIGN' } });
  expect(heard.join('')).not.toContain('legal');
  expect(await command.exitCode()).toBe(1);
});

const isRoot = process.geteuid?.() === 0;

it.skipIf(!isRoot)(
  'a user without an entry in the password file can use every command (needs root)',
  () => {
    const folder = temporaryFolder();
    const dataDir = join(folder, 'nothing-there');
    const run = (...args: readonly string[]) =>
      spawnSync(process.execPath, [PROGRAM_FILE, ...args], {
        uid: 54_321,
        gid: 54_321,
        cwd: '/',
        env: { PATH: process.env.PATH },
        encoding: 'utf8',
        timeout: 30_000,
      });
    const devices = run('devices', '--data-dir', dataDir, '--json');
    expect(devices.stdout + devices.stderr).not.toContain('uv_os_');
    const served = run('relay', 'serve', '--check', '--json');
    expect(served.stdout + served.stderr).not.toContain('uv_os_');
    expect(served.status).toBe(0);
    const none = run('status', '--json');
    expect(JSON.parse(none.stdout)).toMatchObject({ error: { code: 'NO_DATA_DIR' } });
  },
  150_000,
);
