import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startSession, type TestSession } from '../../../../packages/persistence/test/support/secret-service.ts';
import { type ChildCommand, childCommand, type Line } from '../../src/demo/child-command.ts';
import { PROGRAM_FILE } from '../../src/program-file.ts';
import { expectDocumented } from '../support/documented-output.ts';
import { temporaryFolder } from '../two-devices.ts';

const OPTIONS = ['--name', 'laptop', '--relay', 'disabled', '--no-mdns', '--bind', '127.0.0.1'];
const PASSPHRASE = 'correct horse battery staple';
const OTHER_PASSPHRASE = 'troubador & 3, 4 or 5';

/** What starts a command with files at descriptors 3 and 4, as a service's manager does. */
const withDescriptors = (...files: readonly string[]): readonly string[] => [
  'bash',
  '-c',
  `exec "$@" ${files.map((file, index) => `${index + 3}< ${file}`).join(' ')}`,
  'with-descriptors',
];

interface Ran {
  readonly lines: readonly Line[];
  readonly last: Line;
  readonly exitCode: number;
}

const run = async (args: readonly string[], within: readonly string[] = []): Promise<Ran> => {
  const command = childCommand(args, within);
  const lines = await command.allLines();
  for (const line of lines) expectDocumented(args, line);
  return { lines, last: lines.at(-1) ?? {}, exitCode: await command.exitCode() };
};

const up = async (
  dataDir: string,
  options: readonly string[] = [],
  within: readonly string[] = [],
): Promise<{ readonly command: ChildCommand; readonly ready: Line }> => {
  const command = childCommand(['up', '--data-dir', dataDir, ...OPTIONS, ...options], within);
  onTestFinished(() => command.end());
  const ready = await command.line(({ event }) => event === 'ready');
  expectDocumented(['up'], ready);
  return { command, ready };
};

/** What the system says of a process; nothing of one that has ended, which a program that was asked something may have. */
const saidOf = (pid: number, what: string): Buffer | null => {
  try {
    return readFileSync(`/proc/${pid}/${what}`);
  } catch {
    return null;
  }
};

/** A process and all that it started. */
const processesOf = (pid: number): readonly number[] => {
  const children = String(saidOf(pid, `task/${pid}/children`) ?? '');
  return [pid, ...children.split(' ').filter(Boolean).map(Number).flatMap(processesOf)];
};

const secretFile = (passphrase: string): string => {
  const file = join(temporaryFolder(), 'passphrase');
  writeFileSync(file, `${passphrase}\n`);
  chmodSync(file, 0o600);
  return file;
};

describe.skipIf(process.platform !== 'linux')('a device in a session with a keychain', () => {
  let session: TestSession;
  beforeAll(async () => {
    session = await startSession();
  });
  afterAll(() => session.end());

  it('keeps its key there, says so, leaves no memory in core dumps, and does not start while it is locked', {
    timeout: 120_000,
  }, async () => {
    const dataDir = join(temporaryFolder(), 'device');
    const within = ['env', '--unset=BOWLINE_KEY', `DBUS_SESSION_BUS_ADDRESS=${session.bus}`];
    const { command, ready } = await up(dataDir, [], within);
    expect(ready).toMatchObject({ store: { key: 'keychain', problem: null } });
    const { last: status } = await run(['status', '--data-dir', dataDir]);
    expect(status).toMatchObject({ store: { key: 'keychain', problem: null } });
    // Host with the store, endpoint and switchboard: all that hold keys.
    const filters = processesOf(Number(ready.pid)).flatMap((pid) => saidOf(pid, 'coredump_filter') ?? []);
    expect(filters.length).toBeGreaterThanOrEqual(3);
    expect(filters.map((filter) => String(filter).trim())).toEqual(filters.map(() => '00000000'));
    await command.end();
    expect((await run(['key', 'show', '--data-dir', dataDir])).last).toEqual({ event: 'key', key: 'keychain' });
    // Where there is no keychain, as in a copy on another machine.
    const away = await run(['up', '--data-dir', dataDir, ...OPTIONS]);
    expect(away.last).toMatchObject({ error: { code: 'KEYCHAIN_UNAVAILABLE' } });
    for (const key of ['file', 'keychain']) {
      const changed = await run(['key', key, '--data-dir', dataDir], within);
      expect(changed.last).toMatchObject({ event: 'keyChanged', key });
    }
    const service = await run(['service', 'install', '--data-dir', dataDir]);
    expect(service.last).toMatchObject({
      error: { code: 'KEY_NEEDS_LOGIN', message: expect.stringContaining('bowline key file') },
    });
    expect(service.exitCode).toBe(4);

    await session.lock();
    const locked = await run(['up', '--data-dir', dataDir, ...OPTIONS], within);
    expect(locked.last).toMatchObject({ error: { code: 'KEYCHAIN_LOCKED' } });
    expect(locked.exitCode).toBe(6);
    // What runs unattended waits for it instead.
    const [program = '', ...rest] = [
      ...within,
      process.execPath,
      PROGRAM_FILE,
      'up',
      '--logged',
      '--data-dir',
      dataDir,
    ];
    const waiting = spawn(program, [...rest, ...OPTIONS], { stdio: ['ignore', 'pipe', 'pipe'] });
    const over = once(waiting, 'close');
    onTestFinished(async () => {
      waiting.kill();
      await over;
    });
    let said = '';
    for (const output of [waiting.stdout, waiting.stderr]) {
      output.on('data', (chunk) => {
        said += chunk;
      });
    }
    await vi.waitFor(() => expect(said).toContain('Waiting for it.'), 30_000);
    await session.unlock();
    await vi.waitFor(() => expect(said).toContain('is up'), 30_000);
    expect((await run(['status', '--data-dir', dataDir])).last).toMatchObject({ store: { key: 'keychain' } });
  });
});

describe('a device with a passphrase', () => {
  it('opens by a descriptor, changes it and its way, and shows it to nobody', { timeout: 120_000 }, async () => {
    vi.stubEnv('BOWLINE_LOG', 'trace');
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const dataDir = join(temporaryFolder(), 'device');
    const at = ['--data-dir', dataDir];
    const [first, second] = [secretFile(PASSPHRASE), secretFile(OTHER_PASSPHRASE)];
    const recorded: Buffer[] = [];
    const byFirst = ['--passphrase-fd', '3'];
    const { command, ready } = await up(dataDir, ['--key', 'passphrase', ...byFirst], withDescriptors(first));
    for (const output of [command.process.stdout, command.process.stderr])
      output?.on('data', (chunk) => recorded.push(chunk));
    expect(ready).toMatchObject({ store: { key: 'passphrase' } });
    for (const pid of process.platform === 'linux' ? processesOf(Number(ready.pid)) : []) {
      for (const name of ['cmdline', 'environ']) recorded.push(saidOf(pid, name) ?? Buffer.alloc(0));
    }
    const busy = await run(['key', 'file', ...at, ...byFirst], withDescriptors(first));
    expect(busy.last).toMatchObject({ error: { code: 'STORE_LOCKED' } });
    await command.end();
    // What a checkout runs goes on as another Node, whose descriptors these are, too.
    vi.stubEnv('BOWLINE_PROGRAM', 'sources');
    vi.stubEnv('NODE_OPTIONS', '');
    expect((await run(['devices', ...at, ...byFirst], withDescriptors(first))).exitCode).toBe(0);
    vi.unstubAllEnvs();
    vi.stubEnv('BOWLINE_LOG', 'trace');

    const id = (ready.device as Line).endpointId;
    expect((await run(['devices', ...at])).last).toMatchObject({
      error: { code: 'PASSPHRASE_NEEDED', message: expect.stringContaining('--passphrase-fd') },
    });
    const wrong = await run(['devices', ...at, ...byFirst], withDescriptors(second));
    expect(wrong).toMatchObject({ exitCode: 4, last: { error: { code: 'WRONG_PASSPHRASE' } } });
    const changed = await run(
      ['key', 'passphrase', ...at, ...byFirst, '--new-passphrase-fd', '4'],
      withDescriptors(first, second),
    );
    expect(changed.last).toEqual({ event: 'keyChanged', key: 'passphrase', previous: 'passphrase' });
    const detached = await run(['up', '--detach', ...at, ...OPTIONS, ...byFirst], withDescriptors(second));
    expect(detached.last).toMatchObject({ event: 'ready', device: { endpointId: id }, store: { key: 'passphrase' } });
    await run(['down', ...at]);
    expect((await run(['key', 'file', ...at, ...byFirst], withDescriptors(second))).last).toEqual({
      event: 'keyChanged',
      key: 'file',
      previous: 'passphrase',
    });
    expect((await run(['devices', ...at])).exitCode).toBe(0);
    for (const name of readdirSync(dataDir))
      if (name !== 'daemon.sock') recorded.push(readFileSync(join(dataDir, name)));
    const written = Buffer.concat(recorded);
    expect(written.toString('latin1')).toContain('"level":"debug"');
    for (const secret of [PASSPHRASE, OTHER_PASSPHRASE]) {
      for (const form of [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64')]) {
        expect([form, written.includes(form)]).toEqual([form, false]);
      }
    }
  });

  it('tells a descriptor that is none, or says nothing', async () => {
    const dataDir = join(temporaryFolder(), 'device');
    const start = (within: readonly string[], descriptor: string) =>
      run(['up', '--data-dir', dataDir, ...OPTIONS, '--key', 'passphrase', '--passphrase-fd', descriptor], within);
    for (const [within, descriptor] of [
      [[], '77'],
      [withDescriptors(secretFile('')), '3'],
      [[], '1'],
      [[], 'x'],
    ] as const) {
      const { last, exitCode } = await start(within, descriptor);
      expect([descriptor, last]).toEqual([descriptor, expect.objectContaining({ event: 'error' })]);
      expect([descriptor, exitCode]).toEqual([descriptor, 2]);
    }
  });
});
