import { createHash, randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ChildCommand, childCommand } from '../src/demo/child-command.ts';
import { expectDocumented } from './support/documented-output.ts';
import { isConnected, pairDevices, type TestDevice, temporaryFolder, testDevice } from './two-devices.ts';

const PARTIAL_FOLDER = '.bowline-partial';
const LARGE_BYTES = 64_000_000;

const twoDevices = async () => {
  const folder = temporaryFolder();
  const options = ['--relay', 'disabled'];
  const [laptop, nas] = [testDevice('laptop', options, folder), testDevice('nas', options, folder)];
  await Promise.all([laptop.up(), nas.up()]);
  await pairDevices(nas, laptop);
  await Promise.all([laptop.statusWhere(isConnected), nas.statusWhere(isConnected)]);
  const [here, there] = [join(folder, 'here'), join(folder, 'there')];
  for (const each of [here, there]) mkdirSync(each);
  return { laptop, nas, here, there };
};

const hashesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => !path.startsWith(PARTIAL_FOLDER) && lstatSync(join(folder, path)).isFile())
      .map((path) => [
        path,
        createHash('sha256')
          .update(readFileSync(join(folder, path)))
          .digest('hex'),
      ]),
  );

const push = (laptop: TestDevice, ...paths: readonly string[]): ChildCommand => {
  const command = childCommand(['push', ...paths, 'nas', '--data-dir', laptop.dataDir]);
  onTestFinished(() => command.end());
  return command;
};

/** Resolves once so many bytes of what is received lie in the folder, whole or not; asked of the disk, for nobody tells. */
const bytesThere = async (folder: string, least: number): Promise<void> => {
  const sizes = () =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(
      (path) => lstatSync(join(folder, path), { throwIfNoEntry: false })?.size ?? 0,
    );
  await expect
    .poll(() => sizes().reduce((sum, size) => sum + size, 0), { timeout: 60_000, interval: 10 })
    .toBeGreaterThan(least);
};

const killEndpoint = async (device: TestDevice): Promise<void> => {
  const { workers } = await device.status();
  const pid = workers.find(({ name }) => name === 'endpoint')?.pid;
  if (typeof pid !== 'number') throw new Error('the endpoint has no process');
  process.kill(pid, 'SIGKILL');
};

const killDaemon = async (device: TestDevice): Promise<void> => {
  const daemon = device.daemon();
  daemon.process.kill('SIGKILL');
  await daemon.exitCode();
};

describe('push and receive', () => {
  it('bring files and folders into the folder that was chosen, and into none before', async () => {
    const { laptop, nas, here, there } = await twoDevices();
    mkdirSync(join(here, 'sub'));
    writeFileSync(join(here, 'sub/a.txt'), 'a');
    writeFileSync(join(here, 'NUL'), 'b');
    const refused = await laptop.run('push', here, 'nas');
    expect([refused.lines, refused.exitCode]).toMatchObject([[{ event: 'failed', code: 'NOT_RECEIVING' }], 4]);
    const { device } = await laptop.status();
    expect((await nas.run('receive', there, '--from', 'laptop')).lines).toEqual([
      { event: 'receiving', dir: there, from: [device.id] },
    ]);
    expect((await laptop.run('push', here, 'nas')).lines).toEqual([
      { event: 'savedAs', path: 'here/NUL', savedAs: 'here/_NUL' },
      { event: 'pushed', files: 2, bytes: 2, elapsedMs: expect.any(Number) },
    ]);
    expect(readFileSync(join(there, 'here/sub/a.txt'), 'utf8')).toBe('a');
    const missing = await laptop.run('push', join(here, 'missing'), 'nas');
    expect([missing.lines, missing.exitCode]).toMatchObject([[{ event: 'failed', code: 'PUSH_UNREADABLE' }], 2]);
    const nobody = await laptop.run('push', here, 'nobody');
    expect([nobody.lines, nobody.exitCode]).toMatchObject([[{ event: 'failed', code: 'DEVICE_NOT_FOUND' }], 3]);
    // Kept over a restart.
    await nas.daemon().end();
    await nas.up();
    expect((await nas.run('receive')).lines).toEqual([{ event: 'receiving', dir: there, from: [device.id] }]);
    expect((await nas.run('receive', '--off')).lines).toEqual([{ event: 'receivingOff', wasReceiving: true }]);
    await laptop.statusWhere(isConnected);
    expect((await laptop.run('push', here, 'nas')).lines).toMatchObject([{ event: 'failed', code: 'NOT_RECEIVING' }]);
  });

  it('go on when the endpoint, the receiving daemon and the sending daemon are killed, one after the other', async () => {
    const { laptop, nas, here, there } = await twoDevices();
    for (let index = 0; index < 12; index += 1) writeFileSync(join(here, `${index}.bin`), randomBytes(4_000_000));
    for (let index = 0; index < 200; index += 1) writeFileSync(join(here, `${index}.txt`), `small ${index}`);
    await nas.run('receive', there);
    const command = push(laptop, here);
    const last = command.line(({ event }) => event === 'pushed' || event === 'failed');
    await bytesThere(there, 4_000_000);
    await killEndpoint(laptop);
    await bytesThere(there, 10_000_000);
    await killDaemon(nas);
    await nas.up();
    await bytesThere(there, 18_000_000);
    await killDaemon(laptop);
    await laptop.up();
    const line = await last;
    expectDocumented(['push'], line);
    expect(line).toMatchObject({ event: 'pushed', files: 212 });
    expect(hashesOf(join(there, 'here'))).toEqual(hashesOf(here));
    expect(readdirSync(join(there, PARTIAL_FOLDER))).toEqual([]);
  });

  it('end with the command', async () => {
    const { laptop, nas, here, there } = await twoDevices();
    await nas.run('receive', there);
    /** Large enough that it is not all there when the command hears that it is to end, but where this test was held up. */
    const isEndedOnTheWay = async (): Promise<boolean> => {
      writeFileSync(join(here, 'large'), randomBytes(LARGE_BYTES));
      const command = push(laptop, join(here, 'large'));
      await bytesThere(there, 100_000);
      const last = command.line(({ event }) => event === 'failed' || event === 'pushed');
      await command.end();
      if (!existsSync(join(there, 'large'))) {
        expect(await last).toMatchObject({ event: 'failed', code: 'CANCELLED' });
        expect(await command.exitCode()).toBe(4);
        return true;
      }
      await last.catch(() => undefined);
      rmSync(join(there, 'large'));
      return false;
    };
    for (let tries = 1; !(await isEndedOnTheWay()); tries += 1) expect(tries).toBeLessThan(4);
    expect(hashesOf(there)).toEqual({});
    // What came by then is not sent again.
    const [again] = (await laptop.run('push', join(here, 'large'), 'nas')).lines;
    expect(again).toMatchObject({ event: 'pushed', files: 1, bytes: LARGE_BYTES });
    expect(hashesOf(there)).toEqual(hashesOf(here));
  });
});
