import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freshDataDir, startedStoreIn, storeIn } from './data-dirs.ts';

const writer = fileURLToPath(new URL('./owner-process.ts', import.meta.url));

/** Starts an owner that writes without end and prints each position once the store has acknowledged it. */
const startOwner = (dataDir: string) => {
  const child = spawn(process.execPath, [writer, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return { child, lines: createInterface({ input: child.stdout }) };
};

describe('an owner that is killed', () => {
  it('loses nothing that was acknowledged, five times over', async () => {
    const dataDir = freshDataDir();
    let incarnation = 0;
    let messages = 0;
    for (let round = 0; round < 5; round += 1) {
      const { child, lines } = startOwner(dataDir);
      const acknowledged: string[] = [];
      lines.on('line', (line) => {
        acknowledged.push(line);
        // A different place in the stream of writes each time, often in the middle of one.
        if (acknowledged.length === 40 + round * 61) child.kill('SIGKILL');
      });
      await Promise.all([once(child, 'close'), once(lines, 'close')]);
      const last = JSON.parse(acknowledged.at(-1) ?? '{}');

      const store = await startedStoreIn(dataDir);
      const { devices } = await store.client.request('listDevices', {});
      const { entries } = await store.client.request('readJournal', { afterPosition: -1, limit: 1_000 });
      const newest = entries.at(-1);
      // One write may have been on its way; whatever is there is there with its position.
      expect(devices[0]?.lastReceived).toMatchObject({ incarnation: last.incarnation });
      expect(devices[0]?.lastReceived?.sequence).toBeGreaterThanOrEqual(last.position);
      expect(devices[0]?.lastReceived).toEqual(newest?.data.received);
      messages += devices[0]?.lastReceived?.sequence ?? 0;
      const { inbox } = await store.client.request('messageUsage', {});
      expect(inbox).toMatchObject([{ count: messages }]);
      const identity = await store.client.request('openIdentity', { defaultName: 'x' });
      expect(identity.incarnation).toBe(last.incarnation + 1);
      expect(identity.incarnation).toBeGreaterThan(incarnation);
      incarnation = identity.incarnation;
      await store.actor.stop();
    }
  });

  it('is named to a second owner while it lives, and leaves nothing in the way after', async () => {
    const dataDir = freshDataDir();
    const { child, lines } = startOwner(dataDir);
    await once(lines, 'line');
    await expect(storeIn(dataDir).actor.start()).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      message: expect.stringContaining(String(child.pid)),
      data: { pid: child.pid },
    });
    child.kill('SIGKILL');
    await once(child, 'close');
    await startedStoreIn(dataDir);
  });

  it('leaves nothing in the way when its very first write was cut short', async () => {
    const dataDir = freshDataDir();
    mkdirSync(dataDir);
    const file = join(dataDir, 'store.db');
    const program = `
      const { DatabaseSync } = require('node:sqlite');
      const database = new DatabaseSync(${JSON.stringify(file)});
      database.exec('PRAGMA cache_size = 1; BEGIN; CREATE TABLE x (y); INSERT INTO x VALUES (zeroblob(100000))');
      process.kill(process.pid, 'SIGKILL');`;
    expect(spawnSync(process.execPath, ['-e', program]).signal).toBe('SIGKILL');
    expect(statSync(`${file}-journal`).size).toBeGreaterThan(0);
    await startedStoreIn(dataDir);
  });

  it('leaves nothing in the way when it was a thread', async () => {
    const dataDir = freshDataDir();
    const thread = new Worker(new URL('./owner-process.ts', import.meta.url), {
      argv: [dataDir],
      execArgv: [],
      stdout: true,
    });
    await once(thread.stdout, 'data');
    await expect(storeIn(dataDir).actor.start()).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await thread.terminate();
    await startedStoreIn(dataDir);
  });
});
