import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { childCommand } from '../src/demo/child-command.ts';
import { temporaryFolder, testDevice } from './two-devices.ts';

const OPTIONS = ['--relay', 'disabled', '--no-mdns'];

describe('commands and a daemon for the same data directory', { timeout: 150_000 }, () => {
  it('wait for each other', async () => {
    const device = testDevice('laptop', OPTIONS);
    // It has the data directory until its code has expired.
    const pairing = childCommand([
      'pair',
      '--ttl',
      '2',
      '--bind',
      '127.0.0.1',
      ...OPTIONS,
      '--data-dir',
      device.dataDir,
    ]);
    await pairing.line(({ event }) => event === 'code');
    const asked = childCommand(['devices', '--data-dir', device.dataDir]);
    await device.up();
    expect(await asked.exitCode()).toBe(0);
    expect(await pairing.exitCode()).toBe(5);
    const second = childCommand(['up', '--data-dir', device.dataDir]);
    expect((await second.allLines()).at(-1)).toMatchObject({ error: { code: 'DAEMON_RUNNING' } });
  });

  it('do not lose each other when all start at once', async () => {
    const device = testDevice('laptop', OPTIONS);
    await device.up();
    await device.daemon().end();
    const asked = Array.from({ length: 3 }, () => childCommand(['devices', '--data-dir', device.dataDir]));
    await device.up();
    expect(await Promise.all(asked.map((command) => command.exitCode()))).toEqual([0, 0, 0]);
  });
});

describe('without a daemon', { timeout: 150_000 }, () => {
  const answerOf = async (dataDir: string, ...args: readonly string[]) => {
    const command = childCommand([...args, '--data-dir', dataDir]);
    return { line: (await command.allLines()).at(-1), exitCode: await command.exitCode() };
  };

  it('a question makes no device, and says that none runs', async () => {
    const dataDir = join(temporaryFolder(), 'nothing');
    expect(await answerOf(dataDir, 'devices')).toEqual({ line: { event: 'devices', devices: [] }, exitCode: 0 });
    expect(await answerOf(dataDir, 'events')).toEqual({ line: undefined, exitCode: 0 });
    for (const args of [['status'], ['relay', 'status'], ['events', '--follow'], ['reconnect', 'nas']]) {
      const { line, exitCode } = await answerOf(dataDir, ...args);
      expect(line).toMatchObject({ error: { code: 'DAEMON_NOT_RUNNING' } });
      expect(exitCode).toBe(3);
    }
    for (const args of [
      ['ping', 'nas'],
      ['send', 'nas', 'hello'],
      ['unpair', 'nas'],
    ]) {
      expect((await answerOf(dataDir, ...args)).line).toMatchObject({ error: { code: 'NO_DEVICE' } });
    }
    expect(existsSync(dataDir)).toBe(false);
  });

  it('a data directory that cannot be one is told in a sentence, at once', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    mkdirSync(join(folder, 'made'));
    for (const [dataDir, reason] of [
      [join(folder, 'file'), 'it is a file, not a folder'],
      [join(folder, 'file', 'below'), 'file is a file, not a folder'],
      ['/proc/nope', 'it is not there and cannot be made'],
    ] as const) {
      const { line, exitCode } = await answerOf(dataDir, 'up');
      expect(line).toMatchObject({ error: { code: 'DATA_DIR_UNUSABLE', message: expect.stringContaining(reason) } });
      expect(exitCode).toBe(2);
    }
  });
});
