import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Line } from '../src/demo/child-command.ts';
import { connectHost, type Device } from '../src/index.ts';
import { type PreviousRelease, unpackPreviousRelease } from './support/previous-release.ts';
import { isConnected, offerCode, temporaryFolder, testDevice } from './two-devices.ts';

let previous: PreviousRelease;
beforeAll(() => {
  previous = unpackPreviousRelease();
});
afterAll(() => previous.remove());

/** A command of the previous release, with `--json`. */
const command = (...args: readonly string[]) => {
  const child = spawn(process.execPath, [previous.program, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of [...waiting]) look();
  };
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(JSON.parse(text) as Line);
    wake();
  });
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
    wake();
  });
  return {
    line: (fits: (line: Line) => boolean): Promise<Line> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find(fits);
          // Its last lines may still be on their way when its process is over.
          if (found === undefined && !hasEnded) return;
          waiting.delete(look);
          if (found === undefined) reject(new Error(`${args[0]} ended without the line: ${JSON.stringify(lines)}`));
          else resolve(found);
        };
        waiting.add(look);
        look();
      }),
    ended: async () => {
      await ended;
      return lines;
    },
  };
};

const eventIs =
  (name: string) =>
  ({ event }: Line): boolean =>
    event === name;

/** A device of this release, and one of the previous. */
const twoReleases = async () => {
  const folder = temporaryFolder();
  const ours = testDevice('ours', ['--relay', 'disabled'], folder);
  const dataDir = join(folder, 'theirs');
  const options = ['--name', 'theirs', '--relay', 'disabled', '--bind', '127.0.0.1'];
  const daemon = command('up', '--data-dir', dataDir, ...options);
  await Promise.all([ours.up(), daemon.line(eventIs('ready'))]);
  const theirs = (...args: readonly string[]) => command(...args, '--data-dir', dataDir);
  return { ours, theirs };
};

/** The other device, as an app on the daemon's device has it. */
const theirDevice = async (dataDir: string): Promise<Device> => {
  const host = connectHost({ dataDir });
  onTestFinished(() => host.stop());
  await host.start();
  return host.device('theirs');
};

describe('a device of the previous release', () => {
  it('is joined, and exchanges messages of every size that it takes', async () => {
    const { ours, theirs } = await twoReleases();
    const offering = theirs('pair', '--yes');
    const { words } = await offering.line(eventIs('code'));
    const joined = await ours.run('join', String(words));
    expect(joined.lines.at(-1)).toMatchObject({ event: 'paired' });
    await offering.line(eventIs('paired'));
    await ours.statusWhere(isConnected);

    expect((await ours.run('send', 'theirs', 'to the earlier one')).exitCode).toBe(0);
    const told = (await theirs('events').ended()).find(eventIs('message.received'));
    expect(told).toMatchObject({ text: 'to the earlier one' });
    expect((await ours.run('send', 'theirs', 'x'.repeat(100_000))).exitCode).toBe(0);
    const device = await theirDevice(ours.dataDir);
    await device.send(new Uint8Array(262_143));
    // It would end the link over one more, so that is refused here, and the link stays.
    const refused = { code: 'MESSAGE_TOO_LARGE', message: expect.stringContaining('earlier release') };
    await expect(device.send(new Uint8Array(262_144))).rejects.toMatchObject(refused);
    const kept = await device.send(new Uint8Array(262_144), { persist: true });
    const behind = await device.send('behind it', { persist: true });
    await expect(kept.delivered).rejects.toMatchObject(refused);
    await behind.delivered;
    expect((await ours.run('send', 'theirs', 'and on it goes')).exitCode).toBe(0);
    expect((await ours.status()).peers).toMatchObject([{ state: 'connected' }]);

    await theirs('send', 'ours', 'to the later one').ended();
    const { lines } = await ours.run('messages', '--take');
    expect(lines).toMatchObject([{ event: 'message', text: 'to the later one' }]);
  });

  it('joins a device of this one, and comes back after a restart', async () => {
    const { ours, theirs } = await twoReleases();
    const offer = await offerCode(ours, '--yes');
    const joined = await theirs('join', offer.words).ended();
    expect(joined.at(-1)).toMatchObject({ event: 'paired' });
    await offer.ended();
    await ours.statusWhere(isConnected);
    expect((await ours.run('send', 'theirs', 'hello')).exitCode).toBe(0);
    expect((await ours.run('ping', 'theirs', '--count', '1')).exitCode).toBe(0);
    await ours.daemon().end();
    await ours.up();
    await ours.statusWhere(isConnected);
    await theirs('send', 'ours', 'welcome back').ended();
    expect((await ours.run('messages', '--take')).lines).toMatchObject([{ text: 'welcome back' }]);
  });
});
