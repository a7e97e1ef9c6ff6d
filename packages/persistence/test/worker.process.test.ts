import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectChannel, jsonLinesTransport } from '@bowline/channel';
import { persistenceChannel } from '@bowline/contracts';
import { systemClock } from '@bowline/system-ports';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freshDataDir } from './data-dirs.ts';

const entry = fileURLToPath(new URL('../src/worker.ts', import.meta.url));

const startWorker = () => {
  const child = spawn(process.execPath, [entry], { stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const ended = once(child, 'exit');
  return { child, ended, transport: jsonLinesTransport(child.stdout, child.stdin) };
};

describe('the worker', () => {
  it('keeps a store as a process of its own and gives it free when its input ends', async () => {
    const dataDir = freshDataDir();
    const { ended, transport } = startWorker();
    const channel = await connectChannel(persistenceChannel, transport, {
      clock: systemClock,
      greeting: { options: { dataDir } },
    });
    const identity = await channel.request('openIdentity', { defaultName: 'Laptop' });
    expect(identity).toMatchObject({ name: 'Laptop', incarnation: 1 });
    expect(identity.secretKey).toHaveLength(32);
    await expect(channel.request('promote', { deviceId: identity.id })).rejects.toMatchObject({
      code: 'DEVICE_UNKNOWN',
    });
    channel.close();
    expect(await ended).toEqual([0, null]);
    expect(existsSync(join(dataDir, 'store.pid'))).toBe(false);
  });

  it('refuses with the reason when the store cannot be opened', async () => {
    const dataDir = freshDataDir();
    const first = startWorker();
    await connectChannel(persistenceChannel, first.transport, {
      clock: systemClock,
      greeting: { options: { dataDir } },
    });
    const second = startWorker();
    const refused = connectChannel(persistenceChannel, second.transport, {
      clock: systemClock,
      greeting: { options: { dataDir } },
    });
    await expect(refused).rejects.toMatchObject({ code: 'STORE_LOCKED', data: { pid: first.child.pid } });
    expect(await second.ended).toEqual([1, null]);
  });
});
