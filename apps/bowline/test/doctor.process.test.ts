import { spawnSync } from 'node:child_process';
import { existsSync, openSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeDaemonAddress } from '../src/daemon/daemon-address.ts';
import { childCommand } from '../src/demo/child-command.ts';
import { expectDocumented } from './support/documented-output.ts';
import { temporaryFolder } from './two-devices.ts';

interface Line {
  readonly event: string;
  readonly name?: string;
  readonly result?: string;
  readonly sentence?: string;
  readonly remedy?: string | null;
  readonly error?: { readonly code: string; readonly message: string };
}

/** What a command prints for a folder, and its exit code. */
const outcomeOf = async (dataDir: string, ...args: readonly string[]) => {
  const command = childCommand([...args, '--data-dir', dataDir]);
  const lines = (await command.allLines()) as never as readonly Line[];
  const checked = (name: string) => lines.find((line) => line.event === 'check' && line.name === name);
  return { lines, checked, exitCode: await command.exitCode() };
};

test('doctor says what keeps a daemon from starting, in the words of the start, and ends where nothing answers', {
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  writeFileSync(at('file'), '');
  const damaged = temporaryFolder();
  writeFileSync(join(damaged, 'store.db'), 'no store'.repeat(1_000));

  // A daemon that is there and says nothing, as one that was stopped.
  const silent = temporaryFolder();
  const path = join(silent, 'daemon.sock');
  const server = createServer((socket) => socket.on('error', () => socket.destroy())).listen(path);
  onTestFinished(() => void server.close());
  writeDaemonAddress(silent, { path, secret: 'a'.repeat(64), pid: process.pid });

  const [unmade, refused, whole, started, hung] = await Promise.all([
    outcomeOf(at('file/below'), 'doctor', '--bundle', at('no/bundle.json')),
    outcomeOf(at('file/below'), 'up'),
    outcomeOf(damaged, 'doctor'),
    outcomeOf(damaged, 'up', '--relay', 'disabled', '--no-mdns'),
    outcomeOf(silent, 'doctor', '--bundle', at('bundle.json')),
  ]);
  for (const { lines } of [unmade, whole, hung]) for (const line of lines) expectDocumented(['doctor'], line as never);
  expect([unmade, refused, whole, started, hung].map(({ exitCode }) => exitCode)).toEqual([1, 2, 1, 1, 1]);

  const { sentence, remedy } = unmade.checked('folder') ?? {};
  expect(`${sentence} ${remedy}`).toBe(refused.lines.at(-1)?.error?.message);
  expect(unmade.lines.at(-1)?.error).toMatchObject({
    code: 'BUNDLE_UNWRITABLE',
    message: expect.stringContaining('its folder is not there'),
  });

  expect(started.lines.at(-1)?.error?.code).toBe('STORE_DAMAGED');
  expect(whole.checked('store')).toMatchObject({ result: 'failed', sentence: started.lines.at(-1)?.error?.message });

  expect(hung.checked('daemon')).toMatchObject({ result: 'failed', remedy: expect.stringContaining(`${process.pid}`) });
  expect(existsSync(at('bundle.json'))).toBe(true);
});

test.skipIf(!existsSync('/dev/full'))(
  'a command whose output is lost on a full disk does not end as if all were well',
  { timeout: 60_000 },
  () => {
    const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, '../src/main.ts'), '--version'], {
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/could not be written: .*no space/),
    });
  },
);

// Only root may take /proc away; CI runs as root.
test.skipIf(process.geteuid?.() !== 0 || process.platform !== 'linux')(
  'the program starts where there is no /proc',
  {
    timeout: 60_000,
  },
  () => {
    const program = join(import.meta.dirname, '../bin/bowline');
    const script = 'mount -t tmpfs none /proc && exec "$0" "$1" --version';
    const { status, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script, process.execPath, program], {
      env: { ...process.env, BOWLINE_PROGRAM: '', PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  },
);
